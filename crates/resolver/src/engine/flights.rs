//! One piece of work for each name, however many wait for it, and to its end even if they leave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Work under way, by name.
#[derive(Debug)]
pub(super) struct Flights<V> {
    under_way: Mutex<HashMap<Box<str>, watch::Receiver<Option<V>>>>,
}

/// The end of a piece of work.
#[derive(Debug)]
pub(super) struct Landing<V>(watch::Receiver<Option<V>>);

/// Takes the work off the list when it ends, also by a panic.
#[derive(Debug)]
struct Listed<V: Clone> {
    flights: Arc<Flights<V>>,
    name: Box<str>,
}

impl<V: Clone + Send + Sync + 'static> Flights<V> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: Mutex::new(HashMap::new()) })
    }

    /// Joins the work on `name`, or begins it.
    pub(super) fn join<F>(self: &Arc<Self>, name: &str, begin: impl FnOnce() -> F) -> Landing<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut under_way = self.lock();
        if let Some(landing) = under_way.get(name) {
            return Landing(landing.clone());
        }
        let (sender, receiver) = watch::channel(None);
        let name: Box<str> = name.into();
        under_way.insert(name.clone(), receiver.clone());
        let listed = Listed { flights: Arc::clone(self), name };
        let work = begin();
        tokio::spawn(async move {
            let value = work.await;
            // Off the list first: who comes after the end begins anew.
            drop(listed);
            sender.send_replace(Some(value));
        });
        Landing(receiver)
    }

    /// The work on `name` that is under way.
    pub(super) fn under_way(&self, name: &str) -> Option<Landing<V>> {
        self.lock().get(name).cloned().map(Landing)
    }

    /// Pieces of work under way.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, watch::Receiver<Option<V>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Landing<V> {
    /// Waits for the result; `None` if the work was torn down without one.
    pub(super) async fn value(mut self) -> Option<V> {
        self.0.wait_for(Option::is_some).await.ok().and_then(|value| value.clone())
    }
}

impl<V: Clone> Drop for Listed<V> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn many_wait_for_one() {
        let flights = Flights::new();
        let (begun, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let join = || {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
            flights.join("a.test", move || async move {
                gate.notified().await;
                begun.fetch_add(1, Ordering::Relaxed) + 1
            })
        };
        let waiting: Vec<_> = (0..200).map(|_| join()).collect();
        assert!(flights.under_way("a.test").is_some());
        gate.notify_one();
        for landing in waiting {
            assert_eq!(landing.value().await, Some(1));
        }
        assert!(flights.under_way("a.test").is_none());
        gate.notify_one();
        assert_eq!(join().value().await, Some(2), "who comes later begins anew");
    }

    #[tokio::test]
    async fn work_goes_on_when_everybody_leaves() {
        let flights = Flights::new();
        let (done, told) = tokio::sync::oneshot::channel();
        drop(flights.join("a.test", move || async move {
            let _ = done.send(());
        }));
        assert_eq!(told.await, Ok(()));
    }

    #[tokio::test]
    async fn a_panic_leaves_nothing_behind() {
        let flights: Arc<Flights<()>> = Flights::new();
        let landing = flights.join("a.test", || async { panic!("planted") });
        assert_eq!(landing.value().await, None);
        assert!(flights.under_way("a.test").is_none());
    }
}
