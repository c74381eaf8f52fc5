//! What the installation does by itself.

use super::{Change, Life, MxSet, State, Version, Way, held_until, switch_from};
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::Mode;
use crate::mta_sts::record::PolicyId;

/// What was last seen of a name of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// It leads to us, by this domain's own token.
    Ours,
    /// It does not.
    Elsewhere,
    /// It could not be looked up, or has not been yet.
    Unknown,
}

/// How far the nodes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Nodes {
    /// A live node does not serve what [`Life::shown`] says yet.
    Behind,
    /// Every live node does; one that has been silent for long has not said so.
    LiveAgree,
    /// Every node does, the silent ones included: what was shown before is served by nobody.
    AllAgree,
}

/// What is known of the world around a domain at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// `mta-sts.<domain>` leads to our policy host.
    pub policy_host: Sight,
    /// `_mta-sts.<domain>` leads to our record. For [`Way::Pasted`] and [`Way::Updated`] only
    /// [`Sight::Unknown`] means anything: that `id` is not known.
    pub record: Sight,
    /// The id that a valid record of `_mta-sts.<domain>` has, wherever it comes from.
    pub id: Option<PolicyId>,
    /// A certificate for the policy host is served and valid now.
    pub certificate: bool,
    /// The version whose body our own fetch over HTTPS last brought, all of it sound.
    pub fetched: Option<u32>,
    /// How far the nodes follow the domain's last change.
    pub nodes: Nodes,
    /// The MX hosts of the domain; `None` if they could not be looked up.
    pub mx: Option<MxSet>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Apply these, and ask again.
    Change(Vec<Change>),
    /// Look at the domain's names in DNS, then ask again.
    LookAtDns,
    /// Order a certificate, then ask again.
    OrderCertificate,
    /// Fetch our own policy over HTTPS as a sender does, then ask again.
    FetchOwn,
    /// Write the record into the domain's DNS ([`Way::Updated`]).
    WriteRecord(PolicyId),
    /// Nothing until then; `None`: until something changes.
    Wait {
        /// For what.
        waiting: Waiting,
        /// Until when at most.
        until: Option<Timestamp>,
    },
}

/// What a domain waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing: all is as published.
    Nothing,
    /// The administrator, to publish for the first time.
    Publication,
    /// The administrator, to put the records into DNS (again).
    Records,
    /// Nodes that do not serve the body yet.
    Nodes,
    /// The administrator, to paste this TXT record ([`Way::Pasted`]).
    Paste(PolicyId),
    /// Senders that may still hold an older policy.
    Senders,
    /// The administrator, to switch the MX records ([`super::Migration`]).
    MxSwitch,
    /// Caches of the old MX RRset.
    MxCaches,
    /// The administrator, to narrow the policy.
    Narrowing,
}

/// What the installation does by itself: decided from what is remembered, what was seen, and the
/// time.
pub fn next_step(life: &Life, seen: &Observed, now: Timestamp) -> Step {
    match life.state {
        State::Pending => pending(life, seen),
        State::Gone => wait(Waiting::Nothing, None),
        State::Delegated
        | State::Certified
        | State::Testing
        | State::Enforce
        | State::Withdrawing => match life.latest() {
            Some(latest) => {
                let publication = Publication { life, seen, latest, now };
                publication.next()
            }
            None => unpublished(seen),
        },
    }
}

fn pending(life: &Life, seen: &Observed) -> Step {
    let record = match life.way {
        Way::Cname => seen.record,
        // The id to paste is not known before there is a body to announce.
        Way::Pasted | Way::Updated => Sight::Ours,
    };
    if (seen.policy_host, record) == (Sight::Ours, Sight::Ours) {
        return Step::Change(vec![Change::Enter(State::Delegated)]);
    }
    // A policy taken over is live where it was, so that its id may be announced here already: that
    // no moment of the move is without a record.
    if let Some(number) = life.shown
        && life.announced != Some(number)
        && seen.nodes != Nodes::Behind
    {
        return Step::Change(vec![Change::Everywhere(number), Change::Announce(number)]);
    }
    if seen.policy_host == Sight::Unknown || record == Sight::Unknown {
        Step::LookAtDns
    } else {
        wait(Waiting::Records, None)
    }
}

fn unpublished(seen: &Observed) -> Step {
    if seen.policy_host == Sight::Elsewhere {
        wait(Waiting::Records, None)
    } else if seen.certificate {
        wait(Waiting::Publication, None)
    } else {
        Step::OrderCertificate
    }
}

/// A domain with something to publish, or published.
struct Publication<'a> {
    life: &'a Life,
    seen: &'a Observed,
    /// What is to be published.
    latest: &'a Version,
    now: Timestamp,
}

impl Publication<'_> {
    fn next(&self) -> Step {
        self.body()
            .or_else(|| self.end())
            .or_else(|| self.drift())
            .or_else(|| self.announcement())
            .or_else(|| self.mx())
            .unwrap_or_else(|| self.rest())
    }

    /// §8.1: the body first.
    fn body(&self) -> Option<Step> {
        let number = self.latest.number;
        if self.life.shown != Some(number) {
            // Nothing is served before there is a certificate; what is, is replaced at any time.
            let may_show = self.seen.certificate || self.life.shown.is_some();
            return may_show.then(|| Step::Change(vec![Change::Show(number)]));
        }
        let mut changes = Vec::new();
        if self.latest.everywhere.is_none() && self.seen.nodes != Nodes::Behind {
            changes.push(Change::Everywhere(number));
        }
        let mut older = self.life.versions.iter().filter(|version| version.number != number);
        let is_left = older.any(|version| version.shown.is_some() && version.replaced.is_none());
        if is_left && self.seen.nodes == Nodes::AllAgree {
            changes.push(Change::Replace(number));
        }
        if changes.is_empty() {
            let waits = self.latest.everywhere.is_none();
            waits.then(|| self.wait(Waiting::Nodes))
        } else {
            Some(Step::Change(changes))
        }
    }

    /// §8.3: nothing at all, once nobody can hold a policy that asks for something. Whether the id
    /// of mode none could be announced does not matter then.
    fn end(&self) -> Option<Step> {
        let is_over = !self.latest.asks() && self.free_from().is_some_and(|from| from <= self.now);
        is_over.then(|| Step::Change(vec![Change::Cease, Change::Enter(State::Gone)]))
    }

    /// DNS does not lead here (any more).
    fn drift(&self) -> Option<Step> {
        let is_elsewhere = self.seen.policy_host == Sight::Elsewhere
            || (self.life.way == Way::Cname && self.seen.record == Sight::Elsewhere);
        is_elsewhere.then(|| self.wait(Waiting::Records))
    }

    /// §8.1: then the id, and never before the body came in a fetch as a sender makes it.
    fn announcement(&self) -> Option<Step> {
        if !self.seen.certificate {
            return Some(Step::OrderCertificate);
        }
        let number = self.latest.number;
        let is_announced = self.life.announced == Some(number);
        let state = State::published(self.latest.policy.mode);
        if is_announced && self.life.state == state {
            return self.own_record();
        }
        if self.seen.fetched != Some(number) {
            return Some(Step::FetchOwn);
        }
        if self.life.state == State::Delegated {
            return Some(Step::Change(vec![Change::Enter(State::Certified)]));
        }
        if is_announced {
            return Some(Step::Change(vec![Change::Enter(state)]));
        }
        let mut changes = vec![Change::Announce(number)];
        // A new version in the same mode is no new state: it goes on since it began.
        changes.extend((self.life.state != state).then_some(Change::Enter(state)));
        self.own_record().or(Some(Step::Change(changes)))
    }

    /// Where the record is not in our zone: what is to be done about it, unless DNS shows the id of
    /// the latest version already.
    fn own_record(&self) -> Option<Step> {
        let id = &self.latest.id;
        let is_there = self.seen.id.as_ref() == Some(id);
        let is_unknown = self.seen.record == Sight::Unknown;
        let is_announced = self.life.announced == Some(self.latest.number);
        match self.life.way {
            Way::Cname => None,
            Way::Pasted | Way::Updated if is_there => None,
            // A look that failed is no drift, and no reason to write.
            Way::Pasted | Way::Updated if is_unknown => (!is_announced).then_some(Step::LookAtDns),
            Way::Pasted => Some(self.wait(Waiting::Paste(id.clone()))),
            Way::Updated => Some(Step::WriteRecord(id.clone())),
        }
    }

    /// A change of MX hosts.
    fn mx(&self) -> Option<Step> {
        let migration = self.life.migration.as_ref()?;
        if let Some(seeing) = self.seen.mx.as_ref().and_then(|mx| migration.seeing(mx, self.now)) {
            return Some(Step::Change(vec![Change::Migrate(Some(seeing))]));
        }
        let waiting = match migration.narrow_from() {
            Some(from) if from <= self.now => Waiting::Narrowing,
            Some(_) => Waiting::MxCaches,
            None if self.may_switch() => Waiting::MxSwitch,
            None => Waiting::Senders,
        };
        Some(self.wait(waiting))
    }

    fn may_switch(&self) -> bool {
        let from = self.life.migration.as_ref().and_then(|m| switch_from(self.life, &m.to));
        from.is_some_and(|from| from <= self.now)
    }

    fn rest(&self) -> Step {
        let waiting = match self.latest.policy.mode {
            Mode::None => Waiting::Senders,
            Mode::Enforce | Mode::Testing => Waiting::Nothing,
        };
        self.wait(waiting)
    }

    /// Waits, but not past the next date of this domain.
    fn wait(&self, waiting: Waiting) -> Step {
        let withdrawal = (!self.latest.asks()).then(|| self.free_from()).flatten();
        let migration = self.life.migration.as_ref();
        let switch = migration.and_then(|migration| switch_from(self.life, &migration.to));
        let narrow = migration.and_then(super::Migration::narrow_from);
        let dates = [withdrawal, switch, narrow].into_iter().flatten();
        wait(waiting, dates.filter(|date| *date > self.now).min())
    }

    /// §8.3: from when nobody holds a policy that asks for something.
    fn free_from(&self) -> Option<Timestamp> {
        held_until(self.life, Version::asks)
    }
}

fn wait(waiting: Waiting, until: Option<Timestamp>) -> Step {
    Step::Wait { waiting, until }
}
