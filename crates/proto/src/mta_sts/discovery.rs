//! What a sender applies: one decision table over the TXT result, the
//! cached policy and the time (RFC 8461 §3.3, §5.1, §10.2).
//!
//! A sender looks up the record, asks [`next_step`] (on delivery, and when the record's TTL is
//! over) or [`next_refresh`] (once a day), performs the [`Step`], and if that was a fetch, hands
//! its result to [`conclude`] and remembers the [`Attempt`]. One fetch of a domain at a time.
//! Nothing here does I/O or reads a clock.

mod attempts;
mod cached_policy;
mod conclusion;
mod recheck;

pub use attempts::{Attempt, Attempts, BACK_OFF, MAX_IDS, Outcome};
pub use cached_policy::{CachedPolicy, REFRESH_INTERVAL};
pub use conclusion::{Applied, Conclusion, Occasion, Store, conclude};
pub use recheck::{negative_ttl, recheck_after};

use super::record::{PolicyId, RecordOutcome};
use std::time::Duration;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment `span` later, or the last one there is.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment `span` earlier, or the first one there is.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; nothing if it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// What the lookup of `_mta-sts.<policy domain>` gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxtLookup {
    /// Exactly one valid record.
    Found(PolicyId),
    /// No record, several, or a malformed one: to a sender all the same (§3.1).
    Unusable,
    /// SERVFAIL, a timeout, a bogus answer: nothing is known (S16).
    Failed,
}

impl From<&RecordOutcome> for TxtLookup {
    fn from(outcome: &RecordOutcome) -> Self {
        match outcome {
            RecordOutcome::Valid(record) => Self::Found(record.id.clone()),
            RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => {
                Self::Unusable
            }
        }
    }
}

/// What the RFC leaves to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// What to do with mail if DNS fails and no policy is cached (A6).
    pub without_dns: WithoutDns,
    /// Which policies a background refresh fetches (A5).
    pub refresh: RefreshScope,
}

impl Default for Settings {
    /// As the RFC reads: deliver (§5.1), and refresh whatever the record says (§10.2).
    fn default() -> Self {
        Self { without_dns: WithoutDns::Deliver, refresh: RefreshScope::AnyRecord }
    }
}

/// What to do with mail if DNS fails and no policy is cached (A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutDns {
    /// Deliver as if there were no policy.
    Deliver,
    /// Try again later.
    Defer,
}

/// Which policies a background refresh fetches (A5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshScope {
    /// Every cached one, whatever has become of the TXT record.
    AnyRecord,
    /// Those whose TXT record is still valid.
    ValidRecord,
}

/// What to do next, and whether an administrator should hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub step: Step,
    /// What is wrong, if anything. A cached policy of mode none raises no alert (§3.3).
    pub alert: Option<Alert>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Apply the cached policy; no fetch.
    UseCached,
    /// Fetch the policy on account of this id, then [`conclude`].
    Fetch(PolicyId),
    /// Deliver as if the domain had no MTA-STS.
    NoPolicy,
    /// Deliver later.
    Defer,
}

/// Something an administrator should hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alert {
    /// A policy is cached, but its TXT record is gone or broken.
    RecordUnusable,
    /// The TXT record could not be looked up.
    DnsFailure,
    /// A fetch failed although a policy is cached.
    FetchFailed,
}

/// Decides on delivery what to apply, and whether a record looked up again asks for a fetch.
/// `cached` may have expired; `attempts` are the latest of this domain.
pub fn next_step(
    txt: &TxtLookup,
    cached: Option<&CachedPolicy>,
    attempts: &Attempts,
    settings: Settings,
    now: Timestamp,
) -> Decision {
    let valid = cached.filter(|cached| cached.is_valid(now));
    match (txt, valid) {
        // §3: the same id, so no HTTPS; and no new lease of life either (S41).
        (TxtLookup::Found(id), Some(cached)) if cached.id == *id => quiet(Step::UseCached),
        // §3.3: five minutes between fetches for one id; another id may be tried at once (S30).
        (TxtLookup::Found(id), _) if attempts.allow(id, now) => quiet(Step::Fetch(id.clone())),
        (TxtLookup::Found(_), Some(_)) => quiet(Step::UseCached),
        // §3.1, §5.1: a record that is gone does not take the cached policy with it (S11).
        (TxtLookup::Unusable, Some(cached)) => {
            Decision { step: Step::UseCached, alert: cached.alert(Alert::RecordUnusable) }
        }
        // §3.3: a fetch that failed never holds up mail (S34).
        (TxtLookup::Found(_) | TxtLookup::Unusable, None) => quiet(Step::NoPolicy),
        (TxtLookup::Failed, Some(cached)) => {
            Decision { step: Step::UseCached, alert: cached.alert(Alert::DnsFailure) }
        }
        (TxtLookup::Failed, None) => {
            let step = match settings.without_dns {
                WithoutDns::Deliver => Step::NoPolicy,
                WithoutDns::Defer => Step::Defer,
            };
            Decision { step, alert: Some(Alert::DnsFailure) }
        }
    }
}

/// Decides in the background whether to fetch a cached policy anew (§10.2): [`Step::Fetch`]
/// or [`Step::UseCached`], and [`Step::NoPolicy`] for a policy that has expired, which only
/// its record can bring back.
pub fn next_refresh(
    txt: &TxtLookup,
    cached: &CachedPolicy,
    attempts: &Attempts,
    settings: Settings,
    now: Timestamp,
) -> Decision {
    if !cached.is_valid(now) {
        return quiet(Step::NoPolicy);
    }
    let (id, alert) = match (txt, settings.refresh) {
        (TxtLookup::Found(id), RefreshScope::AnyRecord | RefreshScope::ValidRecord) => {
            (Some(id), None)
        }
        // A5: the policy is fetched under the id it is known by.
        (TxtLookup::Unusable | TxtLookup::Failed, RefreshScope::AnyRecord) => {
            (Some(&cached.id), None)
        }
        (TxtLookup::Unusable, RefreshScope::ValidRecord) => (None, Some(Alert::RecordUnusable)),
        (TxtLookup::Failed, RefreshScope::ValidRecord) => (None, Some(Alert::DnsFailure)),
    };
    let due = |id: &&PolicyId| {
        (**id != cached.id || cached.is_refresh_due(now)) && attempts.allow(id, now)
    };
    let step = id.filter(due).map_or(Step::UseCached, |id| Step::Fetch(id.clone()));
    Decision { step, alert: alert.and_then(|alert| cached.alert(alert)) }
}

fn quiet(step: Step) -> Decision {
    Decision { step, alert: None }
}
