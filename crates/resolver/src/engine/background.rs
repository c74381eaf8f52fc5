//! What goes on without anybody asking: loading, looking again, refreshing, sweeping, writing down.

mod due;
mod sweep;

pub(super) use due::Due;

use super::Inner;
use super::asked;
use super::discovery::Purpose;
use super::memory::SHARDS;
use super::routes::STALE;
use crate::alert::{Alert, Kind};
use crate::shared::{SharedCache, State};
use due::What;
use futures_util::StreamExt;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::collections::{BinaryHeap, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The tasks behind an engine.
#[derive(Debug)]
pub(super) struct Handles {
    loading: AtomicBool,
    end: CancellationToken,
    journal: Mutex<Option<JoinHandle<()>>>,
}

impl Handles {
    pub(super) fn new() -> Self {
        Self {
            loading: AtomicBool::new(false),
            end: CancellationToken::new(),
            journal: Mutex::new(None),
        }
    }

    /// True while memory does not hold yet all that the store has.
    pub(super) fn is_loading(&self) -> bool {
        self.loading.load(Ordering::Acquire)
    }

    /// Ends the tasks; the journal when it has written everything.
    pub(super) async fn end(&self) {
        self.end.cancel();
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(journal) = journal {
            // It logs what it could not write.
            let _ = journal.await;
        }
    }
}

/// Starts the tasks.
pub(super) fn start(inner: &Arc<Inner>, to_do: mpsc::UnboundedReceiver<Due>) {
    let handles = &inner.work.background;
    begin_to_load(inner);
    if inner.outside.store.is_some() {
        let writing = tokio::spawn(write(Arc::clone(inner)));
        *handles.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(writing);
    }
    spawn(inner, Schedule::new(Arc::clone(inner), to_do).run());
}

fn spawn(inner: &Inner, task: impl Future<Output = ()> + Send + 'static) {
    let end = inner.work.background.end.clone();
    tokio::spawn(async move { end.run_until_cancelled(task).await });
}

/// Has memory filled from the store.
fn begin_to_load(inner: &Arc<Inner>) {
    if inner.outside.store.is_some() && !inner.work.background.loading.swap(true, Ordering::AcqRel)
    {
        spawn(inner, load(Arc::clone(inner)));
    }
}

/// Fills memory from the store.
async fn load(inner: Arc<Inner>) {
    let Some(store) = &inner.outside.store else { return };
    let mut policies = pin!(store.policies());
    let mut read = 0_u64;
    while let Some(stored) = policies.next().await {
        match stored {
            Ok(stored) => inner.hold_stored(stored, inner.clock.now()),
            Err(error) => {
                // The rest stays in the store and is read from there when it is asked for.
                tracing::warn!(%error, "the store cannot be read to its end");
                return;
            }
        }
        read += 1;
        if read.is_multiple_of(256) {
            tokio::task::yield_now().await;
        }
    }
    inner.work.background.loading.store(false, Ordering::Release);
    tracing::info!(policies = inner.memory.sizes().enforce, read, "the store is in memory");
}

async fn write(inner: Arc<Inner>) {
    let Some(store) = &inner.outside.store else { return };
    let memory = |after: Option<&str>, limit| {
        inner.memory.page(after, limit, sweep::stored).into_iter().flatten().collect()
    };
    inner.journal.write(store, &inner.outside.alerts, &inner.clock, memory).await;
}

/// Takes out of the store what is of no use any more: memory does not know all that is in there.
async fn tidy(inner: Arc<Inner>, now: Timestamp) {
    let Some(store) = &inner.outside.store else { return };
    match store.forget_expired(now.before(LONG_EXPIRED), now.before(STALE)).await {
        Ok(gone) => tracing::debug!(gone, "the store is tidied"),
        Err(error) => tracing::warn!(%error, "the store cannot be tidied"),
    }
}

/// What is due, and what is being done.
struct Schedule {
    inner: Arc<Inner>,
    to_do: mpsc::UnboundedReceiver<Due>,
    waiting: BinaryHeap<Due>,
    policies: Lane,
    routes: Lane,
    last: Timestamp,
    tidied: Timestamp,
    shard: usize,
}

/// Work of one kind: next-hops that are slow to look up, however many, hold up no policy.
#[derive(Default)]
struct Lane {
    ready: VecDeque<Due>,
    running: JoinSet<()>,
}

impl Schedule {
    fn new(inner: Arc<Inner>, to_do: mpsc::UnboundedReceiver<Due>) -> Self {
        let last = inner.clock.now();
        Self {
            inner,
            to_do,
            waiting: BinaryHeap::new(),
            policies: Lane::default(),
            routes: Lane::default(),
            last,
            tidied: last,
            shard: 0,
        }
    }

    async fn run(mut self) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(due) = self.to_do.recv() => self.waiting.push(due),
                Some(_) = self.policies.running.join_next() => {}
                Some(_) = self.routes.running.join_next() => {}
                _ = tick.tick() => self.sweep(),
            }
            self.wake(self.inner.clock.now());
            self.policies.begin(&self.inner);
            self.routes.begin(&self.inner);
        }
    }

    /// What is due becomes ready.
    fn wake(&mut self, now: Timestamp) {
        if self.last.since(now) >= SET_BACK {
            // The clock was set back: what had expired by it may hold again, and nothing waits for
            // a moment of another time.
            begin_to_load(&self.inner);
            for due in std::mem::take(&mut self.waiting) {
                self.lane(due.what).ready.push_back(due);
            }
        }
        self.last = now;
        while let Some(due) = self.waiting.pop() {
            if now < due.at {
                self.waiting.push(due);
                break;
            }
            self.lane(due.what).ready.push_back(due);
        }
    }

    fn lane(&mut self, what: What) -> &mut Lane {
        match what {
            What::Policy => &mut self.policies,
            What::Route => &mut self.routes,
        }
    }

    fn sweep(&mut self) {
        let now = self.inner.clock.now();
        self.inner.tell_of_shared(now);
        if now.since(self.tidied) >= TIDY {
            self.tidied = now;
            spawn(&self.inner, tidy(Arc::clone(&self.inner), now));
        }
        self.shard = (self.shard + 1) % (SHARDS * TICKS_PER_SHARD);
        if !self.shard.is_multiple_of(TICKS_PER_SHARD) {
            return;
        }
        let due = self.inner.sweep(self.shard / TICKS_PER_SHARD, now);
        // What finds no room now is found again by the next round.
        let ready = &mut self.policies.ready;
        let room = MOST_READY.saturating_sub(ready.len());
        ready.extend(due.into_iter().take(room));
    }
}

impl Lane {
    fn begin(&mut self, inner: &Arc<Inner>) {
        while self.running.len() < AT_ONCE
            && let Some(due) = self.ready.pop_front()
        {
            self.running.spawn(perform(Arc::clone(inner), due));
        }
    }
}

async fn perform(inner: Arc<Inner>, due: Due) {
    let Ok(Some(next_hop)) = asked::parse(due.name.as_bytes()) else { return };
    match due.what {
        What::Policy => inner.keep_up(&next_hop.domain).await,
        What::Route => {
            let looked = inner.look_up_route(&next_hop).value().await;
            if let Some(looked) = looked {
                inner.check_coverage(&next_hop.domain, &looked);
            }
        }
    }
}

impl Inner {
    fn tell_of_shared(&self, now: Timestamp) {
        let alerts = &self.outside.alerts;
        match self.outside.shared.as_ref().map(SharedCache::state) {
            Some(State::Away(reason)) => alerts.raise(None, Alert::SharedAway { reason }, now),
            Some(State::Here) => alerts.clear(None, Kind::SharedAway, now),
            // Not known to be away: a start is no reason for an alert.
            Some(State::Connecting) | None => {}
        }
    }

    /// Looks at a domain with a policy again: its record, its policy if that is due, its hosts.
    async fn keep_up(self: &Arc<Self>, domain: &Domain) {
        let known = self.memory.read(domain.as_str(), |entry| entry.mode().is_some());
        if known != Some(true) {
            return;
        }
        let policy = self.look_anew(domain, Purpose::Upkeep).await;
        let Ok(Some(next_hop)) = asked::parse(domain.as_str().as_bytes()) else { return };
        let uses_dane = {
            let rules = self.rules.load();
            rules.uses_dane(rules.local(domain.as_str()))
        };
        let route = if uses_dane { self.look_up_route(&next_hop).value().await } else { None };
        policy.value().await;
        if let Some(route) = route {
            self.check_coverage(domain, &route);
        }
    }
}

/// How often the schedule is looked at.
const TICK: Duration = Duration::from_secs(1);
/// One shard is swept every so many ticks: all of memory in five minutes.
const TICKS_PER_SHARD: usize = 5;
/// By then every entry has been swept.
pub(super) const SWEPT: Duration = Duration::from_mins(6);
/// A clock that goes back by less is one that is kept right.
const SET_BACK: Duration = Duration::from_mins(1);
/// How often the store is tidied.
const TIDY: Duration = Duration::from_hours(1);
/// A policy stays in the store for so long after its end: the clock may have been wrong.
const LONG_EXPIRED: Duration = Duration::from_hours(30 * 24);
/// Pieces of background work of one kind at once: most wait for DNS.
const AT_ONCE: usize = 128;
/// Fetches among them.
pub(super) const FETCHES: usize = 64;
/// Pieces of background work that wait for their turn. Own limit.
const MOST_READY: usize = 10_000;
