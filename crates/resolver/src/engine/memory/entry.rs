//! What is known of one policy domain.

use crate::answer::packed::{PackedPolicy, PolicyView};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{Attempts, CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::tls_rpt::result_type::ResultType;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is known of one policy domain. There may be a million: mind its size.
#[derive(Debug)]
pub(in crate::engine) struct Entry {
    domain: Domain,
    held: Option<Held>,
    /// When its TXT record is to be looked up again; without a policy, until when that is known.
    pub(in crate::engine) recheck_at: Timestamp,
    /// Fetches of the last minutes.
    pub(in crate::engine) attempts: Attempts,
    /// Why the policy could not be renewed.
    pub(in crate::engine) failure: Option<ResultType>,
    /// Mail goes there: its record is watched.
    watched: AtomicBool,
}

/// A policy in packed form.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Held {
    pub(in crate::engine) policy: PackedPolicy,
    pub(in crate::engine) fetched_at: Timestamp,
    /// When it is to be fetched anew, whatever its record says.
    pub(in crate::engine) refresh_at: Timestamp,
}

impl Entry {
    pub(super) fn new(domain: &Domain) -> Self {
        Self {
            domain: domain.clone(),
            held: None,
            recheck_at: NEVER,
            attempts: Attempts::default(),
            failure: None,
            watched: AtomicBool::new(false),
        }
    }

    pub(in crate::engine) fn domain(&self) -> &str {
        self.domain.as_str()
    }

    pub(in crate::engine) fn mode(&self) -> Option<Mode> {
        self.held.as_ref().map(|held| held.policy.view().mode())
    }

    /// The policy, expired or not.
    pub(in crate::engine) fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The policy, if it holds.
    pub(in crate::engine) fn valid(&self, now: Timestamp) -> Option<PolicyView<'_>> {
        let held = self.held.as_ref()?;
        (now < held.expires_at()).then(|| held.policy.view())
    }

    /// True while it is known that there is no policy. A moment in the far future is that of a
    /// clock that was set back.
    pub(in crate::engine) fn is_known_without(&self, now: Timestamp) -> bool {
        self.held.is_none() && now < self.recheck_at && self.recheck_at < now.after(FAR)
    }

    /// Puts a policy in place of the one that was there; `None` drops it.
    pub(in crate::engine) fn hold(&mut self, held: Option<Held>) {
        self.held = held;
    }

    /// True for the first who asks since the last look at the record.
    pub(in crate::engine) fn begin_to_watch(&self) -> bool {
        !self.watched.load(Ordering::Relaxed) && !self.watched.swap(true, Ordering::Relaxed)
    }

    /// The record has been looked at.
    pub(in crate::engine) fn looked_at(&mut self, recheck_at: Timestamp) {
        self.recheck_at = recheck_at;
        *self.watched.get_mut() = false;
    }

    /// RFC 8461 §3.2 counts from the fetch, and a fetch in the future, as a clock that was set back
    /// leaves it, would lengthen the life of the policy.
    pub(in crate::engine) fn set_back(&mut self, now: Timestamp) -> bool {
        let Some(held) = self.held.as_mut().filter(|held| now < held.fetched_at) else {
            return false;
        };
        *held = Held::new(&held.cached().clamped(now));
        true
    }

    /// The policy could not be fetched anew: when to try again.
    pub(in crate::engine) fn retry_at(&mut self, now: Timestamp) {
        if let Some(held) = &mut self.held {
            held.refresh_at = held.cached().retry_at(now, rand::random());
        }
    }

    /// The policy as the decision functions take it.
    pub(in crate::engine) fn cached(&self) -> Option<CachedPolicy> {
        self.held.as_ref().map(Held::cached)
    }
}

impl Held {
    /// The first moment at which the policy no longer holds (RFC 8461 §3.2).
    pub(in crate::engine) fn expires_at(&self) -> Timestamp {
        self.fetched_at.after(self.policy.view().max_age().duration())
    }

    /// The policy as the decision functions take it.
    pub(in crate::engine) fn cached(&self) -> CachedPolicy {
        let (id, policy) = self.policy.unpack();
        CachedPolicy { policy, id, fetched_at: self.fetched_at }
    }
}

/// Not looked at yet.
const NEVER: Timestamp = Timestamp::from_millis(0);
/// No record is left alone for longer.
const FAR: Duration = Duration::from_hours(2 * 24);
