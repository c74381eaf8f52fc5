//! Until when a sender may hold a policy (RFC 8461 §8.3).

use super::{Life, Version};
use crate::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// The moment after which no sender can still hold any version for which `which` says yes;
/// `None` while one of them is still served, or may still be served by a node that has not said
/// otherwise.
pub fn held_until(life: &Life, which: impl Fn(&Version) -> bool) -> Option<Timestamp> {
    let _ = (life, which);
    todo!("lifecycle")
}

/// What lies between our last octet and a sender's clock: a proxy that keeps the body for the
/// minute that we allow it (§8.2), a sender's minute for its fetch (§3.3), and a clock that runs a
/// little apart.
pub const MARGIN: Duration = Duration::from_mins(5);
