//! What a sender remembers: policies (S46), and what DANE said of next-hops.

use crate::{Store, StoreError};
use futures_util::stream::{self, Stream};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};

/// A policy with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// The policy domain.
    pub domain: Domain,
    /// The policy.
    pub cached: CachedPolicy,
    /// When its TXT record is to be looked up again.
    pub recheck_at: Timestamp,
}

/// What DANE said of a next-hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRoute {
    /// The next-hop in its canonical form.
    pub next_hop: String,
    /// What was said, as its owner writes it.
    pub dane: u8,
    /// How long DNS let it be kept.
    pub fresh_until: Timestamp,
}

/// Something to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In place of what was there for the domain.
    Policy(StoredPolicy),
    /// The domain has no policy any more.
    NoPolicy(Domain),
    /// In place of what was there for the next-hop.
    Route(StoredRoute),
}

impl Store {
    /// The policy of `domain`.
    pub async fn policy(&self, domain: &Domain) -> Result<Option<StoredPolicy>, StoreError> {
        let _ = domain;
        todo!()
    }

    /// What DANE said of a next-hop.
    pub async fn route(&self, next_hop: &str) -> Result<Option<StoredRoute>, StoreError> {
        let _ = next_hop;
        todo!()
    }

    /// Every policy, in the order of their domains. What cannot be read is passed over and counted
    /// in the log.
    pub fn policies(&self) -> impl Stream<Item = Result<StoredPolicy, StoreError>> + Send {
        let _ = self;
        stream::empty()
    }

    /// Writes all of `changes` or none of them.
    pub async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let _ = changes;
        todo!()
    }

    /// Deletes policies that expired before `now` and routes that went stale before `stale`.
    pub async fn forget_expired(
        &self,
        now: Timestamp,
        stale: Timestamp,
    ) -> Result<u64, StoreError> {
        let _ = (now, stale);
        todo!()
    }
}
