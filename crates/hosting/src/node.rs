//! A node: follows the database, keeps what it serves in memory, and says that it lives.
//!
//! What has been applied here is acknowledged to the database at once ([`Database::beat`]); only
//! then may an id follow its body (RFC 8461 §8.1). The log of fetches is written before the
//! acknowledgement, so that a version is never called replaced while a fetch of it is known to this
//! node alone (§8.3).

mod load;
mod snapshot;

pub use snapshot::{Snapshot, SnapshotError};

use crate::fetch_log::FetchLog;
use crate::sealing::Seals;
use crate::served::Served;
use ironpost_net::clock::Clock;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::nodes::Watch;
use ironpost_store::hosting::{NodeId, Seq};
use load::Loader;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// What a node is made of.
#[derive(Debug, Clone)]
pub struct NodeParts {
    /// Whom it follows.
    pub database: Database,
    /// Its name among the nodes.
    pub name: String,
    /// What it does, separated by commas.
    pub roles: String,
    /// Where what it serves is kept for a start without the database; `None` where the database is
    /// a file of this machine itself.
    pub snapshot: Option<Snapshot>,
    /// What it serves.
    pub served: Served,
    /// Opens private keys.
    pub seals: Seals,
    /// Who fetched what.
    pub log: FetchLog,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// How a node is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Its number, once the database has given it one.
    pub id: Option<NodeId>,
    /// Everything up to here is served.
    pub seen: Seq,
    /// The database answered last time.
    pub connected: bool,
}

/// A node that follows the database.
#[derive(Debug)]
pub struct Node {
    parts: NodeParts,
    loader: Loader,
    health: watch::Sender<Health>,
    id: Option<NodeId>,
    /// The feed as it was last acknowledged.
    acknowledged: Option<Seq>,
    /// When it has to say again that it lives.
    beat_due: Instant,
}

impl Node {
    /// A node that serves nothing yet.
    pub fn new(parts: NodeParts) -> Self {
        let loader = Loader::new(parts.served.clone(), parts.seals.clone());
        let health = Health { id: None, seen: Seq::default(), connected: false };
        let health = watch::Sender::new(health);
        Self { parts, loader, health, id: None, acknowledged: None, beat_due: Instant::now() }
    }

    /// How it is doing, now and whenever that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Fills memory for the first time: from the database, or while that is away from the snapshot.
    /// Says whether the database answered.
    pub async fn fill(&mut self) -> Result<bool, SnapshotError> {
        match self.join_and_catch_up().await {
            Ok(()) => return Ok(true),
            Err(error) => tracing::error!(%error, "the database does not answer"),
        }
        if let Some(snapshot) = &self.parts.snapshot {
            if !snapshot.is_fit(self.parts.clock.now()).await? {
                tracing::error!("the snapshot is of a node that left long ago: not served");
                return Ok(false);
            }
            let seen = snapshot.load(&mut self.loader).await?;
            let sites = self.parts.served.len();
            tracing::warn!(sites, "serving from the snapshot until the database is back");
            self.health.send_modify(|health| health.seen = seen);
        }
        Ok(false)
    }

    /// Follows the database until `end`, then takes leave of it.
    pub async fn follow(mut self, end: CancellationToken) {
        let NodeParts { database, log, clock, .. } = self.parts.clone();
        let health = self.health();
        tokio::select! {
            () = self.follow_feed(end) => {}
            never = log.keep_flushing(&database, health, &*clock) => match never {},
        }
        self.leave().await;
    }

    async fn follow_feed(&mut self, end: CancellationToken) {
        let mut watch = None;
        while !end.is_cancelled() {
            let outcome = self.join_and_catch_up().await;
            self.note(&outcome);
            if outcome.is_err() {
                watch = None;
                self.beat_due = Instant::now() + BEAT;
            }
            if watch.is_none() && outcome.is_ok() {
                watch = self.parts.database.watch().await.ok();
                if watch.is_some() {
                    // What changed before the watch began.
                    continue;
                }
            }
            tokio::select! {
                () = end.cancelled() => break,
                () = changed(watch.as_mut()) => {}
                () = sleep_until(self.beat_due) => {}
            }
        }
    }

    /// Serves what is new, and says so; joins first where it has to.
    async fn join_and_catch_up(&mut self) -> Result<(), StoreError> {
        let id = loop {
            let id = self.join().await?;
            if self.catch_up(id).await? {
                break id;
            }
            // Whoever serves is counted: it joins anew at once.
            self.tell_of_lost_place(id).await?;
            self.id = None;
        };
        let seen = self.loader.seen();
        self.health.send_if_modified(|health| {
            let new = Health { id: Some(id), seen, connected: true };
            let differs = *health != new;
            *health = new;
            differs
        });
        Ok(())
    }

    async fn join(&mut self) -> Result<NodeId, StoreError> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let now = self.parts.clock.now();
        let id = self.parts.database.join(&self.parts.name, &self.parts.roles, now).await?;
        self.id = Some(id);
        // What was acknowledged went with the place.
        self.acknowledged = None;
        if let Some(snapshot) = &self.parts.snapshot {
            snapshot.join().await?;
        }
        Ok(id)
    }

    /// Serves what is new, and says so. False if this node does not count any more.
    async fn catch_up(&mut self, id: NodeId) -> Result<bool, StoreError> {
        let now = self.parts.clock.now();
        // A database restored from a backup is behind: all of it is read again.
        if self.parts.database.feed().await? < self.loader.seen() {
            tracing::warn!("the database is older than what is served here: reading all of it");
            self.loader.start_anew();
            if let Some(snapshot) = &self.parts.snapshot {
                snapshot.clear().await?;
            }
        }
        let changed =
            self.loader.catch_up(&self.parts.database, self.parts.snapshot.as_ref(), now).await?;
        let is_due = Instant::now() >= self.beat_due;
        if changed || is_due || self.acknowledged != Some(self.loader.seen()) {
            self.parts.log.flush_served(&self.parts.database).await?;
            let seen = self.loader.seen();
            if !self.parts.database.beat(id, seen, self.parts.clock.now()).await? {
                return Ok(false);
            }
            self.acknowledged = Some(seen);
            self.beat_due = Instant::now() + BEAT;
        }
        Ok(true)
    }

    /// Another node has taken the name, or an administrator has said that this one is no more.
    async fn tell_of_lost_place(&self, id: NodeId) -> Result<(), StoreError> {
        let name = &self.parts.name;
        let nodes = self.parts.database.nodes().await?;
        match nodes.into_iter().find(|node| node.name == *name && node.id != id) {
            Some(other) => {
                let ago = self.parts.clock.now().since(other.started).as_secs();
                tracing::error!(
                    "another node named {name} joined this database {ago} s ago: two of one name \
                     take each other's place again and again; give each a name of its own (node in \
                     [serve], or --node)"
                );
            }
            None => {
                tracing::warn!(
                    "this node was forgotten (`ironpost db forget-node`): it joins anew"
                );
            }
        }
        Ok(())
    }

    fn note(&self, outcome: &Result<(), StoreError>) {
        let Err(error) = outcome else { return };
        let lost =
            self.health.send_if_modified(|health| std::mem::replace(&mut health.connected, false));
        if lost {
            tracing::error!(%error, "the database is away: what is in memory is served on");
        }
    }

    async fn leave(&mut self) {
        let Some(id) = self.id else { return };
        let goodbye = async {
            let now = self.parts.clock.now();
            self.parts.log.flush(&self.parts.database, id, now).await?;
            // Before the others hear of it.
            if let Some(snapshot) = &self.parts.snapshot {
                snapshot.leave(now).await?;
            }
            self.parts.database.leave(id).await
        };
        match timeout(GOODBYE, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database did not hear the goodbye"),
            Err(_) => tracing::warn!("the database did not hear the goodbye in time"),
        }
    }
}

async fn changed(watch: Option<&mut Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

/// How often a node says that it lives, and how soon it tries again while the database is away. The
/// database calls a node silent after several of these.
const BEAT: Duration = Duration::from_secs(3);
/// How long the end of a node waits for the database.
const GOODBYE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
