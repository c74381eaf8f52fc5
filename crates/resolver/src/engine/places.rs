//! Places for fetches: how many policy hosts are asked at once.
//!
//! Nothing is cheaper to put up than a policy host that takes connections and never answers, and
//! nothing keeps a spammer from having mail sent to a thousand domains with one. They must not hold
//! up mail to all others: a fetch may take its whole budget only as long as nobody waits for its
//! place. Otherwise, once it has had [`GRACE`], it gives way, the oldest first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// Places for fetches.
#[derive(Debug)]
pub(super) struct Places {
    free: Semaphore,
    /// A token of each who waits and whom nobody has made room for yet; void once he has a place
    /// all the same, or has left.
    waiting: Mutex<VecDeque<Weak<Token>>>,
    arrived: Notify,
}

/// Somebody waits.
#[derive(Debug)]
struct Token;

/// A fetch that was ended for the sake of those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GaveWay;

impl Places {
    /// So many of them.
    pub(super) fn new(number: usize) -> Self {
        Self {
            free: Semaphore::new(number.clamp(1, Semaphore::MAX_PERMITS)),
            waiting: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Does `work` in a place of its own, when there is one. Its memory is not taken before.
    pub(super) async fn hold<T, F: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> F,
    ) -> Result<T, GaveWay> {
        let _place = self.take().await;
        let work = Box::pin(work());
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.asked_to_go() => Err(GaveWay),
        }
    }

    /// The semaphore is never closed.
    async fn take(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.free.try_acquire() {
            return Some(place);
        }
        let token = Arc::new(Token);
        {
            let mut waiting = self.lock();
            // Places go to whoever came first, so what is void is in front.
            while waiting.front().is_some_and(|first| first.strong_count() == 0) {
                waiting.pop_front();
            }
            waiting.push_back(Arc::downgrade(&token));
        }
        self.arrived.notify_one();
        self.free.acquire().await.ok()
    }

    /// Returns when whoever holds a place has had its time, and somebody waits for it.
    async fn asked_to_go(&self) {
        sleep(GRACE).await;
        while !self.make_room() {
            self.arrived.notified().await;
        }
    }

    /// Takes the token of one who waits; false if nobody does.
    fn make_room(&self) -> bool {
        let mut waiting = self.lock();
        while let Some(token) = waiting.pop_front() {
            if token.strong_count() > 0 {
                if !waiting.is_empty() {
                    // Several may have come while nobody listened.
                    self.arrived.notify_one();
                }
                return true;
            }
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Weak<Token>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a policy host may take while others wait. Own limit: the few that need longer are fetched
/// from when there is less to do.
const GRACE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::future::pending;
    use std::sync::Arc;
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn nobody_gives_way_unless_somebody_waits() {
        let places = Places::new(2);
        let slow = || places.hold(|| sleep(Duration::from_mins(1)));
        let started = Instant::now();
        assert_eq!(tokio::join!(slow(), slow()), (Ok(()), Ok(())));
        assert_eq!(started.elapsed(), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_never_ends_gives_way_and_the_honest_get_through() {
        let places = Arc::new(Places::new(4));
        let hostile: Vec<_> = (0..40)
            .map(|_| {
                let places = Arc::clone(&places);
                tokio::spawn(async move { places.hold(pending::<()>).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let started = Instant::now();
        let honest = (0..3).map(|_| places.hold(|| sleep(Duration::from_millis(100))));
        assert_eq!(join_all(honest).await, [Ok(()); 3]);
        // 40 before them, 4 at a time.
        assert!(
            started.elapsed() <= 10 * GRACE + Duration::from_secs(1),
            "{:?}",
            started.elapsed()
        );
        let gone = hostile.iter().filter(|hostile| hostile.is_finished()).count();
        assert!((36..=39).contains(&gone), "one place for each who waited, not more: {gone}");
        hostile.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_takes_the_claim_along() {
        let places = Places::new(1);
        let first = places.hold(|| sleep(Duration::from_secs(20)));
        let second = timeout(Duration::from_secs(1), places.hold(pending::<()>));
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first, Ok(()), "nobody waits any more when its grace is over");
        assert!(second.is_err());
    }
}
