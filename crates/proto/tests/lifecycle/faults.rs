//! Planted faults: installations that get one thing wrong.

use super::property::Property;
use super::tool::{NodeFault, Tool};
use super::world::World;
use super::worlds::{BY_HAND, MIGRATION, PUBLICATION, SMALL, TAKEOVER};
use ironpost_proto::lifecycle::{
    Change, Checks, Command, Life, Nodes, Observed, State, Step, Version, held_until, next_step,
    permit,
};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Mode;
use std::time::Duration;

/// A fault, where it shows, and the property that it violates first.
pub(crate) struct Planted {
    pub(crate) name: &'static str,
    pub(crate) tool: &'static dyn Tool,
    pub(crate) world: &'static World,
    pub(crate) violates: Property,
}

/// All of them.
pub(crate) const PLANTED: &[Planted] = &[
    plant("the id is announced with its body", &IdFirst, &SMALL, Property::BodyFirst),
    plant(
        "the id is announced once one node has the body",
        &OneIsEnough,
        &SMALL,
        Property::BodyFirst,
    ),
    plant(
        "a node that starts serves before it has asked the database",
        &Wrong(NodeFault::ServedBeforeAsked),
        &SMALL,
        Property::BodyFirst,
    ),
    plant("a rollback takes the old id again", &IdAgain, &PUBLICATION, Property::IdTellsVersion),
    plant("everything ends once mode none is announced", &NoWait, &SMALL, Property::HeldByNobody),
    plant("a withdrawal ends a second early", &Early, &SMALL, Property::HeldByNobody),
    plant("the margin is forgotten", &NoMargin, &SMALL, Property::HeldByNobody),
    plant(
        "a withdrawal waits for the last version alone",
        &LastAlone,
        &PUBLICATION,
        Property::HeldByNobody,
    ),
    plant("a silent node counts for nothing", &SilentIgnored, &SMALL, Property::HeldByNobody),
    plant(
        "what a killed node served is not accounted for",
        &Wrong(NodeFault::GapIgnored),
        &SMALL,
        Property::HeldByNobody,
    ),
    plant(
        "a node gives its word before it writes its log",
        &Wrong(NodeFault::LogAfterWord),
        &SMALL,
        Property::HeldByNobody,
    ),
    plant(
        "a node gives its word before it keeps the version",
        &Wrong(NodeFault::KeptAfterWord),
        &SMALL,
        Property::HeldByNobody,
    ),
    plant(
        "the MX records are switched once the wide policy is announced",
        &SwitchedSoon,
        &MIGRATION,
        Property::Delivers,
    ),
    plant(
        "the policy is narrowed as soon as the MX records are",
        &NarrowedSoon,
        &MIGRATION,
        Property::Delivers,
    ),
    plant(
        "what caches have of MX records binds a change of MX hosts alone",
        &Forgetful,
        &BY_HAND,
        Property::Delivers,
    ),
    plant(
        "a change of MX hosts does not bind what is published meanwhile",
        &Unbound,
        &MIGRATION,
        Property::Delivers,
    ),
    plant(
        "a policy is taken over in mode testing",
        &TakenWeaker,
        &TAKEOVER,
        Property::NotTalkedOut,
    ),
    plant(
        "the log is believed of a policy from elsewhere",
        &LogBelieved,
        &TAKEOVER,
        Property::HeldByNobody,
    ),
];

const fn plant(
    name: &'static str,
    tool: &'static dyn Tool,
    world: &'static World,
    violates: Property,
) -> Planted {
    Planted { name, tool, world, violates }
}

struct Wrong(NodeFault);

impl Tool for Wrong {
    fn nodes(&self) -> NodeFault {
        self.0
    }
}

struct IdFirst;

impl Tool for IdFirst {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        match next_step(life, seen, now) {
            Step::Change(changes) => Step::Change(
                changes
                    .into_iter()
                    .flat_map(|change| match change {
                        Change::Show(number) => {
                            vec![Change::Show(number), Change::Announce(number)]
                        }
                        change => vec![change],
                    })
                    .collect(),
            ),
            step => step,
        }
    }
}

struct OneIsEnough;

impl Tool for OneIsEnough {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let mut seen = seen.clone();
        if seen.nodes == Nodes::Behind && seen.fetched.is_some() {
            seen.nodes = Nodes::LiveAgree;
        }
        next_step(life, &seen, now)
    }
}

struct SilentIgnored;

impl Tool for SilentIgnored {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let mut seen = seen.clone();
        if seen.nodes == Nodes::LiveAgree {
            seen.nodes = Nodes::AllAgree;
        }
        next_step(life, &seen, now)
    }
}

struct IdAgain;

impl Tool for IdAgain {
    fn permit(
        &self,
        life: &Life,
        command: &Command,
        checks: &Checks,
        now: Timestamp,
    ) -> Option<Vec<Change>> {
        let mut changes = permit(life, command, checks, None, now).ok()?;
        if let Command::Rollback { id: _, number } = command
            && let Some(old) = life.version(*number)
        {
            for change in &mut changes {
                if let Change::Add { id, .. } = change {
                    *id = old.id.clone();
                }
            }
        }
        Some(changes)
    }
}

/// The end of a withdrawal, decided otherwise.
fn ending(life: &Life, seen: &Observed, now: Timestamp, from: Option<Timestamp>) -> Step {
    let is_none = life.latest().is_some_and(|latest| !latest.asks());
    let is_announced = is_none && life.announced == life.latest().map(|latest| latest.number);
    if is_announced && life.state == State::Withdrawing && from.is_some_and(|from| from <= now) {
        return Step::Change(vec![Change::Cease, Change::Enter(State::Gone)]);
    }
    next_step(life, seen, now)
}

struct NoWait;

impl Tool for NoWait {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        ending(life, seen, now, Some(now))
    }
}

struct Early;

impl Tool for Early {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let from = held_until(life, Version::asks).map(|from| from.before(Duration::from_secs(1)));
        ending(life, seen, now, from)
    }
}

struct NoMargin;

impl Tool for NoMargin {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let from = held_until(life, Version::asks)
            .map(|from| from.before(ironpost_proto::lifecycle::MARGIN));
        ending(life, seen, now, from)
    }
}

struct LastAlone;

impl Tool for LastAlone {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let last = life.versions.iter().rev().find(|version| version.asks());
        let last = last.map(|version| version.number);
        ending(life, seen, now, held_until(life, |version| Some(version.number) == last))
    }
}

struct SwitchedSoon;

impl Tool for SwitchedSoon {
    fn may_switch(&self, life: &Life, _: Timestamp) -> bool {
        let announced = life.announced.and_then(|number| life.version(number));
        life.migration
            .as_ref()
            .zip(announced)
            .is_some_and(|(migration, announced)| migration.is_covered_by(&announced.policy))
    }
}

struct NarrowedSoon;

impl Tool for NarrowedSoon {
    fn permit(
        &self,
        life: &Life,
        command: &Command,
        checks: &Checks,
        now: Timestamp,
    ) -> Option<Vec<Change>> {
        let mut life = life.clone();
        if let Some(migration) = &mut life.migration
            && let Some(switched) = &mut migration.switched
        {
            *switched = switched.before(Duration::from_hours(1000));
        }
        permit(&life, command, checks, None, now).ok()
    }
}

struct Forgetful;

impl Tool for Forgetful {
    fn permit(
        &self,
        life: &Life,
        command: &Command,
        checks: &Checks,
        now: Timestamp,
    ) -> Option<Vec<Change>> {
        let checks = Checks { former: Vec::new(), ..checks.clone() };
        permit(life, command, &checks, None, now).ok()
    }
}

struct Unbound;

impl Tool for Unbound {
    fn permit(
        &self,
        life: &Life,
        command: &Command,
        checks: &Checks,
        now: Timestamp,
    ) -> Option<Vec<Change>> {
        match command {
            Command::Publish { .. } | Command::Rollback { .. } => {
                let free = Life { migration: None, ..life.clone() };
                permit(&free, command, checks, None, now).ok()
            }
            Command::Adopt { .. }
            | Command::Withdraw { .. }
            | Command::Migrate { .. }
            | Command::Narrow { .. }
            | Command::BreakOff { .. }
            | Command::Remove => permit(life, command, checks, None, now).ok(),
        }
    }
}

struct TakenWeaker;

impl Tool for TakenWeaker {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        // Of its own accord, as soon as the names lead here.
        if life.state == State::Delegated && life.versions.len() == 1 {
            let mut policy = life.versions[0].policy.clone();
            policy.mode = Mode::Testing;
            let id = "b".parse().unwrap();
            return Step::Change(vec![Change::Add { number: 2, id, policy }]);
        }
        next_step(life, seen, now)
    }
}

struct LogBelieved;

impl Tool for LogBelieved {
    fn next(&self, life: &Life, seen: &Observed, now: Timestamp) -> Step {
        let mut life = life.clone();
        life.versions.iter_mut().for_each(|version| version.elsewhere = false);
        next_step(&life, seen, now)
    }
}
