//! What a sender remembers: policies (S46), and what DANE said of next-hops.

mod load;
mod row;
mod write;

use crate::{Store, StoreError};
use futures_util::stream::Stream;
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

/// Times beyond the year 292,278,994 are kept as that year.
impl Store {
    /// The policy of `domain`, expired or not. One that cannot be read is none, and logged.
    pub async fn policy(&self, domain: &Domain) -> Result<Option<StoredPolicy>, StoreError> {
        let found = sqlx::query(
            "SELECT domain, id, body, fetched_at, recheck_at FROM policy WHERE domain = ?1",
        )
        .bind(domain.as_str())
        .fetch_optional(&self.readers)
        .await?;
        let policy = found.as_ref().map(row::policy);
        if let Some(None) = policy {
            tracing::warn!(%domain, "a policy in the database cannot be read");
        }
        Ok(policy.flatten())
    }

    /// What DANE said of a next-hop, fresh or not. What cannot be read is nothing, and logged.
    pub async fn route(&self, next_hop: &str) -> Result<Option<StoredRoute>, StoreError> {
        let found =
            sqlx::query("SELECT next_hop, dane, fresh_until FROM route WHERE next_hop = ?1")
                .bind(next_hop)
                .fetch_optional(&self.readers)
                .await?;
        let route = found.as_ref().map(row::route);
        if let Some(None) = route {
            tracing::warn!("a route in the database cannot be read");
        }
        Ok(route.flatten())
    }

    /// Every policy, in the order of their domains. What cannot be read is passed over and counted
    /// in the log.
    ///
    /// Read in pages, so that a slow reader holds up neither [`Self::policy`] nor the end of the
    /// write-ahead log; what is written meanwhile is seen if its page is still to come. An error
    /// is the last item.
    pub fn policies(&self) -> impl Stream<Item = Result<StoredPolicy, StoreError>> + Send + use<> {
        load::policies(self.readers.clone())
    }

    /// Writes all of `changes` or none of them. Of several for one domain or next-hop the last
    /// counts.
    pub async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        write::write(&self.writer, changes).await
    }

    /// Deletes policies that have expired at `now` and routes that went stale before `stale`.
    /// Says how many.
    pub async fn forget_expired(
        &self,
        now: Timestamp,
        stale: Timestamp,
    ) -> Result<u64, StoreError> {
        write::forget_expired(&self.writer, now, stale).await
    }
}
