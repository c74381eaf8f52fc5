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
    /// For entries without a policy.
    room: u64,
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
        Self::with_room(WITHOUT_POLICY)
    }

    /// For at most so many entries without a policy, or one in each shard.
    fn with_room(room: u64) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(Shard::new())).collect();
        Self { shards, hasher: RandomState::new(), counts: Counts::default(), room }
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
        if self.counts.of(None).load(Ordering::Relaxed) >= self.room
            && shard.find(hash, |entry| entry.domain() == domain.as_str()).is_none()
        {
            self.make_room(&mut shard);
        }
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

    /// Half of what is known of domains without a policy goes, that which is due first: whoever
    /// makes us look up names without end fills no memory, and policies stay.
    fn make_room(&self, shard: &mut Shard) {
        let without = |entry: &Entry| entry.mode().is_none();
        let due = |entry: &Entry| without(entry).then_some(entry.recheck_at);
        let mut moments: Vec<_> = shard.iter().filter_map(|entry| due(entry)).collect();
        let middle = moments.len() / 2;
        if middle >= moments.len() {
            return;
        }
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        let before = shard.len();
        shard.retain(|entry| !without(entry) || entry.recheck_at > median);
        let gone = before - shard.len();
        self.counts.of(None).fetch_sub(gone as u64, Ordering::Relaxed);
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

/// Entries without a policy, some 100 MB. Own limit.
const WITHOUT_POLICY: u64 = 500_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::memory::Held;
    use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
    use ironpost_proto::mta_sts::policy;

    #[test]
    fn names_without_end_take_no_room_from_policies() {
        let memory = Memory::with_room(1_000);
        let named = |name: &str| format!("{name}.test").parse::<Domain>().unwrap();
        let body = b"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n";
        let cached = CachedPolicy {
            policy: policy::parse(body).verdict.unwrap(),
            id: "1".parse().unwrap(),
            fetched_at: Timestamp::from_millis(1),
        };
        for number in 0..100 {
            let held = Some(Held::new(&cached));
            memory.update(&named(&format!("policy{number}")), |entry| entry.hold(held));
        }
        for number in 0..20_000_u64 {
            memory.update(&named(&format!("none{number}")), |entry| {
                entry.looked_at(Timestamp::from_millis(number));
            });
        }
        let sizes = memory.sizes();
        assert_eq!(sizes.enforce, 100);
        assert!((1..=1_000).contains(&sizes.without_policy), "{sizes:?}");
        let last = memory.read("none19999.test", |entry| entry.recheck_at);
        assert_eq!(last, Some(Timestamp::from_millis(19_999)), "what was learnt last is there");
        assert_eq!(memory.page(None, 1_000, |_| ()).len(), 100);
    }
}
