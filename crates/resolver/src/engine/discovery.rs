//! From a policy domain to its policy: memory, store, shared cache, DNS, policy host, in the order
//! that the decision table of `ironpost-proto` gives.

mod fetch;

use super::Inner;
use super::background::Due;
use super::flights::Landing;
use super::memory::{Entry, Held};
use crate::alert::{Alert, Kind};
use crate::answer::packed::{PackedPolicy, PolicyView};
use crate::metrics::Recheck;
use ironpost_net::dns::answer::{Answer, DnsError};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{
    self as decide, Attempts, CachedPolicy, Decision, Step, Timestamp, TxtLookup,
};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::mta_sts::record;
use ironpost_proto::tls_rpt::result_type::ResultType;
use ironpost_store::sender::{Change, StoredPolicy};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a discovery came to.
#[derive(Debug)]
pub(super) enum Discovered {
    /// This policy applies.
    Policy {
        /// The policy.
        held: Held,
        /// Why it could not be renewed, if that was tried.
        failure: Option<ResultType>,
    },
    /// The domain has none, or none that can be had.
    NoPolicy,
    /// Nothing can be told, and the settings want mail to wait (A6).
    Unknown,
}

impl Discovered {
    /// For the log.
    fn word(&self) -> &'static str {
        match self {
            Self::Policy { held, .. } => held.policy.view().mode().as_str(),
            Self::NoPolicy => "no policy",
            Self::Unknown => "unknown",
        }
    }
}

/// A policy that applies, and why it could not be renewed.
pub(super) type Applied<'a> = (PolicyView<'a>, Option<ResultType>);

/// Why a domain is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// An MTA waits.
    Delivery,
    /// Its record is due, or its policy.
    Upkeep,
    /// An administrator wants it fetched now.
    Now,
}

/// What is known before anybody is asked.
struct Known {
    cached: Option<CachedPolicy>,
    attempts: Attempts,
}

/// A record looked up.
struct Looked {
    txt: TxtLookup,
    ttl: Duration,
}

impl Inner {
    /// Finds out what applies to mail for `domain`; one search however many ask, to its end even
    /// if they leave.
    pub(super) fn discover(self: &Arc<Self>, domain: &Domain) -> Landing<Arc<Discovered>> {
        self.look_at(domain, Purpose::Delivery)
    }

    /// The same for another purpose.
    pub(super) fn look_at(
        self: &Arc<Self>,
        domain: &Domain,
        purpose: Purpose,
    ) -> Landing<Arc<Discovered>> {
        self.work.discoveries.join(domain.as_str(), || {
            let (inner, domain) = (Arc::clone(self), domain.clone());
            async move { Arc::new(inner.run(&domain, purpose).await) }
        })
    }

    /// The same after the search that is under way, which has a purpose of its own: it may be
    /// answered from memory, and look at nothing.
    pub(super) async fn look_anew(
        self: &Arc<Self>,
        domain: &Domain,
        purpose: Purpose,
    ) -> Landing<Arc<Discovered>> {
        if let Some(under_way) = self.work.discoveries.under_way(domain.as_str()) {
            under_way.value().await;
        }
        self.look_at(domain, purpose)
    }

    async fn run(&self, domain: &Domain, purpose: Purpose) -> Discovered {
        if purpose == Purpose::Delivery
            && let Some(discovered) = self.remembered(domain).await
        {
            return discovered;
        }
        let began = Instant::now();
        let known = self.known(domain);
        let (looked, shared) = tokio::join!(self.record(domain), self.shared(domain, &known));
        let known = Known { cached: newer(known.cached, shared), ..known };
        if let Some(cached) = &known.cached {
            self.metrics.recheck(recheck(&looked.txt, cached));
        }
        let decision = self.decide(&looked.txt, &known, purpose);
        self.tell(domain, &looked.txt, &decision, known.cached.as_ref());
        let discovered = match decision.step {
            Step::UseCached => self.go_on(domain, known.cached, &looked),
            Step::Fetch(id) => self.fetch(domain, &id, known.cached, &looked, purpose).await,
            Step::NoPolicy => self.without(domain, &looked),
            Step::Defer => Discovered::Unknown,
        };
        self.metrics.discovery(began.elapsed());
        let domain = domain.as_str();
        tracing::debug!(domain, record = ?looked.txt, outcome = discovered.word(), "looked at");
        discovered
    }

    /// What memory has learnt since the question was put, or the store still knows.
    async fn remembered(&self, domain: &Domain) -> Option<Discovered> {
        let from_memory = |now| {
            self.memory.read(domain.as_str(), |entry| match entry.valid(now) {
                Some(_) => entry
                    .held()
                    .cloned()
                    .map(|held| Discovered::Policy { held, failure: entry.failure }),
                None => entry.is_known_without(now).then_some(Discovered::NoPolicy),
            })
        };
        if let Some(discovered) = from_memory(self.clock.now()).flatten() {
            return Some(discovered);
        }
        if !self.work.background.is_loading() {
            return None;
        }
        // S46: while memory is still being filled, the store answers for it.
        let stored = self.outside.store.as_ref()?.policy(domain).await.ok()??;
        let now = self.clock.now();
        self.hold_stored(stored, now);
        self.work.due(Due::policy(now, domain.as_str()));
        from_memory(now).flatten()
    }

    /// Puts a policy from the store into memory, unless more is known there.
    pub(super) fn hold_stored(&self, stored: StoredPolicy, now: Timestamp) {
        let fetched_at = stored.cached.fetched_at;
        let cached = stored.cached.clamped(now);
        if !cached.is_valid(now) {
            return;
        }
        let taken = self.memory.update(&stored.domain, |entry| {
            let vacant = entry.held().is_none();
            if vacant {
                entry.hold(Some(Held::new(&cached)));
                entry.recheck_at = stored.recheck_at;
            }
            vacant
        });
        if taken && cached.fetched_at != fetched_at {
            // A clock that was set back: were the store left as it is, each start would begin the
            // life of the policy anew (RFC 8461 §3.2).
            self.write_down(&stored.domain, &cached, stored.recheck_at);
        }
    }

    fn known(&self, domain: &Domain) -> Known {
        let look =
            |entry: &Entry| Known { cached: entry.cached(), attempts: entry.attempts.clone() };
        let nothing = || Known { cached: None, attempts: Attempts::default() };
        self.memory.read(domain.as_str(), look).unwrap_or_else(nothing)
    }

    async fn record(&self, domain: &Domain) -> Looked {
        let answer = self.outside.plain.txt(&domain.prefixed("_mta-sts")).await;
        match answer.and_then(Answer::unless_bogus) {
            Ok(answer) => Looked {
                txt: TxtLookup::from(&record::evaluate(answer.records()).outcome),
                ttl: Duration::from_secs(answer.ttl.into()),
            },
            // Nothing can be published there.
            Err(DnsError::NameTooLong { .. }) => {
                Looked { txt: TxtLookup::Unusable, ttl: Duration::MAX }
            }
            Err(_) => Looked { txt: TxtLookup::Failed, ttl: FAILURE },
        }
    }

    /// What other resolvers have fetched.
    async fn shared(&self, domain: &Domain, known: &Known) -> Option<CachedPolicy> {
        let now = self.clock.now();
        // Another host's clock may be ahead of ours.
        let shared = self.outside.shared.as_ref()?.policy(domain, now).await?.clamped(now);
        takes_over(&shared, known.cached.as_ref(), now).then_some(shared)
    }

    fn decide(&self, txt: &TxtLookup, known: &Known, purpose: Purpose) -> Decision {
        let now = self.clock.now();
        let settings = self.rules.load().discovery();
        let Known { cached, attempts } = known;
        let valid = cached.as_ref().filter(|cached| cached.is_valid(now));
        let delivery = decide::next_step(txt, cached.as_ref(), attempts, settings, now);
        let step = match (purpose, valid) {
            (Purpose::Delivery, _) | (Purpose::Upkeep | Purpose::Now, None) => delivery.step,
            (Purpose::Upkeep, Some(cached)) => {
                decide::next_refresh(txt, cached, attempts, settings, now).step
            }
            (Purpose::Now, Some(cached)) => {
                let id = match txt {
                    TxtLookup::Found(id) => id,
                    // A5: under the id that the policy is known by.
                    TxtLookup::Unusable | TxtLookup::Failed => &cached.id,
                };
                if attempts.allow(id, now) { Step::Fetch(id.clone()) } else { Step::UseCached }
            }
        };
        Decision { step, alert: delivery.alert }
    }

    /// Says what the record has come to, for better or worse.
    fn tell(
        &self,
        domain: &Domain,
        txt: &TxtLookup,
        decision: &Decision,
        cached: Option<&CachedPolicy>,
    ) {
        let (alerts, now) = (&self.outside.alerts, self.clock.now());
        match txt {
            TxtLookup::Found(_) => {
                alerts.clear(Some(domain), Kind::RecordGone, now);
                alerts.clear(Some(domain), Kind::DnsFailing, now);
            }
            TxtLookup::Unusable => alerts.clear(Some(domain), Kind::DnsFailing, now),
            TxtLookup::Failed => {}
        }
        let alert = match decision.alert {
            Some(decide::Alert::RecordUnusable) => Alert::RecordGone,
            Some(decide::Alert::DnsFailure) if cached.is_some() => Alert::DnsFailing,
            // Without a policy it is one lookup of many that fail.
            Some(decide::Alert::DnsFailure | decide::Alert::FetchFailed) | None => return,
        };
        alerts.raise(Some(domain), alert, now);
    }

    /// The cached policy goes on.
    fn go_on(&self, domain: &Domain, cached: Option<CachedPolicy>, looked: &Looked) -> Discovered {
        let Some(cached) = cached else { return Discovered::NoPolicy };
        let now = self.clock.now();
        let recheck_at = now.after(decide::recheck_after(looked.ttl));
        let (held, failure) = self.memory.update(domain, |entry| {
            // A shared policy takes its place in memory; one that memory has keeps its times (S41).
            let held = match entry.held() {
                Some(held) if held.fetched_at == cached.fetched_at => held.clone(),
                Some(_) | None => Held::new(&cached),
            };
            entry.hold(Some(held.clone()));
            entry.looked_at(recheck_at);
            (held, entry.failure)
        });
        self.write_down(domain, &cached, recheck_at);
        Discovered::Policy { held, failure }
    }

    /// There is no policy, for as long as that is known.
    fn without(&self, domain: &Domain, looked: &Looked) -> Discovered {
        let recheck_at = self.clock.now().after(decide::negative_ttl(&looked.txt, looked.ttl));
        let had = self.memory.update(domain, |entry| {
            let had = entry.held().is_some();
            entry.hold(None);
            entry.looked_at(recheck_at);
            had
        });
        if had {
            self.outside.alerts.forget(domain);
        }
        Discovered::NoPolicy
    }

    /// Has a policy written down.
    pub(super) fn write_down(&self, domain: &Domain, cached: &CachedPolicy, recheck_at: Timestamp) {
        let (domain, cached) = (domain.clone(), cached.clone());
        self.note(Change::Policy(StoredPolicy { domain, cached, recheck_at }));
    }

    async fn share(&self, domain: &Domain, cached: &CachedPolicy, now: Timestamp) {
        if let Some(shared) = &self.outside.shared {
            shared.keep(domain, cached, now).await;
        }
    }
}

impl Held {
    /// A policy just fetched, or read.
    pub(super) fn new(cached: &CachedPolicy) -> Self {
        let CachedPolicy { policy, id, fetched_at } = cached;
        Self {
            policy: PackedPolicy::new(id, policy),
            fetched_at: *fetched_at,
            refresh_at: cached.refresh_at(rand::random()),
        }
    }
}

fn recheck(txt: &TxtLookup, cached: &CachedPolicy) -> Recheck {
    match txt {
        TxtLookup::Found(id) if *id == cached.id => Recheck::Same,
        TxtLookup::Found(_) => Recheck::Changed,
        TxtLookup::Unusable => Recheck::Absent,
        TxtLookup::Failed => Recheck::Failed,
    }
}

/// True if a policy from the shared cache goes before the one in memory. Of a policy that is enforced
/// here it may tell a later fetch, but nothing else: a change takes the word of the policy host, and
/// is fetched here too.
fn takes_over(shared: &CachedPolicy, own: Option<&CachedPolicy>, now: Timestamp) -> bool {
    let agrees = |own: &CachedPolicy| {
        own.fetched_at < shared.fetched_at
            && (own.policy.mode != Mode::Enforce
                || (&own.policy, &own.id) == (&shared.policy, &shared.id))
    };
    shared.is_valid(now) && own.filter(|own| own.is_valid(now)).is_none_or(agrees)
}

/// Of two policies the one fetched last.
fn newer(one: Option<CachedPolicy>, other: Option<CachedPolicy>) -> Option<CachedPolicy> {
    [one, other].into_iter().flatten().max_by_key(|cached| cached.fetched_at)
}

/// What a policy host may take while others wait. Own limit: the few that need longer are fetched
/// from when there is less to do.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How long a lookup that failed is not repeated (S16). Own limit.
const FAILURE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::mta_sts::policy;

    #[test]
    fn the_shared_cache_takes_no_enforced_policy_away() {
        let cached = |mode: &str, mx: &str, secs: u64| {
            let body = format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 3600\n");
            CachedPolicy {
                policy: policy::parse(body.as_bytes()).verdict.unwrap(),
                id: "1".parse().unwrap(),
                fetched_at: Timestamp::from_millis(secs * 1_000),
            }
        };
        let (mx, other) = ("mx.a.test", "mx.mallory.test");
        for (shared, own, taken, reason) in [
            (cached("enforce", mx, 90), None, true, "nothing is known here"),
            (cached("enforce", mx, 90), Some(cached("enforce", mx, 50)), true, "fetched later"),
            (cached("enforce", mx, 50), Some(cached("enforce", mx, 90)), false, "fetched earlier"),
            (cached("none", mx, 90), Some(cached("enforce", mx, 50)), false, "weaker"),
            (cached("testing", mx, 90), Some(cached("enforce", mx, 50)), false, "weaker"),
            (cached("enforce", other, 90), Some(cached("enforce", mx, 50)), false, "elsewhere"),
            (cached("enforce", other, 90), Some(cached("testing", mx, 50)), true, "stronger"),
            (cached("none", mx, 3_600), Some(cached("enforce", mx, 0)), true, "ours has expired"),
        ] {
            let now = own.as_ref().map_or(shared.fetched_at, |own| own.fetched_at);
            let now = now.max(shared.fetched_at);
            assert_eq!(takes_over(&shared, own.as_ref(), now), taken, "{reason}");
        }
    }
}
