//! Until when a sender may hold a policy (RFC 8461 §8.3).
//!
//! A sender holds a version for `max_age` from the moment at which its fetch ended. What we know of
//! that moment:
//!
//! - Before a version is *replaced*, a node may serve it at any time: there is no date.
//! - From then on no node does, and the log of fetches is complete but for answers under way at
//!   that very moment. They are in the log within [`MARGIN`]; so no date is earlier than that, and
//!   whoever asks again then has the last word of the log.
//! - The log's last fetch is believed as it is, also where it is later than the replacement: that
//!   is how a node shows up that was given up for lost and served on. It is never taken to be
//!   earlier than the log says, and a version that the log has no fetch of is held by nobody.
//! - When a domain is gone, nothing of it is served: whatever was not replaced before is then.
//! - A sender may get the body later than we sent it: [`MARGIN`].
//! - Of a version that was published elsewhere too, our log knows only a part: it is taken to have
//!   been fetched until it was replaced here and every old address of its host was forgotten
//!   ([`ELSEWHERE`]).

use super::{Life, State, Version};
use crate::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// The moment from which no sender can still hold any version for which `which` says yes; `None`
/// while one of them is still served, or may still be served by a node that has not said otherwise.
/// Where there is nothing to hold, the beginning of time.
pub fn held_until(life: &Life, which: impl Fn(&Version) -> bool) -> Option<Timestamp> {
    let mut shown = life.versions.iter().filter(|version| version.shown.is_some());
    let ended = (life.state == State::Gone).then_some(life.since);
    // Of what was held before, nobody remembers what it said.
    let before = life.former.held_until.unwrap_or(BEGINNING);
    shown.try_fold(before, |latest, version| {
        if which(version) { Some(latest.max(free_from(version, ended)?)) } else { Some(latest) }
    })
}

/// From when nobody holds this version, of a domain that ended then.
fn free_from(version: &Version, ended: Option<Timestamp>) -> Option<Timestamp> {
    let replaced = version.replaced.or(ended)?;
    let settled = replaced.after(MARGIN);
    let last_fetch =
        if version.elsewhere { Some(replaced.after(ELSEWHERE)) } else { version.last_served };
    Some(last_fetch.map_or(settled, |last| {
        settled.max(last.after(version.policy.max_age.duration()).after(MARGIN))
    }))
}

/// The date of what holds since ever.
pub(super) const BEGINNING: Timestamp = Timestamp::from_millis(0);

/// What lies between our last octet and a sender's clock: a proxy that keeps the body for the
/// minute that we allow it (§8.2), a sender's minute for its fetch (§3.3), the seconds for which a
/// node keeps its log to itself, and clocks that run a little apart.
pub const MARGIN: Duration = Duration::from_mins(5);

/// For how long after a change in DNS a sender may still reach the host that served a policy before
/// us: as long as resolvers commonly keep any answer.
pub const ELSEWHERE: Duration = Duration::from_hours(24);
