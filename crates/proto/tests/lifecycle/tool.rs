//! The installation: what it does by the functions under test, and what it relies upon. A planted
//! fault overrides what it gets wrong.

use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{
    Change, Checks, Command, Life, Observed, Stage, Step, next_step, permit, plan, switch_from,
};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// An installation.
pub(crate) trait Tool {
    /// What a command comes to; `None` if it is refused.
    fn permit(
        &self,
        life: &Life,
        command: &Command,
        checks: &Checks,
        now: Timestamp,
    ) -> Option<Vec<Change>> {
        permit(life, command, checks, None, now).ok()
    }

    /// What it does by itself.
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        next_step(life, seen, now)
    }

    /// True if it tells the administrator that the MX records may be switched.
    fn may_switch(&self, life: &Life, now: Timestamp) -> bool {
        let stages = life.migration.iter().flat_map(|migration| plan(life, migration, now));
        stages.into_iter().any(|stage| stage.what == Stage::MaySwitch && stage.done)
    }

    /// True if it tells the administrator, while no change of MX hosts is under way, that the MX
    /// records may name this host alone.
    fn covers(&self, life: &Life, host: &DnsName, now: Timestamp) -> bool {
        let latest = life.latest().is_some_and(|latest| latest.policy.covers(host));
        latest && switch_from(life, std::slice::from_ref(host)).is_some_and(|from| from <= now)
    }

    /// How its nodes keep their word.
    fn nodes(&self) -> NodeFault {
        NodeFault::None
    }
}

/// What nodes and the database may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeFault {
    /// Nothing.
    None,
    /// A node says that it serves a version before it has written its log of the last one.
    LogAfterWord,
    /// What a killed node had not written into the log is not accounted for.
    GapIgnored,
    /// A node says that it serves a version before it has kept it.
    KeptAfterWord,
    /// A node that starts serves what it kept before it has asked the database.
    ServedBeforeAsked,
}

/// What Ironpost does.
pub(crate) struct Sound;

impl Tool for Sound {}
