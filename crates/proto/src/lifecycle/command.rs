//! What an administrator may do.

use super::migration::narrowed;
use super::{
    Change, Checks, Life, Migration, MxSet, NoAnswer, Refusal, Refused, State, Version, held_until,
    proposal,
};
use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::{MAX_BODY, MaxAge, Mode, Policy};
use crate::mta_sts::record::PolicyId;
use std::time::Duration;

/// What an administrator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Publish this policy as a new version under this id.
    Publish {
        /// A new id.
        id: PolicyId,
        /// The policy, in mode testing or enforce.
        policy: Policy,
    },
    /// Publish what version `number` said, under a new id.
    Rollback {
        /// A new id.
        id: PolicyId,
        /// The version.
        number: u32,
    },
    /// Take over a policy that is published elsewhere, as it is. It is served and announced here
    /// before DNS leads to us, so that nothing changes for senders when it does; until then it may
    /// be done again, where the policy has changed elsewhere.
    Adopt {
        /// The id that it has there.
        id: PolicyId,
        /// The policy.
        policy: Policy,
    },
    /// Mode none, then nothing once no sender holds anything else (§8.3).
    Withdraw {
        /// A new id.
        id: PolicyId,
    },
    /// Begin a change of MX hosts: publish a policy that covers old and new.
    Migrate {
        /// A new id.
        id: PolicyId,
        /// The hosts that are to be alone in the end.
        to: Vec<DnsName>,
        /// The MX hosts now.
        from: MxSet,
    },
    /// End a change of MX hosts: publish a policy that covers the new ones alone.
    Narrow {
        /// A new id.
        id: PolicyId,
    },
    /// Break off a change of MX hosts: publish a policy with the patterns from before.
    BreakOff {
        /// A new id.
        id: PolicyId,
    },
    /// Take the domain away at once, without waiting for senders.
    Remove,
}

/// An administrator's reason to go on although something speaks against it; kept with the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override(String);

impl Override {
    /// A reason; `None` for one that says nothing.
    pub fn new(reason: &str) -> Option<Self> {
        let reason = reason.trim();
        (!reason.is_empty()).then(|| Self(reason.to_owned()))
    }

    /// What the administrator wrote. Show it as a [`Visible`](crate::visible::Visible).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a command comes to, or all that speaks against it. With `reason`, what may be overridden
/// is.
pub fn permit(
    life: &Life,
    command: &Command,
    checks: &Checks,
    reason: Option<&Override>,
    now: Timestamp,
) -> Result<Vec<Change>, Refused> {
    let mut against = Vec::new();
    let changes = if life.state == State::Gone {
        against.push(Refusal::Gone);
        Vec::new()
    } else {
        decide(&Case { life, checks, now }, command, &mut against)
    };
    against.retain(|refusal| reason.is_none() || !refusal.may_be_overridden());
    if against.is_empty() { Ok(changes) } else { Err(Refused(against)) }
}

fn decide(case: &Case<'_>, command: &Command, against: &mut Vec<Refusal>) -> Vec<Change> {
    match command {
        Command::Publish { id, policy } => case.publish(id, policy, against),
        Command::Rollback { id, number } => match case.life.version(*number) {
            Some(version) => case.publish(id, &version.policy, against),
            None => refuse(against, Refusal::NoSuchVersion(*number)),
        },
        Command::Adopt { id, policy } => case.adopt(id, policy, against),
        Command::Withdraw { id } => case.withdraw(id, against),
        Command::Migrate { id, to, from } => case.migrate(id, to, from, against),
        Command::Narrow { id } => case.narrow(id, against),
        Command::BreakOff { id } => case.break_off(id, against),
        Command::Remove => case.remove(against),
    }
}

/// A command's circumstances.
struct Case<'a> {
    life: &'a Life,
    checks: &'a Checks,
    now: Timestamp,
}

impl Case<'_> {
    fn publish(&self, id: &PolicyId, policy: &Policy, against: &mut Vec<Refusal>) -> Vec<Change> {
        self.weigh(policy, against);
        self.remembered(policy, against);
        let mut changes = self.add(id, policy, against);
        if let Some(migration) = &self.life.migration {
            let left_out =
                |hosts: &[DnsName]| hosts.iter().find(|host| !policy.covers(host)).cloned();
            let old = left_out(&migration.from.hosts);
            let is_over = migration.narrow_from().is_some_and(|from| from <= self.now);
            let needed = old.clone().filter(|_| !is_over).or_else(|| left_out(&migration.to));
            against.extend(needed.clone().map(Refusal::Migrating));
            changes.extend(old.or(needed).map(|_| Change::Migrate(None)));
        }
        changes
    }

    fn adopt(&self, id: &PolicyId, policy: &Policy, against: &mut Vec<Refusal>) -> Vec<Change> {
        let is_first = self.life.versions.iter().all(|version| version.elsewhere);
        if self.life.state != State::Pending || !is_first {
            against.push(Refusal::TooLateToAdopt);
        }
        sound(policy, against);
        let Some(number) = self.next_number(id, against) else { return Vec::new() };
        let adopt = Change::Adopt { number, id: id.clone(), policy: policy.clone() };
        vec![adopt, Change::Show(number)]
    }

    fn withdraw(&self, id: &PolicyId, against: &mut Vec<Refusal>) -> Vec<Change> {
        if self.life.latest().is_some_and(|latest| !latest.asks()) {
            return refuse(against, Refusal::Withdrawing);
        }
        // Nobody can have fetched what was never shown.
        if self.life.versions.iter().all(|version| version.shown.is_none()) {
            return vec![Change::Cease, Change::Enter(State::Gone)];
        }
        if self.life.state == State::Pending {
            return refuse(against, Refusal::NotTakenOver);
        }
        // §8.3: the patterns say nothing in mode none.
        let policy = Policy {
            mode: Mode::None,
            max_age: NONE_MAX_AGE,
            mx: Vec::new(),
            extensions: Vec::new(),
        };
        let mut changes = self.add(id, &policy, against);
        changes.extend(self.life.migration.as_ref().map(|_| Change::Migrate(None)));
        changes
    }

    fn migrate(
        &self,
        id: &PolicyId,
        to: &[DnsName],
        from: &MxSet,
        against: &mut Vec<Refusal>,
    ) -> Vec<Change> {
        let Some(latest) = self.life.latest().filter(|latest| latest.asks()) else {
            return refuse(against, Refusal::NothingPublished);
        };
        if self.life.migration.is_some() {
            against.push(Refusal::MigratingAlready);
        }
        if to.is_empty() {
            against.push(Refusal::NoMx);
        } else if is_same_set(to, &from.hosts) {
            against.push(Refusal::NothingToMigrate);
        }
        if latest.policy.mode == Mode::Enforce {
            self.fitness(against);
        }
        let policy = proposal(&proposal(&latest.policy, &from.hosts), to);
        let stranger = from.hosts.iter().chain(to).find(|host| !policy.covers(host));
        against.extend(stranger.cloned().map(Refusal::NotAHost));
        sound(&policy, against);
        let Some(wide) = self.next_number(id, against) else { return Vec::new() };
        let migration = Migration { from: from.clone(), to: to.to_vec(), wide, switched: None };
        let add = Change::Add { number: wide, id: id.clone(), policy };
        vec![add, Change::Migrate(Some(migration))]
    }

    fn narrow(&self, id: &PolicyId, against: &mut Vec<Refusal>) -> Vec<Change> {
        let Some((migration, latest)) = self.life.migration.as_ref().zip(self.life.latest()) else {
            return refuse(against, Refusal::NotMigrating);
        };
        let from = migration.narrow_from();
        if from.is_none_or(|from| self.now < from) {
            against.push(Refusal::TooSoonToNarrow { from });
        }
        let policy = narrowed(&latest.policy, &migration.to);
        sound(&policy, against);
        self.check(&policy, against);
        let mut changes = self.add(id, &policy, against);
        changes.push(Change::Migrate(None));
        changes
    }

    fn break_off(&self, id: &PolicyId, against: &mut Vec<Refusal>) -> Vec<Change> {
        let Some((migration, latest)) = self.life.migration.as_ref().zip(self.life.latest()) else {
            return refuse(against, Refusal::NotMigrating);
        };
        let versions = self.life.versions.iter().rev();
        let before = versions.filter(|version| version.asks()).find(|v| v.number < migration.wide);
        let mx = before.map(|before| before.policy.mx.clone()).unwrap_or_default();
        let policy = proposal(&Policy { mx, ..latest.policy.clone() }, &migration.from.hosts);
        sound(&policy, against);
        self.check(&policy, against);
        self.remembered(&policy, against);
        let mut changes = self.add(id, &policy, against);
        changes.push(Change::Migrate(None));
        changes
    }

    fn remove(&self, against: &mut Vec<Refusal>) -> Vec<Change> {
        let from = held_until(self.life, Version::asks);
        if from.is_none_or(|from| self.now < from) {
            against.push(Refusal::StillHeld { from });
        }
        vec![Change::Cease, Change::Migrate(None), Change::Enter(State::Gone)]
    }

    /// Everything that speaks against a policy.
    fn weigh(&self, policy: &Policy, against: &mut Vec<Refusal>) {
        sound(policy, against);
        if policy.max_age < LEAST_MAX_AGE {
            against.push(Refusal::ShortMaxAge(policy.max_age.as_secs()));
        }
        self.check(policy, against);
        if policy.mode == Mode::Enforce {
            match self.tested_from(policy) {
                Tested::Enforced => {}
                Tested::From(from) if from <= self.now => {}
                Tested::From(from) => against.push(Refusal::NotTested { from: Some(from) }),
                Tested::Never => against.push(Refusal::NotTested { from: None }),
            }
        }
    }

    /// What the checker says against a policy. Only enforcement depends on every host.
    fn check(&self, policy: &Policy, against: &mut Vec<Refusal>) {
        let hosts = self.checks.mx.as_deref();
        let uncovered = hosts.into_iter().flatten().filter(|host| !policy.covers(host));
        against.extend(uncovered.cloned().map(Refusal::Uncovered));
        if policy.mode == Mode::Enforce {
            against.extend(hosts.is_none().then(|| match &self.checks.unknown {
                Some(NoAnswer::NoSuchDomain) => Refusal::NoSuchDomain,
                Some(NoAnswer::Failed(why)) => Refusal::MxUnknown(Some(why.clone())),
                None => Refusal::MxUnknown(None),
            }));
            self.fitness(against);
        }
    }

    /// Hosts to which senders that enforce a policy would not deliver.
    fn fitness(&self, against: &mut Vec<Refusal>) {
        against.extend(self.checks.unsound.iter().cloned().map(Refusal::Unsound));
        against.extend(self.checks.untested.iter().cloned().map(Refusal::Untested));
    }

    /// R11: a sender may have the MX records of a while ago, and a policy of now. What a change of MX
    /// hosts leaves has rules of its own.
    fn remembered(&self, policy: &Policy, against: &mut Vec<Refusal>) {
        if policy.mode != Mode::Enforce {
            return;
        }
        let changing = self.life.migration.as_ref().map_or(&[][..], |m| &m.from.hosts);
        let now = self.checks.mx.as_deref().unwrap_or_default();
        let left_out = self.checks.former.iter().filter(|former| {
            self.now < former.until
                && !policy.covers(&former.host)
                && !changing.contains(&former.host)
                && !now.contains(&former.host)
        });
        against.extend(
            left_out
                .map(|former| Refusal::CachedMx { host: former.host.clone(), until: former.until }),
        );
    }

    /// From when enforcing this policy counts as tested, by the latest versions that were announced.
    fn tested_from(&self, policy: &Policy) -> Tested {
        let versions = self.life.versions.iter().rev();
        let announced = versions.filter_map(|v| v.announced.map(|at| (&v.policy, at)));
        let (mut from, mut is_withdrawn) = (Tested::Never, false);
        for (announced, at) in announced {
            match (announced.mode, from) {
                (Mode::None, Tested::Never) => is_withdrawn = true,
                // Who takes a withdrawal back asks nothing of senders that they do not do: they hold
                // what was enforced, or the domain would be gone.
                (Mode::Enforce, Tested::Never)
                    if !is_withdrawn || has_same_mx(announced, policy) =>
                {
                    return Tested::Enforced;
                }
                (Mode::Enforce | Mode::None, _) => break,
                // What was tested before it was withdrawn was long ago, and what senders made of other
                // hosts says nothing of these.
                (Mode::Testing, _) if is_withdrawn || !has_same_mx(announced, policy) => break,
                (Mode::Testing, _) => from = Tested::From(at.after(LEAST_TESTING)),
            }
        }
        from
    }

    fn add(&self, id: &PolicyId, policy: &Policy, against: &mut Vec<Refusal>) -> Vec<Change> {
        let number = self.next_number(id, against);
        let add = |number| Change::Add { number, id: id.clone(), policy: policy.clone() };
        number.map(add).into_iter().collect()
    }

    /// The number of a new version under this id.
    fn next_number(&self, id: &PolicyId, against: &mut Vec<Refusal>) -> Option<u32> {
        if self.life.has_used(id) {
            against.push(Refusal::IdUsed(id.clone()));
        }
        let last = self.life.latest().map_or(0, |latest| latest.number);
        let number = last.checked_add(1);
        against.extend(number.is_none().then_some(Refusal::TooManyVersions));
        number
    }
}

/// How far enforcement was tested.
#[derive(Clone, Copy)]
enum Tested {
    /// It is what is announced.
    Enforced,
    /// Mode testing is announced, and was for long enough from then on.
    From(Timestamp),
    /// Not at all.
    Never,
}

/// True if both have the same mx patterns, in whatever order.
fn has_same_mx(one: &Policy, other: &Policy) -> bool {
    is_same_set(&one.mx, &other.mx)
}

/// True if both have the same in whatever order.
fn is_same_set<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.iter().all(|item| other.contains(item)) && other.iter().all(|item| one.contains(item))
}

/// What no policy that asks something of senders may lack.
fn sound(policy: &Policy, against: &mut Vec<Refusal>) {
    match policy.mode {
        Mode::None => against.push(Refusal::ModeNone),
        Mode::Enforce | Mode::Testing if policy.mx.is_empty() => against.push(Refusal::NoMx),
        Mode::Enforce | Mode::Testing => {}
    }
    if policy.to_string().len() > MAX_BODY {
        against.push(Refusal::TooLong);
    }
}

fn refuse(against: &mut Vec<Refusal>, refusal: Refusal) -> Vec<Change> {
    against.push(refusal);
    Vec::new()
}

/// For how long mode testing is announced before mode enforce: as long as it takes caches to drop
/// the older record, and reports of a day to be made (RFC 8460 §4.1: one a day).
pub const LEAST_TESTING: Duration = Duration::from_hours(24);

/// The shortest `max_age` that protects anybody: senders refresh once a day (§3.3), and mail to a
/// domain may come more seldom than that.
pub const LEAST_MAX_AGE: MaxAge = MaxAge::from_days(1);

/// The `max_age` of a withdrawal (§8.3: a small one, such as a day).
pub const NONE_MAX_AGE: MaxAge = MaxAge::from_days(1);
