//! A fetch, and what follows from it.

use super::{Discovered, Looked, Purpose};
use crate::alert::{Alert, Kind};
use crate::engine::Inner;
use crate::engine::background::{Due, SWEPT};
use crate::engine::memory::Held;
use ironpost_net::places::GaveWay;
use ironpost_net::policy_source::NoPolicy;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{
    self as decide, Applied as Verdict, CachedPolicy, Occasion, Store as Keep, Timestamp,
};
use ironpost_proto::mta_sts::record;
use ironpost_proto::tls_rpt::result_type::{Event, Instead, ResultType, result_type};
use ironpost_store::sender::Change;

impl Inner {
    pub(super) async fn fetch(
        &self,
        domain: &Domain,
        id: &record::PolicyId,
        cached: Option<CachedPolicy>,
        looked: &Looked,
        purpose: Purpose,
    ) -> Discovered {
        if purpose == Purpose::Upkeep {
            self.metrics.refresh();
        }
        let places = match purpose {
            Purpose::Delivery | Purpose::Now => &self.work.places,
            Purpose::Upkeep => &self.work.upkeep_places,
        };
        let fetched = places.hold(|| self.outside.source.policy(domain)).await;
        let fetched = fetched.unwrap_or_else(|GaveWay| Err(NoPolicy::too_slow()));
        let now = self.clock.now();
        let policy = fetched.as_ref().ok().cloned();
        let occasion = occasion(purpose, id, cached.as_ref());
        let conclusion = decide::conclude(occasion, id, policy, cached.as_ref(), now);
        let failed = fetched.err().map(|failed| Failed::new(failed, &conclusion.applied));
        let failure = failed.as_ref().map(|failed| failed.result_type);
        self.metrics.fetch(failure.map_or(Ok(()), Err));
        tracing::debug!(
            domain = domain.as_str(),
            id = id.as_str(),
            failure = failed.as_ref().map(|failed| failed.reason.as_str()),
            "policy fetched"
        );
        self.tell_of_fetch(domain, failed.as_ref(), conclusion.alert, now);
        if let (Some(failed), Some(reports), true) =
            (failed, &self.outside.reports, conclusion.report)
        {
            let stepped_in = cached
                .as_ref()
                .filter(|_| conclusion.applied == Verdict::Cached)
                .map(|cached| cached.policy.clone());
            reports.send(domain, failed.event, stepped_in);
        }
        let recheck_at = match conclusion.store {
            // S47: it serves this delivery alone.
            Keep::Forget => now,
            Keep::Replace(_) => now.after(decide::recheck_after(looked.ttl)),
            Keep::Keep if conclusion.applied == Verdict::Cached => {
                now.after(decide::recheck_after(looked.ttl))
            }
            Keep::Keep => now.after(decide::negative_ttl(&looked.txt, looked.ttl)),
        };
        self.memory.update(domain, |entry| {
            entry.attempts.record(conclusion.attempt);
            entry.failure = failure;
            match (&conclusion.store, &conclusion.applied) {
                (Keep::Replace(cached), _) => entry.hold(Some(Held::new(cached))),
                // What was purged or taken over meanwhile stays so.
                (Keep::Keep, Verdict::Cached) => entry.retry_at(now),
                (Keep::Forget, _) | (Keep::Keep, Verdict::New(_) | Verdict::Nothing) => {
                    entry.hold(None);
                }
            }
            // Where nothing is held though a policy applied (it was purged meanwhile, or only others
            // have it), nothing is known for the next question.
            let unheld = conclusion.applied == Verdict::Cached && entry.held().is_none();
            entry.looked_at(if unheld { now } else { recheck_at });
        });
        match (&conclusion.store, &conclusion.applied) {
            (Keep::Replace(new), _) => {
                self.write_down(domain, new, recheck_at);
                self.write_route_of(domain);
                // A short life would be over before the sweep comes round.
                let refresh_at = new.refresh_at(rand::random());
                if refresh_at < now.after(SWEPT) {
                    self.work.due(Due::policy(refresh_at, domain.as_str()));
                }
                self.share(domain, new, now).await;
            }
            // One that has expired stays in the store for a while, for clocks that were wrong.
            (Keep::Keep, Verdict::Cached | Verdict::New(_) | Verdict::Nothing) => {}
            (Keep::Forget, _) => {
                if cached.is_some() {
                    self.note(Change::NoPolicy(domain.clone()));
                }
            }
        }
        if let (Keep::Forget, Some(shared)) = (&conclusion.store, &self.outside.shared) {
            // What it replaces must not come back from there: RFC 8461 §8.3 ends a policy this way.
            shared.forget(domain).await;
        }
        let applied = match conclusion.applied {
            Verdict::New(policy) => Some(CachedPolicy { policy, id: id.clone(), fetched_at: now }),
            Verdict::Cached => cached,
            Verdict::Nothing => None,
        };
        applied.map_or(Discovered::NoPolicy, |applied| Discovered::Policy {
            held: Held::new(&applied),
            failure,
        })
    }

    fn tell_of_fetch(
        &self,
        domain: &Domain,
        failed: Option<&Failed>,
        alert: Option<decide::Alert>,
        now: Timestamp,
    ) {
        let alerts = &self.outside.alerts;
        match (failed, alert) {
            (None, _) => {
                alerts.clear(Some(domain), Kind::RefreshFailing, now);
                alerts.clear(Some(domain), Kind::Expiring, now);
            }
            (Some(failed), Some(_)) => {
                let reason = failed.reason.clone();
                alerts.raise(Some(domain), Alert::RefreshFailing { reason }, now);
            }
            (Some(_), None) => {}
        }
    }
}

/// An update is what mail would have brought up, had it not been found before: that it cannot be
/// fetched is reported (RFC 8461 §6). Without one it is the daily refresh.
fn occasion(purpose: Purpose, id: &record::PolicyId, cached: Option<&CachedPolicy>) -> Occasion {
    let update = cached.is_none_or(|cached| cached.id != *id);
    match purpose {
        Purpose::Delivery => Occasion::Delivery,
        Purpose::Upkeep | Purpose::Now if update => Occasion::Delivery,
        Purpose::Upkeep | Purpose::Now => Occasion::Refresh,
    }
}

/// A fetch that failed.
struct Failed {
    event: Event,
    result_type: ResultType,
    reason: String,
}

impl Failed {
    fn new(failed: NoPolicy, applied: &Verdict) -> Self {
        let instead = match applied {
            Verdict::Cached => Instead::CachedPolicy,
            Verdict::New(_) | Verdict::Nothing => Instead::Nothing,
        };
        let event = Event::PolicyFetch { failure: failed.failure, instead };
        Self { result_type: result_type(&event), event, reason: failed.detail.as_str().to_owned() }
    }
}
