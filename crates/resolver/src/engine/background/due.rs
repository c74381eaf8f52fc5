//! Something to do at a moment.

use ironpost_proto::mta_sts::discovery::Timestamp;
use std::cmp::Ordering;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Due {
    pub(super) at: Timestamp,
    pub(super) what: What,
    pub(super) name: Box<str>,
}

/// What.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A policy domain's record is to be looked up again.
    Policy,
    /// A next-hop is.
    Route,
}

impl Due {
    /// The record of a policy domain is to be looked up again at a moment.
    pub(in crate::engine) fn policy(at: Timestamp, domain: &str) -> Self {
        Self { at, what: What::Policy, name: domain.into() }
    }

    /// The servers of a next-hop are.
    pub(in crate::engine) fn route(at: Timestamp, next_hop: &str) -> Self {
        Self { at, what: What::Route, name: next_hop.into() }
    }
}

impl Ord for Due {
    /// The soonest is the greatest, as a heap gives it first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.what, &other.name).cmp(&(self.at, self.what, &self.name))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
