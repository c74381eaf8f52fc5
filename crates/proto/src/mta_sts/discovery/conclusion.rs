//! What follows from a fetch.

use super::{Alert, Attempt, CachedPolicy, Outcome, Timestamp};
use crate::mta_sts::policy::{Mode, Policy};
use crate::mta_sts::record::PolicyId;

/// Why a policy was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// Mail to deliver.
    Delivery,
    /// The daily refresh; no mail waits for it.
    Refresh,
}

/// What follows from a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// What to apply to mail now.
    pub applied: Applied,
    /// What to do to the cache.
    pub store: Store,
    /// What to remember, so that the same id is tried again, but not too soon.
    pub attempt: Attempt,
    /// What an administrator should hear of.
    pub alert: Option<Alert>,
    /// True if the failure goes into the domain's TLS report (§6, S80).
    pub report: bool,
}

/// What is applied to mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The policy just fetched.
    New(Policy),
    /// The cached policy.
    Cached,
    /// Nothing: as if the domain had no MTA-STS.
    Nothing,
}

/// What a fetch does to the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// Keep this in place of what was there.
    Replace(CachedPolicy),
    /// Drop what was there: the new policy may not be kept at all.
    Forget,
    /// Leave the policy and its id as they are (S36).
    Keep,
}

/// Draws the consequences of a fetch on account of `id` that ended at `now`; `fetched` is the
/// policy, or `None` if there was none for whatever reason, an invalid policy included (§3.3).
pub fn conclude(
    occasion: Occasion,
    id: &PolicyId,
    fetched: Option<Policy>,
    cached: Option<&CachedPolicy>,
    now: Timestamp,
) -> Conclusion {
    let attempt = |outcome| Attempt { id: id.clone(), at: now, outcome };
    if let Some(policy) = fetched {
        return Conclusion {
            attempt: attempt(Outcome::Fetched(policy.max_age)),
            store: store(id, &policy, now),
            applied: Applied::New(policy),
            alert: None,
            report: false,
        };
    }
    let valid = cached.filter(|cached| cached.is_valid(now));
    // §6: nothing is reported under a policy of mode none.
    let cached_none = valid.is_some_and(|cached| cached.policy.mode == Mode::None);
    Conclusion {
        // §3.3: the cached policy while there is one (S35), and no delay without (S34).
        applied: if valid.is_some() { Applied::Cached } else { Applied::Nothing },
        store: Store::Keep,
        attempt: attempt(Outcome::Failed),
        alert: valid.and_then(|cached| cached.alert(Alert::FetchFailed)),
        report: occasion == Occasion::Delivery && !cached_none,
    }
}

fn store(id: &PolicyId, policy: &Policy, now: Timestamp) -> Store {
    let cached = CachedPolicy { policy: policy.clone(), id: id.clone(), fetched_at: now };
    // S47: a max_age of 0 serves this delivery and is not kept.
    if cached.is_valid(now) { Store::Replace(cached) } else { Store::Forget }
}
