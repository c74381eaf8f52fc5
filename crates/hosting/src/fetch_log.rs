//! Who fetched which version when (RFC 8461 §8.3 needs to know): counted in memory, by hour,
//! network and sender, within bounds; written to the database by [`FetchLog::flush`].
//!
//! Whatever the clients do, the last moment at which a version was served is exact. Beyond the
//! bounds, networks are no longer told apart, and at last fetches are no longer counted.

mod senders;
mod shard;
mod spread;
mod unwritten;

pub use senders::{KnownSender, Senders, SendersError};
pub use spread::{Reach, Spread};

use crate::node::Health;
use crate::served::Site;
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::fetches::{FetchRow, Hour, LastServed, Network};
use ironpost_store::hosting::{DomainId, NodeId};
use shard::{Key, Shard};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use unwritten::{UnwrittenCounts, UnwrittenServed};

/// The log. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FetchLog {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    senders: Senders,
    shards: [Mutex<Shard>; SHARDS],
    /// What was taken out of the shards and is not known to be in the database.
    unwritten_served: tokio::sync::Mutex<UnwrittenServed>,
    unwritten_counts: tokio::sync::Mutex<UnwrittenCounts>,
}

impl FetchLog {
    /// A log that knows these senders.
    pub fn new(senders: Senders) -> Self {
        Self { inner: Arc::new(Inner { senders, ..Inner::default() }) }
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

    /// Writes when versions were served last: what a node has to do before it says that it serves
    /// others now. What could not be written is written the next time.
    pub async fn flush_served(&self, database: &Database) -> Result<(), StoreError> {
        let mut unwritten = self.inner.unwritten_served.lock().await;
        unwritten.add(self.take_served());
        unwritten.write(database).await
    }

    /// Writes everything. What could not be written is written the next time, and nothing twice.
    pub async fn flush(
        &self,
        database: &Database,
        node: NodeId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.flush_served(database).await?;
        let mut unwritten = self.inner.unwritten_counts.lock().await;
        // Until these are written, counting goes on in the shards, which have their bounds.
        unwritten.write(database, node).await?;
        unwritten.add(&self.take_counts(now));
        unwritten.write(database, node).await
    }

    /// Writes everything now and then, for good, while the database is there.
    pub async fn keep_flushing(
        &self,
        database: &Database,
        health: watch::Receiver<Health>,
        clock: &dyn Clock,
    ) -> Infallible {
        loop {
            sleep(PERIOD).await;
            let Health { id, connected, .. } = *health.borrow();
            let (Some(node), true) = (id, connected) else { continue };
            if let Err(error) = self.flush(database, node, clock.now()).await {
                tracing::warn!(%error, "the log of fetches cannot be written: later");
            }
        }
    }

    fn take_served(&self) -> Vec<LastServed> {
        self.inner.shards.iter().flat_map(|shard| lock(shard).take_served()).collect()
    }

    fn take_counts(&self, now: Timestamp) -> Vec<FetchRow> {
        let shards = self.inner.shards.iter();
        let counts = shards.flat_map(|shard| lock(shard).take_counts(Hour::of(now)));
        let row = |(key, fetches): (Key, u64)| FetchRow {
            domain: key.domain,
            version: key.version,
            hour: key.hour,
            network: key.network,
            sender: self.inner.senders.name(&key.sender),
            fetches,
        };
        counts.map(row).collect()
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

/// How old counts get that are in no database yet. Own limit.
const PERIOD: Duration = Duration::from_secs(20);
/// Domains of different shards do not wait for each other.
const SHARDS: usize = 16;

#[cfg(test)]
mod tests;
