//! Places: how many pieces of work wait for others at once.
//!
//! Nothing is cheaper to put up than a server that takes a question and never answers, and nothing
//! keeps a spammer from having mail sent to a thousand domains with one. They must not hold up
//! all others: work may take all its time only as long as nobody waits for its place. Otherwise,
//! once it has had its grace, it gives way, the oldest first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// Places.
#[derive(Debug)]
pub struct Places {
    free: Semaphore,
    /// What whoever holds one may take while others wait.
    grace: Option<Duration>,
    /// A token of each who waits and whom nobody has made room for yet; void once he has a place
    /// all the same, or has left.
    waiting: Mutex<VecDeque<Weak<Token>>>,
    arrived: Notify,
}

/// Somebody waits.
#[derive(Debug)]
struct Token;

/// Work that was ended for the sake of those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaveWay;

impl Places {
    /// So many of them. Nobody gives way before `grace` is over; nobody at all without one.
    pub fn new(number: usize, grace: Option<Duration>) -> Self {
        Self {
            free: Semaphore::new(number.clamp(1, Semaphore::MAX_PERMITS)),
            grace,
            waiting: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Does `work` in a place of its own, when there is one. Its memory is not taken before.
    pub async fn hold<T, F: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> F,
    ) -> Result<T, GaveWay> {
        let _place = self.take().await;
        let work = Box::pin(work());
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.asked_to_go(), if self.grace.is_some() => Err(GaveWay),
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
        sleep(self.grace.unwrap_or_default()).await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::future::pending;
    use std::sync::Arc;
    use tokio::time::{Instant, timeout};

    const GRACE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn nobody_gives_way_unless_somebody_waits() {
        let places = Places::new(2, Some(GRACE));
        let slow = || places.hold(|| sleep(Duration::from_mins(1)));
        let started = Instant::now();
        assert_eq!(tokio::join!(slow(), slow()), (Ok(()), Ok(())));
        assert_eq!(started.elapsed(), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_never_ends_gives_way_and_the_honest_get_through() {
        let places = Arc::new(Places::new(4, Some(GRACE)));
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
    async fn without_a_grace_everybody_stays() {
        let places = Places::new(1, None);
        let slow = || places.hold(|| sleep(Duration::from_mins(1)));
        assert_eq!(tokio::join!(slow(), slow()), (Ok(()), Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_takes_the_claim_along() {
        let places = Places::new(1, Some(GRACE));
        let first = places.hold(|| sleep(Duration::from_secs(20)));
        let second = timeout(Duration::from_secs(1), places.hold(pending::<()>));
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first, Ok(()), "nobody waits any more when its grace is over");
        assert!(second.is_err());
    }
}
