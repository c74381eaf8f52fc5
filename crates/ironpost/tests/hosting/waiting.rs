//! Waiting for what comes by itself.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// Looks until what it sees will do, and gives it back.
pub(crate) fn wait_until<T: Debug>(
    what: &str,
    mut look: impl FnMut() -> T,
    will_do: impl Fn(&T) -> bool,
) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if will_do(&seen) {
            return seen;
        }
        assert!(Instant::now() < end, "waited in vain for {what}; the last was {seen:#?}");
        thread::yield_now();
    }
}

/// Longer than anything here takes; who waits this long waits for ever.
const PATIENCE: Duration = Duration::from_mins(1);
