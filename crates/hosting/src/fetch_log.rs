//! Who fetched which version when (RFC 8461 §8.3 needs to know): counted in memory, by hour,
//! network and sender, within bounds; written to the database by [`FetchLog::flush`].
//!
//! Whatever the clients do, the last moment at which a version was served is exact. Beyond the
//! bounds, networks are no longer told apart, and at last fetches are no longer counted.

mod senders;
mod shard;

pub use senders::{KnownSender, Senders, SendersError};

use crate::served::Site;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::fetches::{Batch, FetchRow, Hour, Network};
use shard::{Key, Shard};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The log. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FetchLog {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    senders: Senders,
    shards: [Mutex<Shard>; SHARDS],
}

impl FetchLog {
    /// A log that knows these senders.
    pub fn new(senders: Senders) -> Self {
        Self { inner: Arc::new(Inner { senders, shards: Default::default() }) }
    }

    /// A policy went out whole. Never waits for the database, never grows beyond its bound.
    pub fn record(
        &self,
        site: &Site,
        version: u32,
        client: IpAddr,
        user_agent: Option<&[u8]>,
        now: Timestamp,
    ) {
        let key = Key {
            domain: site.id,
            version,
            hour: Hour::of(now),
            network: Network::of(client),
            sender: self.inner.senders.identify(client, user_agent),
        };
        self.shard(site.id).record(key, now);
    }

    /// Takes what was recorded since the last time.
    fn drain(&self, now: Timestamp) -> Batch {
        let mut batch = Batch::default();
        for shard in &self.inner.shards {
            let (served, rows) = lock(shard).take(Hour::of(now));
            batch.served.extend(served);
            batch.rows.extend(rows.into_iter().map(|(key, fetches)| FetchRow {
                domain: key.domain,
                version: key.version,
                hour: key.hour,
                network: key.network,
                sender: self.inner.senders.name(&key.sender),
                fetches,
            }));
        }
        batch
    }

    /// Fetches that found no room to be counted since the start.
    pub fn uncounted(&self) -> u64 {
        self.inner.shards.iter().map(|shard| lock(shard).uncounted()).sum()
    }

    fn shard(&self, domain: DomainId) -> MutexGuard<'_, Shard> {
        let place = usize::try_from(domain.0.unsigned_abs()).unwrap_or_default() % SHARDS;
        // Never out of bounds.
        lock(self.inner.shards.get(place).unwrap_or(&self.inner.shards[0]))
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Domains of different shards do not wait for each other.
const SHARDS: usize = 16;

#[cfg(test)]
mod tests;
