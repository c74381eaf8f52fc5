//! The time of day. Programs bring the system's clock, tests one that they move.

use ironpost_proto::mta_sts::discovery::Timestamp;
use std::fmt::Debug;

/// What time it is.
pub trait Clock: Debug + Send + Sync {
    /// Now. May jump either way: clocks are set.
    fn now(&self) -> Timestamp;
}
