//! What administration sees, and does.

use super::Inner;
use super::discovery::{Discovered, Purpose};
use super::memory::Entry;
use crate::admin::{ListedPolicy, RefreshReport, StatusReport};
use crate::shared::State;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_store::sender::Change;
use std::sync::Arc;

impl Inner {
    pub(super) fn status(&self) -> StatusReport {
        let sizes = self.memory.sizes();
        let counted = self.metrics.totals();
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: rfc3339(self.work.started),
            enforce: sizes.enforce,
            testing: sizes.testing,
            none: sizes.none,
            without_policy: sizes.without_policy,
            routes: self.routes.len() as u64,
            lookups: counted.lookups,
            from_memory: counted.from_memory,
            fetches: counted.fetches,
            failed_fetches: counted.failed_fetches,
            connections: counted.connections,
            loading: self.work.background.is_loading(),
            unwritten: self.journal.unwritten() as u64,
            store: match (&self.outside.store, self.journal.fault()) {
                (None, _) => "none".to_owned(),
                (Some(_), None) => "sound".to_owned(),
                (Some(_), Some(fault)) => fault,
            },
            shared: match self.outside.shared.as_ref().map(crate::shared::SharedCache::state) {
                None => "none".to_owned(),
                Some(State::Connecting) => "not connected yet".to_owned(),
                Some(State::Here) => "sound".to_owned(),
                Some(State::Away(why)) => why,
            },
            dnssec: self.outside.resolver.dnssec_source(),
            alerts: self.outside.alerts.open(SHOWN_ALERTS),
        }
    }

    pub(super) async fn refresh_now(self: &Arc<Self>, domain: &Domain) -> RefreshReport {
        let listed = || self.memory.read(domain.as_str(), listed).flatten();
        let before = listed();
        let discovered = self.look_anew(domain, Purpose::Now).await.value().await;
        let after = listed();
        let fetched = matches!(
            (&before, &after),
            (Some(before), Some(after)) if before.fetched != after.fetched
        ) || (before.is_none() && after.is_some());
        let outcome = match (discovered.as_deref(), &after) {
            (Some(Discovered::Policy { failure: None, .. }), _) if fetched => "fetched".to_owned(),
            (Some(Discovered::Policy { failure: None, .. }), Some(_)) => {
                "not fetched: it was fetched less than five minutes ago".to_owned()
            }
            (Some(Discovered::Policy { failure: None, .. }), None) => {
                "fetched, and not kept: its max_age is 0".to_owned()
            }
            (Some(Discovered::Policy { failure: Some(failure), .. }), _) => {
                format!("not fetched ({failure}): the cached policy goes on")
            }
            (Some(Discovered::NoPolicy), _) => {
                "the domain has no policy that can be had".to_owned()
            }
            (Some(Discovered::Unknown) | None, _) => "the record cannot be looked up".to_owned(),
        };
        RefreshReport { domain: domain.to_string(), outcome, fetched, policy: after }
    }

    pub(super) async fn purge(&self, domain: &Domain) -> bool {
        let stored = match &self.outside.store {
            Some(store) => store.policy(domain).await.is_ok_and(|stored| stored.is_some()),
            None => false,
        };
        let known = self.memory.forget(domain.as_str());
        let routed = self.routes.forget(domain.as_str());
        self.note(Change::NoPolicy(domain.clone()));
        if let Some(shared) = &self.outside.shared {
            shared.forget(domain).await;
        }
        self.outside.alerts.forget(domain);
        stored || known || routed
    }

    pub(super) fn take_over(&self, domain: &Domain, cached: &CachedPolicy) -> bool {
        let now = self.clock.now();
        let cached = cached.clone().clamped(now);
        if !cached.is_valid(now) {
            return false;
        }
        let taken = self.memory.update(domain, |entry| {
            // Another program's time of fetching may be when it last saw the id: what we have
            // fetched ourselves stands.
            if entry.valid(now).is_some() {
                return false;
            }
            entry.hold(Some(super::memory::Held::new(&cached)));
            // Its record may have changed long ago: at the first question it is looked up.
            entry.looked_at(now);
            true
        });
        if taken {
            self.write_down(domain, &cached, now);
        }
        taken
    }
}

/// An entry for people, if it has a policy.
pub(super) fn listed(entry: &Entry) -> Option<ListedPolicy> {
    let held = entry.held()?;
    let view = held.policy.view();
    Some(ListedPolicy {
        domain: entry.domain().to_owned(),
        mode: view.mode().to_string(),
        id: view.id().to_owned(),
        mx: view.patterns().map(str::to_owned).collect(),
        max_age: view.max_age().as_secs(),
        fetched: rfc3339(held.fetched_at),
        expires: rfc3339(held.expires_at()),
        recheck: rfc3339(entry.recheck_at),
        failure: entry.failure.map(|failure| failure.to_string()),
    })
}

/// A moment for people: UTC, to the second.
fn rfc3339(at: Timestamp) -> String {
    i64::try_from(at.as_millis())
        .ok()
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .map_or_else(|| "never".to_owned(), |moment| format!("{moment:.0}"))
}

/// Alerts in a status report.
const SHOWN_ALERTS: usize = 100;
