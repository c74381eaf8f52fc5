//! What a sender applies: one decision table over the TXT result, the
//! cached policy and the time (RFC 8461 §3.3, §5.1, §10.2).
//!
//! A sender looks up the record, asks [`next_step`] (on delivery) or [`next_refresh`] (in
//! the background), performs the [`Step`], and if that was a fetch, hands its result to
//! [`conclude`]. Nothing here does I/O or reads a clock.

mod conclusion;

pub use conclusion::{Applied, Conclusion, Occasion, Store, conclude};

use super::policy::{Mode, Policy};
use super::record::{PolicyId, RecordOutcome};
use std::time::Duration;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub fn from_millis(millis: u64) -> Self {
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

/// A policy as a cache keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedPolicy {
    /// The policy.
    pub policy: Policy,
    /// The id that announced it (S36).
    pub id: PolicyId,
    /// When it was last fetched. Seeing its id again is no fetch (S41).
    pub fetched_at: Timestamp,
}

impl CachedPolicy {
    /// The first moment at which the policy no longer holds (§3.2).
    pub fn expires_at(&self) -> Timestamp {
        self.fetched_at.after(self.policy.max_age.duration())
    }

    /// True until `max_age` after the last fetch.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now < self.expires_at()
    }

    /// True if the policy is due for a refresh: a day after the last fetch, or half its life
    /// where that is shorter (§3.3, §10.2).
    pub fn is_refresh_due(&self, now: Timestamp) -> bool {
        let half_life = self.policy.max_age.duration() / 2;
        now >= self.fetched_at.after(half_life.min(REFRESH_INTERVAL))
    }
}

/// The last fetch that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedFetch {
    /// The id that the fetch was for.
    pub id: PolicyId,
    /// When it failed.
    pub at: Timestamp,
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

/// Decides on delivery what to apply. `cached` may have expired; `failed`
/// is the last fetch that failed, if any.
pub fn next_step(
    txt: &TxtLookup,
    cached: Option<&CachedPolicy>,
    failed: Option<&FailedFetch>,
    settings: Settings,
    now: Timestamp,
) -> Decision {
    let valid = cached.filter(|cached| cached.is_valid(now));
    match (txt, valid) {
        // §3: the same id, so no HTTPS; and no new lease of life either (S41).
        (TxtLookup::Found(id), Some(cached)) if cached.id == *id => quiet(Step::UseCached),
        (TxtLookup::Found(id), _) if may_fetch(id, failed, now) => quiet(Step::Fetch(id.clone())),
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
    failed: Option<&FailedFetch>,
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
        (**id != cached.id || cached.is_refresh_due(now)) && may_fetch(id, failed, now)
    };
    let step = id.filter(due).map_or(Step::UseCached, |id| Step::Fetch(id.clone()));
    Decision { step, alert: alert.and_then(|alert| cached.alert(alert)) }
}

impl CachedPolicy {
    /// §3.3: no alert about a domain that asks for no protection.
    fn alert(&self, alert: Alert) -> Option<Alert> {
        (self.policy.mode != Mode::None).then_some(alert)
    }
}

/// §3.3: five minutes between attempts for one id; another id may be tried at once.
fn may_fetch(id: &PolicyId, failed: Option<&FailedFetch>, now: Timestamp) -> bool {
    failed.is_none_or(|failed| failed.id != *id || now >= failed.at.after(BACK_OFF))
}

fn quiet(step: Step) -> Decision {
    Decision { step, alert: None }
}

/// The least time between two fetches for one id if the first fails (§3.3).
pub const BACK_OFF: Duration = Duration::from_mins(5);

/// How often a cached policy is fetched anew (§3.3: once per day).
pub const REFRESH_INTERVAL: Duration = Duration::from_hours(24);
