//! The life of a hosted policy, from the first look at its delegation to the moment at which no
//! sender can still hold it (RFC 8461 §8): a pure state machine with its clock as an argument.
//!
//! [`Life`] is all that is remembered of a domain; [`Change`] is the only way in which it changes,
//! so that a database and the model check apply the same steps. [`next_step`] says what the
//! installation does by itself, [`permit`] what an administrator's command comes to.
//!
//! Three moments of a version count:
//!
//! - *shown*: its body has been handed to the nodes. From then on any sender may fetch it, under
//!   whatever id it knows.
//! - *announced*: its id has been handed to the name servers. Never before every node has the body
//!   (§8.1).
//! - *replaced*: no node serves its body any more. A sender may hold it for `max_age` from its last
//!   fetch, which is this moment at the latest (§8.3).

mod command;
mod held;
mod step;

pub use command::{Command, Override, Refusal, permit};
pub use held::{MARGIN, held_until};
pub use step::{Observed, Sight, Step, Waiting, next_step};

use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::{Mode, Policy};
use crate::mta_sts::record::PolicyId;

/// How far a hosted domain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Its records are not seen in DNS yet.
    Pending,
    /// Its own token was seen in DNS, so the name is its organisation's.
    Delegated,
    /// There is a certificate, and our own fetch over HTTPS passed.
    Certified,
    /// Published in mode testing (or none, after which it goes on).
    Testing,
    /// Published in mode enforce.
    Enforce,
    /// Mode none is published, and senders are waited for (§8.3).
    Withdrawing,
    /// Nothing is served. The name may be claimed anew once no CNAME holds the old token.
    Gone,
}

/// How the record of `_mta-sts` comes into the domain's DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// A CNAME into our zone: a change needs no edit.
    Cname,
    /// The administrator pastes the TXT record at each change.
    Pasted,
    /// We write it into the customer's DNS through its provider.
    Updated,
}

/// One version of a domain's policy, kept for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1 upwards, in the order of creation.
    pub number: u32,
    /// Never that of another version of the domain (R2).
    pub id: PolicyId,
    /// What is served, in its canonical form.
    pub policy: Policy,
    /// See the module.
    pub shown: Option<Timestamp>,
    /// When every node that counts had the body.
    pub everywhere: Option<Timestamp>,
    /// See the module.
    pub announced: Option<Timestamp>,
    /// See the module.
    pub replaced: Option<Timestamp>,
    /// The last fetch by anybody, as the log of fetches knows it, gaps in the log included.
    pub last_served: Option<Timestamp>,
}

/// A change of MX hosts under way (R11): widen, wait, switch, wait, narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The MX hosts that are to be alone in the end.
    pub to: Vec<DnsName>,
    /// The version that covers both the old and the new hosts.
    pub wide: u32,
    /// When MX records without the old hosts were first seen, and the TTL that the old RRset had.
    pub switched: Option<Switched>,
}

/// The MX RRset was seen to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switched {
    /// First seen.
    pub at: Timestamp,
    /// The largest TTL seen of the old RRset, in seconds.
    pub old_ttl: u32,
}

/// All that is remembered of a hosted domain, as far as decisions need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// How far it has come.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// How its record comes into DNS.
    pub way: Way,
    /// Every version there ever was, by number.
    pub versions: Vec<Version>,
    /// The version whose body nodes serve.
    pub shown: Option<u32>,
    /// The version whose id name servers give.
    pub announced: Option<u32>,
    /// A change of MX hosts under way.
    pub migration: Option<Migration>,
}

/// One step in a life. Applied all or none, to the [`Life`] they were decided from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Into another state.
    Enter(State),
    /// A new version, neither shown nor announced.
    Add {
        /// Its number: one above the last.
        number: u32,
        /// Its id.
        id: PolicyId,
        /// The policy.
        policy: Policy,
    },
    /// Nodes serve this version's body from now on.
    Show(u32),
    /// Every node that counts serves this version's body: those before it are replaced.
    Everywhere(u32),
    /// Name servers give this version's id from now on.
    Announce(u32),
    /// A change of MX hosts begins, goes on, or (`None`) is over.
    Migrate(Option<Migration>),
    /// Nothing of the domain is served any more.
    Cease,
}

impl Life {
    /// A domain that has just been added.
    pub fn new(way: Way, now: Timestamp) -> Self {
        Self {
            state: State::Pending,
            since: now,
            way,
            versions: Vec::new(),
            shown: None,
            announced: None,
            migration: None,
        }
    }

    /// The version of a number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The newest version.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Applies changes in their order.
    pub fn apply(&mut self, changes: &[Change], now: Timestamp) {
        for change in changes {
            self.apply_one(change, now);
        }
    }

    fn apply_one(&mut self, change: &Change, now: Timestamp) {
        match change {
            Change::Enter(state) => {
                self.state = *state;
                self.since = now;
            }
            Change::Add { number, id, policy } => self.versions.push(Version {
                number: *number,
                id: id.clone(),
                policy: policy.clone(),
                shown: None,
                everywhere: None,
                announced: None,
                replaced: None,
                last_served: None,
            }),
            Change::Show(number) => {
                self.shown = Some(*number);
                self.at(*number, |version| version.shown = Some(now));
            }
            Change::Everywhere(number) => {
                self.at(*number, |version| version.everywhere = Some(now));
                let replaced = self.versions.iter_mut().filter(|version| {
                    version.number != *number
                        && version.shown.is_some()
                        && version.replaced.is_none()
                });
                replaced.for_each(|version| version.replaced = Some(now));
            }
            Change::Announce(number) => {
                self.announced = Some(*number);
                self.at(*number, |version| version.announced = Some(now));
            }
            Change::Migrate(migration) => self.migration.clone_from(migration),
            Change::Cease => {
                self.shown = None;
                self.announced = None;
            }
        }
    }

    fn at(&mut self, number: u32, change: impl FnOnce(&mut Version)) {
        if let Some(version) = self.versions.iter_mut().find(|version| version.number == number) {
            change(version);
        }
    }
}

impl State {
    /// Every state, in order.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Delegated,
        Self::Certified,
        Self::Testing,
        Self::Enforce,
        Self::Withdrawing,
        Self::Gone,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delegated => "delegated",
            Self::Certified => "certified",
            Self::Testing => "testing",
            Self::Enforce => "enforce",
            Self::Withdrawing => "withdrawing",
            Self::Gone => "gone",
        }
    }

    /// The state that a version in this mode brings once its id is announced.
    pub fn published(mode: Mode) -> Self {
        match mode {
            Mode::Enforce => Self::Enforce,
            Mode::Testing | Mode::None => Self::Testing,
        }
    }
}
