//! The life of a hosted policy, from the first look at its delegation to the moment at which no
//! sender can still hold it (RFC 8461 §8): a pure state machine with its clock as an argument.
//!
//! [`Life`] is all that is remembered of a domain; [`Change`] is the only way in which it changes,
//! so that a database and the model check apply the same steps. [`next_step`] says what the
//! installation does by itself, [`permit`] what an administrator's command comes to.
//!
//! Four moments of a version count:
//!
//! - *shown*: its body has been handed to the nodes. From then on any sender may fetch it, under
//!   whatever id it knows.
//! - *everywhere*: every live node serves it. A node that has been silent for long holds nothing
//!   up, and may go on serving what it served before.
//! - *announced*: its id has been handed to the name servers. Never before the body is everywhere
//!   and came in a fetch of our own (§8.1).
//! - *replaced*: no node, silent ones included, serves its body any more. A sender may hold it for
//!   `max_age` from its last fetch (§8.3); [`held_until`] says what is known of that.

mod change;
mod checks;
mod command;
mod held;
mod migration;
mod refusal;
mod step;

pub use change::Change;
pub use checks::{Checks, NoAnswer};
pub use command::{Command, LEAST_MAX_AGE, LEAST_TESTING, NONE_MAX_AGE, Override, permit};
pub use held::{ELSEWHERE, MARGIN, held_until};
pub use migration::{
    FormerMx, LEAST_MX_TTL, Migration, Milestone, MxSet, Stage, plan, proposal, switch_from,
};
pub use refusal::{Refusal, Refused};
pub use step::{Nodes, Observed, Sight, Step, Waiting, next_step};

use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::{Mode, Policy};
use crate::mta_sts::record::PolicyId;

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
    /// What is left of earlier hostings of the name.
    pub former: Former,
}

/// What is left of earlier hostings of a name: senders know nothing of hostings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Former {
    /// The ids that were used (R2).
    pub ids: Vec<PolicyId>,
    /// Until when a sender may hold a policy from then (§8.3).
    pub held_until: Option<Timestamp>,
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
            former: Former::default(),
        }
    }

    /// True if a version of the name had this id, in this hosting or an earlier one.
    pub fn has_used(&self, id: &PolicyId) -> bool {
        self.versions.iter().any(|version| version.id == *id) || self.former.ids.contains(id)
    }

    /// The version of a number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The newest version: what the administrator wants published.
    pub fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }
}

/// How far a hosted domain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Its records are not seen in DNS yet.
    Pending,
    /// Its own token was seen in DNS, so the name is its organisation's.
    Delegated,
    /// There is a certificate, and our own fetch over HTTPS passed.
    Certified,
    /// Published in mode testing.
    Testing,
    /// Published in mode enforce.
    Enforce,
    /// Mode none is published, and senders are waited for (§8.3).
    Withdrawing,
    /// Nothing is served. The name may be claimed anew once no CNAME holds the old token.
    Gone,
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

    /// The state that a version in this mode brings once its id is announced. Mode none is for
    /// taking a policy away, and for nothing else (§8.3).
    pub fn published(mode: Mode) -> Self {
        match mode {
            Mode::Enforce => Self::Enforce,
            Mode::Testing => Self::Testing,
            Mode::None => Self::Withdrawing,
        }
    }
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
    /// It was published elsewhere before, under the same id, and taken over: senders have it from
    /// there too, and no log of ours knows of that.
    pub elsewhere: bool,
    /// When its body was handed to the nodes.
    pub shown: Option<Timestamp>,
    /// When every live node served it.
    pub everywhere: Option<Timestamp>,
    /// When its id was handed to the name servers.
    pub announced: Option<Timestamp>,
    /// When it was known that no node serves it any more.
    pub replaced: Option<Timestamp>,
    /// The last fetch by anybody, as the log of fetches knows it. Complete once `replaced` is there:
    /// a node says that it serves a later version after it has written its log of this one, and
    /// kept the later one where it starts from; of a node that died before, the store takes it that
    /// it served this one until it came back or was given up.
    pub last_served: Option<Timestamp>,
}

impl Version {
    /// True if it asks anything of senders: a policy of mode none does not.
    pub fn asks(&self) -> bool {
        self.policy.mode != Mode::None
    }
}

#[cfg(test)]
mod tests;
