//! Waiting for the feed to go up.

use super::super::Seq;
use super::super::feed::CHANNEL;
use crate::StoreError;
use crate::database::{Database, Ear};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// See [`Database::watch`].
#[derive(Debug)]
pub struct Watch {
    wakes: watch::Receiver<()>,
    follower: AbortHandle,
}

impl Database {
    /// Wakes whenever the feed may have gone up: by NOTIFY, and by polling once a second behind it,
    /// should the connection for it be lost; of a file by polling ten times a second, so
    /// that what another process did is seen.
    pub async fn watch(&self) -> Result<Watch, StoreError> {
        let seen = self.feed().await?;
        let (wake, wakes) = watch::channel(());
        let follower = Follower { database: self.clone(), seen, wake };
        let task = match self.ear(CHANNEL).await? {
            Some(ear) => tokio::spawn(follower.listen(ear)),
            None => tokio::spawn(follower.poll()),
        };
        Ok(Watch { wakes, follower: task.abort_handle() })
    }
}

impl Watch {
    /// Returns when the feed may have gone up since the last call. Safe to drop and call again.
    pub async fn changed(&mut self) {
        // Its sender lives in a task that ends with this one alone.
        if self.wakes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// Follows the feed.
struct Follower {
    database: Database,
    seen: Seq,
    wake: watch::Sender<()>,
}

impl Follower {
    /// For a server. What was told while nobody listened, the poll finds.
    async fn listen(mut self, mut ear: Ear) {
        // What polls found before it was told.
        let mut untold = 0;
        loop {
            match timeout(POLL_SERVER, ear.heard()).await {
                Ok(Ok(())) => {
                    untold = 0;
                    self.wake.send_replace(());
                    continue;
                }
                Ok(Err(_)) => untold = MOST_UNTOLD,
                Err(_) => untold += usize::from(self.look().await),
            }
            // A connection may be dead without either end knowing.
            if untold >= MOST_UNTOLD {
                match self.database.ear(CHANNEL).await {
                    Ok(Some(fresh)) => {
                        ear = fresh;
                        untold = 0;
                        self.wake.send_replace(());
                    }
                    Ok(None) | Err(_) => sleep(POLL_SERVER).await,
                }
            }
        }
    }

    /// For a file.
    async fn poll(mut self) {
        let mut ticks = interval(POLL_FILE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    /// Says whether the feed has gone up, or come to be another one.
    async fn look(&mut self) -> bool {
        // While the database is away there is nothing to tell.
        let Ok(seen) = self.database.feed().await else { return false };
        let moved = seen != self.seen;
        if moved {
            self.seen = seen;
            self.wake.send_replace(());
        }
        moved
    }
}

/// How often a file is asked.
const POLL_FILE: Duration = Duration::from_millis(100);
/// How often a server is asked for what it did not tell.
const POLL_SERVER: Duration = Duration::from_secs(1);
/// One poll may be faster than what it finds is told.
const MOST_UNTOLD: usize = 2;
