//! A bounded cache in which the same question is asked once at a time.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Values by key, each for its own time, the oldest making room for the newest.
#[derive(Debug)]
pub(super) struct Cache<K, V: Clone> {
    entries: Arc<Mutex<Entries<K, V>>>,
}

/// A value just made.
#[derive(Debug)]
pub(super) struct Fresh<V> {
    /// The value.
    pub(super) value: V,
    /// How long it may be given again.
    pub(super) keep: Duration,
}

#[derive(Debug)]
struct Entries<K, V: Clone> {
    kept: HashMap<K, Kept<V>>,
    /// Keys in the order in which they were kept, with the number of their keeping.
    order: VecDeque<(K, u64)>,
    /// What is being made; whoever waits for it drives it.
    flights: HashMap<K, (u64, WeakShared<BoxFuture<'static, V>>)>,
    capacity: usize,
    counter: u64,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    until: Instant,
    number: u64,
}

/// Takes a flight off the list when it ends, or when the last who waited for it has left.
#[derive(Debug)]
struct Landing<K: Hash + Eq + Clone, V: Clone> {
    entries: Arc<Mutex<Entries<K, V>>>,
    key: K,
    number: u64,
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache for at most `capacity` values.
    pub(super) fn new(capacity: usize) -> Self {
        let entries = Entries {
            kept: HashMap::new(),
            order: VecDeque::new(),
            flights: HashMap::new(),
            capacity,
            counter: 0,
        };
        Self { entries: Arc::new(Mutex::new(entries)) }
    }

    /// The value for `key`: a kept one, or the one that `make` makes. Callers who come while it
    /// is being made wait for the same one.
    pub(super) async fn get_or<F>(&self, key: K, make: impl FnOnce() -> F) -> V
    where
        F: Future<Output = Fresh<V>> + Send + 'static,
    {
        let flight = {
            let mut entries = lock(&self.entries);
            if let Some(value) = entries.kept(&key, Instant::now()) {
                return value;
            }
            match entries.flights.get(&key).and_then(|(_, flight)| flight.upgrade()) {
                Some(flight) => flight,
                None => self.take_off(&mut entries, key, make()),
            }
        };
        flight.await
    }

    fn take_off(
        &self,
        entries: &mut Entries<K, V>,
        key: K,
        make: impl Future<Output = Fresh<V>> + Send + 'static,
    ) -> Shared<BoxFuture<'static, V>> {
        let number = entries.number();
        let landing = Landing { entries: Arc::clone(&self.entries), key: key.clone(), number };
        let flight = async move {
            let fresh = make.await;
            landing.keep(&fresh);
            fresh.value
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            entries.flights.insert(key, (number, weak));
        }
        flight
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Entries<K, V> {
    fn kept(&self, key: &K, now: Instant) -> Option<V> {
        let kept = self.kept.get(key)?;
        (now < kept.until).then(|| kept.value.clone())
    }

    fn keep(&mut self, key: K, value: V, until: Instant) {
        let number = self.number();
        self.order.push_back((key.clone(), number));
        self.kept.insert(key, Kept { value, until, number });
        // A key kept again stands in the order twice; the older place is void.
        while self.kept.len() > self.capacity || self.order.len() > 2 * self.capacity {
            let Some((key, number)) = self.order.pop_front() else {
                break;
            };
            if self.kept.get(&key).is_some_and(|kept| kept.number == number) {
                self.kept.remove(&key);
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Landing<K, V> {
    fn keep(&self, fresh: &Fresh<V>) {
        if !fresh.keep.is_zero() {
            let until = Instant::now() + fresh.keep;
            lock(&self.entries).keep(self.key.clone(), fresh.value.clone(), until);
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut entries = lock(&self.entries);
        if entries.flights.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            entries.flights.remove(&self.key);
        }
    }
}

/// Every change leaves the entries whole, so a panic elsewhere does not spoil them.
fn lock<K, V: Clone>(entries: &Mutex<Entries<K, V>>) -> MutexGuard<'_, Entries<K, V>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    const HOUR: Duration = Duration::from_hours(1);

    async fn given(cache: &Cache<u32, u32>, key: u32, value: u32, keep: Duration) -> u32 {
        cache.get_or(key, || async move { Fresh { value, keep } }).await
    }

    #[tokio::test(start_paused = true)]
    async fn values_are_kept_for_their_time() {
        let cache = Cache::new(8);
        assert_eq!(given(&cache, 1, 10, Duration::from_secs(5)).await, 10);
        assert_eq!(given(&cache, 1, 11, HOUR).await, 10, "still kept");
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(given(&cache, 1, 12, Duration::ZERO).await, 12, "expired");
        assert_eq!(given(&cache, 1, 13, HOUR).await, 13, "a time of zero keeps nothing");
    }

    #[tokio::test]
    async fn the_oldest_make_room() {
        let cache = Cache::new(2);
        for key in 1..=3 {
            given(&cache, key, key, HOUR).await;
        }
        assert_eq!(given(&cache, 3, 30, HOUR).await, 3);
        assert_eq!(given(&cache, 2, 20, HOUR).await, 2);
        assert_eq!(given(&cache, 1, 10, Duration::ZERO).await, 10, "made room");
        assert!(lock(&cache.entries).order.len() <= 4);
    }

    #[tokio::test]
    async fn one_flight_serves_all_who_wait() {
        let cache = Arc::new(Cache::new(8));
        let count = Arc::new(AtomicUsize::new(0));
        let (go, gate) = oneshot::channel::<()>();
        let first = {
            let (cache, count) = (Arc::clone(&cache), Arc::clone(&count));
            async move {
                let make = || async move {
                    count.fetch_add(1, Ordering::SeqCst);
                    gate.await.unwrap();
                    Fresh { value: 7, keep: Duration::ZERO }
                };
                cache.get_or(1, make).await
            }
        };
        let second = given(&cache, 1, 8, Duration::ZERO);
        let start = async { go.send(()).unwrap() };
        let (first, second, ()) = tokio::join!(first, second, start);
        assert_eq!((first, second), (7, 7));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(lock(&cache.entries).flights.is_empty());
    }

    #[tokio::test]
    async fn an_abandoned_flight_leaves_nothing_behind() {
        let cache: Cache<u32, u32> = Cache::new(8);
        let never = cache.get_or(1, std::future::pending::<Fresh<u32>>);
        assert!(never.now_or_never().is_none());
        assert!(lock(&cache.entries).flights.is_empty());
        assert_eq!(given(&cache, 1, 2, HOUR).await, 2);
    }
}
