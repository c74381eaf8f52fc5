//! What DANE says of next-hops, in memory.

use ironpost_proto::dane::LookupFault;
use ironpost_proto::delivery::Dane;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Mode;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// What DANE says, by next-hop in canonical form.
#[derive(Debug)]
pub(super) struct Routes {
    shards: Vec<RwLock<HashMap<Box<str>, Route>>>,
    hasher: RandomState,
}

/// One next-hop.
#[derive(Debug)]
struct Route {
    dane: Dane,
    fresh_until: Timestamp,
    /// Somebody has been told that this is stale.
    told: AtomicBool,
}

/// What is known of a next-hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// What DANE says.
    pub(super) dane: Dane,
    /// How long DNS lets it be kept.
    pub(super) fresh_until: Timestamp,
}

/// An answer for an MTA that is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usable {
    /// What DANE says.
    pub(super) dane: Dane,
    /// DNS no longer vouches for it.
    pub(super) stale: bool,
    /// True for the first who asks after it has gone stale: it is to be looked up again.
    pub(super) renew: bool,
}

impl Usable {
    /// True if the answer may rest on it where `mode` is that of the policy that holds. That DANE
    /// did not apply is stale knowledge that protects nobody: without an enforced policy it takes
    /// DNS to say so again (RFC 7672 §2.2).
    pub(super) fn suffices(self, mode: Option<Mode>) -> bool {
        !self.stale || self.dane != Dane::Absent || mode == Some(Mode::Enforce)
    }
}

impl Routes {
    pub(super) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(HashMap::new())).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// What may be answered at once: what is fresh, and for a day what no longer is.
    pub(super) fn usable(&self, next_hop: &str, now: Timestamp) -> Option<Usable> {
        let shard = self.read(next_hop);
        let route = shard.get(next_hop)?;
        if now < route.fresh_until {
            return Some(Usable { dane: route.dane, stale: false, renew: false });
        }
        // A fault is no knowledge: it is not given out longer than it must be.
        if matches!(route.dane, Dane::Indeterminate(_)) || now >= route.fresh_until.after(STALE) {
            return None;
        }
        let renew =
            !route.told.load(Ordering::Relaxed) && !route.told.swap(true, Ordering::Relaxed);
        Some(Usable { dane: route.dane, stale: true, renew })
    }

    /// What is known, however old.
    pub(super) fn known(&self, next_hop: &str) -> Option<Known> {
        let shard = self.read(next_hop);
        shard.get(next_hop).map(|route| Known { dane: route.dane, fresh_until: route.fresh_until })
    }

    /// Keeps what was learnt.
    pub(super) fn keep(&self, next_hop: &str, known: Known) {
        let route = Route {
            dane: known.dane,
            fresh_until: known.fresh_until,
            told: AtomicBool::new(false),
        };
        let mut shard = self.write(next_hop);
        if shard.len() >= PER_SHARD && !shard.contains_key(next_hop) {
            make_room(&mut shard);
        }
        shard.insert(next_hop.into(), route);
    }

    /// Forgets a next-hop.
    pub(super) fn forget(&self, next_hop: &str) -> bool {
        self.write(next_hop).remove(next_hop).is_some()
    }

    /// Forgets what has been stale for more than a day, in one of the shards; and what a clock
    /// that was set back has left in the far future.
    pub(super) fn sweep(&self, shard: usize, now: Timestamp) {
        let Some(shard) = self.shards.get(shard % SHARDS) else { return };
        shard.write().unwrap_or_else(PoisonError::into_inner).retain(|_, route| {
            now < route.fresh_until.after(STALE) && route.fresh_until <= now.after(STALE)
        });
    }

    /// Next-hops known.
    pub(super) fn len(&self) -> usize {
        let lock = |shard: &RwLock<HashMap<_, _>>| {
            shard.read().unwrap_or_else(PoisonError::into_inner).len()
        };
        self.shards.iter().map(lock).sum()
    }

    fn read(&self, next_hop: &str) -> RwLockReadGuard<'_, HashMap<Box<str>, Route>> {
        self.shard(next_hop).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, next_hop: &str) -> RwLockWriteGuard<'_, HashMap<Box<str>, Route>> {
        self.shard(next_hop).write().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::indexing_slicing, reason = "the remainder is below the number of shards")]
    fn shard(&self, next_hop: &str) -> &RwLock<HashMap<Box<str>, Route>> {
        let hash = self.hasher.hash_one(next_hop);
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or_default()]
    }
}

/// Half of the shard goes, that which goes stale first.
fn make_room(shard: &mut HashMap<Box<str>, Route>) {
    let mut moments: Vec<_> = shard.values().map(|route| route.fresh_until).collect();
    let middle = moments.len() / 2;
    let (_, median, _) = moments.select_nth_unstable(middle);
    let median = *median;
    shard.retain(|_, route| route.fresh_until > median);
}

/// What DANE says as one octet, for the store.
pub(super) fn encode(dane: Dane) -> u8 {
    match dane {
        Dane::Absent => 0,
        Dane::Every => 1,
        Dane::Some => 2,
        Dane::Unusable => 3,
        Dane::Indeterminate(LookupFault::Bogus) => 4,
        Dane::Indeterminate(LookupFault::Indeterminate) => 5,
        Dane::Indeterminate(LookupFault::Failed) => 6,
    }
}

/// What an octet in the store says.
pub(super) fn decode(octet: u8) -> Option<Dane> {
    Some(match octet {
        0 => Dane::Absent,
        1 => Dane::Every,
        2 => Dane::Some,
        3 => Dane::Unusable,
        4 => Dane::Indeterminate(LookupFault::Bogus),
        5 => Dane::Indeterminate(LookupFault::Indeterminate),
        6 => Dane::Indeterminate(LookupFault::Failed),
        _ => return None,
    })
}

/// How long what DNS no longer vouches for is given out while it is looked up again (compare
/// RFC 8767 §4). The MTA looks TLSA records up by itself; what may be stale here is whether there
/// are any. Own limit.
pub(super) const STALE: Duration = Duration::from_hours(24);
/// Locks, so that one writer does not hold up all readers.
const SHARDS: usize = 32;
/// Next-hops in one shard; in all half a million. Own limit.
const PER_SHARD: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Dane = Dane::Indeterminate(LookupFault::Failed);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    #[test]
    fn what_is_stale_is_given_out_and_renewed_once() {
        let routes = Routes::new();
        let day = STALE.as_secs();
        routes.keep("a.test", Known { dane: Dane::Every, fresh_until: at(60) });
        let usable = |now| routes.usable("a.test", at(now));
        let every = |stale, renew| Some(Usable { dane: Dane::Every, stale, renew });
        assert_eq!(usable(59), every(false, false), "fresh");
        assert_eq!(usable(60), every(true, true), "the first to find it stale");
        assert_eq!(usable(60), every(true, false), "the second");
        assert_eq!(usable(60 + day), None, "too old");
        assert_eq!(routes.known("a.test").map(|known| known.dane), Some(Dane::Every));
        routes.keep("a.test", Known { dane: FAULT, fresh_until: at(60) });
        assert_eq!(usable(59).map(|usable| usable.dane), Some(FAULT));
        assert_eq!(usable(60), None, "a fault is never stale knowledge");
        assert_eq!(routes.usable("b.test", at(0)), None);
    }

    #[test]
    fn sweeping_leaves_what_is_of_use() {
        let routes = Routes::new();
        let day = STALE.as_secs();
        routes.keep("old.test", Known { dane: Dane::Absent, fresh_until: at(1) });
        routes.keep("new.test", Known { dane: Dane::Absent, fresh_until: at(day) });
        routes.keep("far.test", Known { dane: Dane::Absent, fresh_until: at(9 * day) });
        (0..SHARDS).for_each(|shard| routes.sweep(shard, at(day + 1)));
        assert_eq!((routes.len(), routes.known("new.test").is_some()), (1, true));
    }

    #[test]
    fn room_is_made_by_the_oldest() {
        let mut shard: HashMap<Box<str>, Route> = (0..100)
            .map(|n| {
                let route =
                    Route { dane: Dane::Absent, fresh_until: at(n), told: AtomicBool::new(false) };
                (format!("d{n}.test").into(), route)
            })
            .collect();
        make_room(&mut shard);
        assert_eq!(shard.len(), 49);
        assert!(shard.contains_key("d99.test") && !shard.contains_key("d0.test"));
    }

    #[test]
    fn every_word_of_dane_is_read_back() {
        let mut known = 0;
        for octet in 0..=u8::MAX {
            if let Some(dane) = decode(octet) {
                assert_eq!(encode(dane), octet);
                known += 1;
            }
        }
        assert_eq!(known, 7);
    }
}
