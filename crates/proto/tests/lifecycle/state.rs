//! The state of a world. All times in it are ages in ticks, so that two histories that leave the
//! same memories at the same distance are one state, and the states are finitely many.

use std::time::Duration;

/// The step of the clock: a day, as much as a withdrawal's `max_age`, the least time of testing, and
/// what old addresses live. What has a margin of minutes is over with the next step.
pub(crate) const TICK: Duration = Duration::from_hours(24);

/// Most nodes.
pub(crate) const NODES: usize = 3;

/// Most versions.
pub(crate) const VERSIONS: usize = 5;

/// Where all parties stand. Versions are counted from 0 here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// What the installation remembers, by its place among all lives that were met.
    pub(crate) life: u32,
    /// Sorted, since it does not matter which is which.
    pub(crate) nodes: [Node; NODES],
    /// The sender's policy.
    pub(crate) cached: Option<Cached>,
    /// A fetch of the sender that was answered, and whose answer is on its way.
    pub(crate) flight: Option<Flight>,
    /// The MX records.
    pub(crate) mx: Mx,
    /// Where the domain's names lead.
    pub(crate) names: Names,
    /// How often a node may still be cut off or killed.
    pub(crate) mishaps: u8,
    /// The administrator has asked for testing or for withdrawal.
    pub(crate) weakened: bool,
}

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    pub(crate) health: Health,
    /// The version whose body it serves.
    pub(crate) body: Option<u8>,
    /// The version whose id its name server gives.
    pub(crate) id: Option<u8>,
    /// What it would start with without a database.
    pub(crate) kept: (Option<u8>, Option<u8>),
    /// The age of the last fetch of its body that it has not written into the log.
    pub(crate) unlogged: Option<u8>,
}

/// How a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Health {
    /// It serves, and the database hears of it.
    Live,
    /// It serves, and the database has not heard of it for long.
    Cut,
    /// The same, and it was killed before: it has lost what it had not written.
    Restarted,
    /// It serves nothing, and may come back.
    Dead,
    /// It is not there, and will not come back.
    Absent,
}

impl Node {
    /// No node.
    pub(crate) const ABSENT: Self =
        Self { health: Health::Absent, body: None, id: None, kept: (None, None), unlogged: None };

    /// True if senders get answers from it.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.health, Health::Live | Health::Cut | Health::Restarted)
    }
}

/// A cached policy: which version, under which id, fetched how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cached {
    pub(crate) version: u8,
    pub(crate) id: u8,
    pub(crate) age: u8,
    /// It came from a live node.
    pub(crate) fresh: bool,
}

/// An answer on its way. What the sender holds meanwhile is none of its business, and a sender to
/// which no answer is on its way is explored with the same: so it holds nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Flight {
    pub(crate) version: u8,
    pub(crate) id: u8,
    pub(crate) age: u8,
    pub(crate) fresh: bool,
    /// The sender held a policy in mode enforce when it asked.
    pub(crate) enforced: bool,
}

/// The MX records: one of two hosts, and for so many ticks the other may be in caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mx {
    pub(crate) host: u8,
    pub(crate) other_for: u8,
}

/// Where the domain's names lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Names {
    /// The policy host leads to us.
    pub(crate) host: bool,
    /// For so many ticks its old address may be in caches.
    pub(crate) elsewhere_for: u8,
    /// The id in the domain's own DNS; `None` if the record leads to us.
    pub(crate) record: Option<u8>,
}
