//! The worlds that are explored.

use super::event::Ask;
use super::property::Landmark;
use super::world::{Begin, World};
use ironpost_proto::lifecycle::{MARGIN, Way};
use ironpost_proto::mta_sts::policy::Mode;

const DAY: u64 = super::state::TICK.as_secs();

/// A domain that enforces and is withdrawn, for faults to show in.
pub(crate) const SMALL: World = World {
    name: "withdrawal, two nodes that fail",
    nodes: 2,
    mishaps: 1,
    way: Way::Cname,
    // So that a date is a second after a step of the clock, and a second makes a difference.
    policies: &[(Mode::Enforce, &[0], 2 * DAY - MARGIN.as_secs() + 1)],
    told: &["enforce for 2 days"],
    asks: &[Ask::Withdraw],
    versions: 2,
    begin: Begin::Published,
};

/// Publications in any order, over one another, each of which reaches two nodes late.
pub(crate) const PUBLICATION: World = World {
    name: "publications, rollback, withdrawal",
    nodes: 2,
    mishaps: 0,
    way: Way::Cname,
    policies: &[(Mode::Enforce, &[0], 2 * DAY), (Mode::Testing, &[0], DAY)],
    told: &["enforce for 2 days", "testing for a day"],
    asks: &[Ask::Publish(1), Ask::Rollback(0), Ask::Withdraw],
    versions: 3,
    begin: Begin::Published,
};

/// The same for longer, with one node.
pub(crate) const LONG: World =
    World { name: "more publications, one node", nodes: 1, versions: 4, ..PUBLICATION };

/// Three nodes, two of which may fail.
pub(crate) const NODES: World =
    World { name: "withdrawal, three nodes that fail", nodes: 3, mishaps: 2, ..SMALL };

/// Publications while a node fails.
pub(crate) const UNRULY: World = World {
    name: "publications, two nodes that fail",
    nodes: 2,
    mishaps: 1,
    policies: &[(Mode::Enforce, &[0], DAY)],
    told: &["enforce for a day"],
    asks: &[Ask::Rollback(0), Ask::Withdraw],
    ..PUBLICATION
};

/// From nothing to enforcement.
pub(crate) const FIRST: World = World {
    name: "from nothing to enforcement and back",
    nodes: 2,
    mishaps: 0,
    way: Way::Cname,
    policies: &[(Mode::Testing, &[0], DAY), (Mode::Enforce, &[0], 2 * DAY)],
    told: &["testing for a day", "enforce for 2 days"],
    asks: &[Ask::Publish(0), Ask::Publish(1), Ask::Withdraw],
    versions: 3,
    begin: Begin::Empty,
};

/// A change of MX hosts, with whatever is permitted meanwhile.
pub(crate) const MIGRATION: World = World {
    name: "a change of MX hosts",
    nodes: 1,
    mishaps: 0,
    way: Way::Cname,
    policies: &[(Mode::Enforce, &[0], 2 * DAY), (Mode::Testing, &[0, 1], DAY)],
    told: &["enforce for the old host, 2 days", "testing for both hosts, a day"],
    asks: &[
        Ask::Migrate,
        Ask::Narrow,
        Ask::BreakOff,
        Ask::Publish(1),
        Ask::Rollback(0),
        Ask::Withdraw,
    ],
    versions: 4,
    begin: Begin::Published,
};

/// The same with nodes that fail, and less to ask for.
pub(crate) const MIGRATION_NODES: World = World {
    name: "a change of MX hosts, two nodes that fail",
    nodes: 2,
    mishaps: 1,
    way: Way::Cname,
    policies: &[(Mode::Enforce, &[0], 2 * DAY)],
    told: &["enforce for the old host, 2 days"],
    asks: &[Ask::Migrate, Ask::Narrow],
    versions: 3,
    begin: Begin::Published,
};

/// MX hosts that the administrator changes by publications alone.
pub(crate) const BY_HAND: World = World {
    name: "MX hosts changed by publications alone",
    nodes: 1,
    mishaps: 0,
    way: Way::Cname,
    policies: &[
        (Mode::Enforce, &[0], 2 * DAY),
        (Mode::Enforce, &[0, 1], DAY),
        (Mode::Enforce, &[1], DAY),
    ],
    told: &[
        "enforce for the old host, 2 days",
        "enforce for both, a day",
        "enforce for the new host",
    ],
    asks: &[Ask::Publish(1), Ask::Publish(2), Ask::Rollback(0)],
    versions: 4,
    begin: Begin::Published,
};

/// A record that the administrator pastes.
pub(crate) const PASTED: World = World {
    name: "a record that is pasted",
    nodes: 2,
    mishaps: 0,
    way: Way::Pasted,
    policies: &[(Mode::Enforce, &[0], 2 * DAY), (Mode::Enforce, &[0], DAY)],
    told: &["enforce for 2 days", "enforce for a day"],
    asks: &[Ask::Publish(1), Ask::Rollback(0), Ask::Withdraw],
    versions: 3,
    begin: Begin::Published,
};

/// A policy that is taken over from elsewhere.
pub(crate) const TAKEOVER: World = World {
    name: "a policy taken over from elsewhere",
    nodes: 2,
    mishaps: 0,
    way: Way::Cname,
    policies: &[(Mode::Enforce, &[0], 2 * DAY), (Mode::Enforce, &[0], DAY)],
    told: &["enforce for 2 days", "enforce for a day"],
    asks: &[Ask::Publish(1), Ask::Withdraw],
    versions: 3,
    begin: Begin::Elsewhere,
};

/// Every world, with what must be met in it; those that take longest come last.
pub(crate) const ALL: [(&World, &[Landmark]); 11] = {
    use Landmark as L;
    [
        (&SMALL, &[L::Gone, L::EnforcedWhileWithdrawing, L::OldId, L::OldBody, L::Waiting]),
        (&FIRST, &[L::Gone, L::EnforcedWhileWithdrawing]),
        (&BY_HAND, &[L::OldMx, L::Narrowed]),
        (&PUBLICATION, &[L::Gone, L::CameBack, L::Superseded, L::SlowAnswer]),
        (&PASTED, &[L::Gone, L::EnforcedWhileWithdrawing, L::CameBack]),
        (&TAKEOVER, &[L::Gone, L::ServedTwice, L::EnforcedWhileWithdrawing]),
        (&NODES, &[L::Gone, L::OldId, L::OldBody, L::Waiting, L::SlowAnswer]),
        (&MIGRATION_NODES, &[L::OldMx, L::NarrowWhileWide, L::Narrowed, L::Waiting]),
        (&UNRULY, &[L::Gone, L::CameBack, L::OldBody, L::Waiting, L::Superseded]),
        (&LONG, &[L::Gone, L::EnforcedWhileWithdrawing, L::CameBack, L::SlowAnswer]),
        (&MIGRATION, &[L::OldMx, L::NarrowWhileWide, L::Narrowed, L::Gone]),
    ]
};
