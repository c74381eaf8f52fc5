//! What is known of policy domains, in memory: a million of them in little room.

mod entry;

pub(super) use entry::{Entry, Held};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Place;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::Mode;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

/// Entries by policy domain.
#[derive(Debug)]
pub(super) struct Memory {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
    counts: Counts,
}

/// Boxed, so that a table with room to grow is small: eight octets a place.
type Shard = HashTable<Box<Entry>>;

/// Entries by kind.
#[derive(Debug, Default)]
struct Counts {
    enforce: AtomicU64,
    testing: AtomicU64,
    none: AtomicU64,
    without_policy: AtomicU64,
}

/// Entries by kind, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    pub(super) enforce: u64,
    pub(super) testing: u64,
    pub(super) none: u64,
    pub(super) without_policy: u64,
}

/// What to do with an entry after a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Keep,
    Drop,
}

impl Memory {
    pub(super) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(Shard::new())).collect();
        Self { shards, hasher: RandomState::new(), counts: Counts::default() }
    }

    /// Reads the entry of a domain, if there is one.
    pub(super) fn read<R>(&self, domain: &str, look: impl FnOnce(&Entry) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(domain);
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.find(hash, |entry| entry.domain() == domain).map(|entry| look(entry))
    }

    /// Changes the entry of a domain, a new one if need be.
    pub(super) fn update<R>(&self, domain: &Domain, change: impl FnOnce(&mut Entry) -> R) -> R {
        let hash = self.hasher.hash_one(domain.as_str());
        let mut shard = self.write(hash);
        let place = shard.entry(
            hash,
            |entry| entry.domain() == domain.as_str(),
            |entry| self.hasher.hash_one(entry.domain()),
        );
        let mut occupied = match place {
            Place::Occupied(occupied) => occupied,
            Place::Vacant(vacant) => {
                self.counts.of(None).fetch_add(1, Ordering::Relaxed);
                vacant.insert(Box::new(Entry::new(domain)))
            }
        };
        let entry = occupied.get_mut();
        let before = entry.mode();
        let result = change(entry);
        self.counts.moved(before, entry.mode());
        result
    }

    /// Forgets a domain; true if it was known.
    pub(super) fn forget(&self, domain: &str) -> bool {
        let hash = self.hasher.hash_one(domain);
        let mut shard = self.write(hash);
        let Ok(found) = shard.find_entry(hash, |entry| entry.domain() == domain) else {
            return false;
        };
        let (entry, _) = found.remove();
        self.counts.of(entry.mode()).fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// Looks at every entry of one shard.
    pub(super) fn sweep(&self, shard: usize, mut look: impl FnMut(&mut Entry) -> Then) {
        let Some(shard) = self.shards.get(shard % SHARDS) else { return };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        shard.retain(|entry| {
            let before = entry.mode();
            let then = look(entry);
            self.counts.moved(before, entry.mode());
            if then == Then::Drop {
                self.counts.of(entry.mode()).fetch_sub(1, Ordering::Relaxed);
            }
            then == Then::Keep
        });
    }

    /// Up to `limit` entries with a policy after that of `after`, in an order that holds as long
    /// as the process: by shard, and by name within it.
    pub(super) fn page<R>(
        &self,
        after: Option<&str>,
        limit: usize,
        look: impl Fn(&Entry) -> R,
    ) -> Vec<R> {
        let first = after.map_or(0, |domain| index(self.hasher.hash_one(domain)));
        let mut page = Vec::new();
        for (number, shard) in self.shards.iter().enumerate().skip(first) {
            if page.len() >= limit {
                break;
            }
            let after = after.filter(|_| number == first).unwrap_or_default();
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let mut entries: Vec<_> = shard
                .iter()
                .filter(|entry| entry.domain() > after && entry.mode().is_some())
                .collect();
            entries.sort_unstable_by_key(|entry| entry.domain());
            page.extend(entries.into_iter().take(limit - page.len()).map(|entry| look(entry)));
        }
        page
    }

    /// Entries by kind.
    pub(super) fn sizes(&self) -> Sizes {
        let count = |mode| self.counts.of(mode).load(Ordering::Relaxed);
        Sizes {
            enforce: count(Some(Mode::Enforce)),
            testing: count(Some(Mode::Testing)),
            none: count(Some(Mode::None)),
            without_policy: count(None),
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of shards")]
        &self.shards[index(hash)]
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Shard> {
        self.shard(hash).write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn of(&self, mode: Option<Mode>) -> &AtomicU64 {
        match mode {
            Some(Mode::Enforce) => &self.enforce,
            Some(Mode::Testing) => &self.testing,
            Some(Mode::None) => &self.none,
            None => &self.without_policy,
        }
    }

    fn moved(&self, before: Option<Mode>, after: Option<Mode>) {
        if before != after {
            self.of(before).fetch_sub(1, Ordering::Relaxed);
            self.of(after).fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The shard of a hash: its high bits, for the table in there goes by the low ones.
fn index(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() % SHARDS
}

/// Locks, so that one writer does not hold up all readers, and sweeping one holds up few.
pub(super) const SHARDS: usize = 64;
