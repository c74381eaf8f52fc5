//! A policy as a cache keeps it, and when to fetch it anew.

use super::{Alert, BACK_OFF, Timestamp};
use crate::mta_sts::policy::{Mode, Policy};
use crate::mta_sts::record::PolicyId;
use std::time::Duration;

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

    /// The same policy, fetched now at the latest.
    ///
    /// A clock that is set back leaves a policy fetched in the future: it must neither vanish (a
    /// downgrade) nor live until that future and `max_age` beyond. Where this is applied before a
    /// policy is used, and what it returns is kept, no policy outlives `max_age` from the moment
    /// at which the jump was noticed.
    #[must_use]
    pub fn clamped(mut self, now: Timestamp) -> Self {
        self.fetched_at = self.fetched_at.min(now);
        self
    }

    /// When to refresh the policy (§3.3, §10.2): about a day after the last fetch, or half-way
    /// through its life where that is sooner; never within [`BACK_OFF`] of the fetch. `jitter`,
    /// from 0 (a quarter of the wait sooner) to 1 (no sooner), keeps policies that were fetched
    /// together from being refreshed together.
    ///
    /// A policy that lives for less than five minutes is not refreshed: it has expired by then.
    pub fn refresh_at(&self, jitter: f64) -> Timestamp {
        let latest = REFRESH_INTERVAL.min(self.policy.max_age.duration() / 2);
        let earliest = latest * 3 / 4;
        self.fetched_at.after((earliest + portion(latest / 4, jitter)).max(BACK_OFF))
    }

    /// True from the earliest moment that [`Self::refresh_at`] names.
    pub fn is_refresh_due(&self, now: Timestamp) -> bool {
        now >= self.refresh_at(0.0)
    }

    /// When to try again after a refresh that failed at `now`: in an eighth of the life that is
    /// left, from [`BACK_OFF`] to an hour, and up to a quarter later as `jitter` goes from 0 to 1.
    pub fn retry_at(&self, now: Timestamp, jitter: f64) -> Timestamp {
        let wait = (self.expires_at().since(now) / 8).clamp(BACK_OFF, LONGEST_RETRY);
        now.after(wait + portion(wait / 4, jitter))
    }

    /// §3.3: no alert about a domain that asks for no protection.
    pub(super) fn alert(&self, alert: Alert) -> Option<Alert> {
        (self.policy.mode != Mode::None).then_some(alert)
    }
}

/// `span` times `jitter`; nothing if that is no number from 0 to 1.
fn portion(span: Duration, jitter: f64) -> Duration {
    if (0.0..=1.0).contains(&jitter) { span.mul_f64(jitter) } else { Duration::ZERO }
}

/// How often a cached policy is fetched anew (§3.3: once per day).
pub const REFRESH_INTERVAL: Duration = Duration::from_hours(24);

/// The longest wait before a failed refresh is repeated: alerts shall be repeated and early
/// (§10.2).
const LONGEST_RETRY: Duration = Duration::from_hours(1);
