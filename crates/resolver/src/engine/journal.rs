//! What is to be written down, off the request path.

use crate::alert::{Alert, Alerts, Kind};
use ironpost_net::clock::Clock;
use ironpost_proto::domain::Domain;
use ironpost_store::sender::{Change, StoredPolicy};
use ironpost_store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Changes on their way to the store, the last one for each name.
#[derive(Debug)]
pub(super) struct Journal {
    pending: Mutex<Pending>,
    woken: Notify,
    stopped: Notify,
}

#[derive(Debug, Default)]
struct Pending {
    changes: HashMap<Box<str>, Change>,
    /// Changes that the store is writing.
    on_their_way: usize,
    /// More came than could be kept: everything in memory has to be written again.
    overflow: bool,
    /// What the store says, if it cannot be written.
    fault: Option<String>,
    stopping: bool,
}

impl Journal {
    pub(super) fn new() -> Self {
        Self { pending: Mutex::default(), woken: Notify::new(), stopped: Notify::new() }
    }

    /// Has a change written down within the second.
    pub(super) fn note(&self, change: Change) {
        let mut pending = self.lock();
        if pending.changes.len() >= MOST_PENDING {
            pending.changes.clear();
            pending.overflow = true;
        }
        let first = pending.changes.is_empty();
        pending.changes.insert(name(&change), change);
        drop(pending);
        if first {
            self.woken.notify_one();
        }
    }

    /// Changes not written yet.
    pub(super) fn unwritten(&self) -> usize {
        let pending = self.lock();
        pending.changes.len() + pending.on_their_way
    }

    /// What the store says, if it cannot be written.
    pub(super) fn fault(&self) -> Option<String> {
        self.lock().fault.clone()
    }

    /// Writes until it is stopped. `memory` is what memory holds after a domain, up to so many, for
    /// the day when more came than could be kept.
    pub(super) async fn write(
        &self,
        store: &Store,
        alerts: &Alerts,
        clock: &Arc<dyn Clock>,
        memory: impl Fn(Option<&str>, usize) -> Vec<StoredPolicy>,
    ) {
        loop {
            let stopping = self.wait().await;
            match self.write_all(store, &memory).await {
                Ok(()) => {
                    if self.lock().fault.take().is_some() {
                        alerts.clear(None, Kind::StoreFailing, clock.now());
                    }
                }
                Err(error) => {
                    let reason = error.to_string();
                    self.lock().fault = Some(reason.clone());
                    alerts.raise(None, Alert::StoreFailing { reason }, clock.now());
                    if stopping {
                        break;
                    }
                    // A full disk or a broken one: not at once again, unless it is the last time.
                    let _ = timeout(RETRY, self.stopped.notified()).await;
                    self.woken.notify_one();
                }
            }
            if stopping && self.unwritten() == 0 {
                break;
            }
        }
    }

    /// Has everything written down that is pending, once.
    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.stopped.notify_one();
        self.woken.notify_one();
    }

    /// Waits for the first change, and a moment for others to come with it; true if it is the end.
    async fn wait(&self) -> bool {
        if self.unwritten() == 0 && !self.lock().stopping {
            self.woken.notified().await;
        }
        if !self.lock().stopping {
            let _ = timeout(GATHER, self.stopped.notified()).await;
        }
        self.lock().stopping
    }

    async fn write_all(
        &self,
        store: &Store,
        memory: impl Fn(Option<&str>, usize) -> Vec<StoredPolicy>,
    ) -> Result<(), StoreError> {
        loop {
            let batch = self.take();
            if batch.is_empty() {
                break;
            }
            if let Err(error) = store.write(&batch).await {
                self.put_back(batch);
                return Err(error);
            }
        }
        let overflow = std::mem::take(&mut self.lock().overflow);
        if overflow {
            let written = write_memory(store, memory).await;
            self.lock().overflow |= written.is_err();
            return written;
        }
        Ok(())
    }

    /// The next changes to write. What was taken before is written.
    fn take(&self) -> Vec<Change> {
        let mut pending = self.lock();
        let batch: Vec<_> = if pending.changes.len() <= BATCH {
            pending.changes.drain().map(|(_, change)| change).collect()
        } else {
            let names: Vec<_> = pending.changes.keys().take(BATCH).cloned().collect();
            names.iter().filter_map(|name| pending.changes.remove(name)).collect()
        };
        pending.on_their_way = batch.len();
        batch
    }

    /// What has changed again meanwhile stays as it is now.
    fn put_back(&self, batch: Vec<Change>) {
        let mut pending = self.lock();
        pending.on_their_way = 0;
        for change in batch {
            pending.changes.entry(name(&change)).or_insert(change);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes every policy in memory, a batch at a time.
async fn write_memory(
    store: &Store,
    memory: impl Fn(Option<&str>, usize) -> Vec<StoredPolicy>,
) -> Result<(), StoreError> {
    let mut last: Option<Domain> = None;
    loop {
        let batch = memory(last.as_ref().map(Domain::as_str), BATCH);
        let Some(end) = batch.last().map(|stored| stored.domain.clone()) else { return Ok(()) };
        last = Some(end);
        let changes: Vec<_> = batch.into_iter().map(Change::Policy).collect();
        store.write(&changes).await?;
    }
}

/// What a change is about. A policy domain has no blank in front.
fn name(change: &Change) -> Box<str> {
    match change {
        Change::Policy(stored) => stored.domain.as_str().into(),
        Change::NoPolicy(domain) => domain.as_str().into(),
        Change::Route(route) => format!(" {}", route.next_hop).into(),
    }
}

/// How long changes gather before they are written together: no more than this is lost if the
/// process is killed.
const GATHER: Duration = Duration::from_millis(500);
/// Between two attempts to write to a store that failed.
const RETRY: Duration = Duration::from_secs(5);
/// Changes in one transaction.
const BATCH: usize = 2_000;
/// Changes kept while the store cannot be written, some 50 MB; beyond them all of memory is
/// written once it can.
const MOST_PENDING: usize = 100_000;
