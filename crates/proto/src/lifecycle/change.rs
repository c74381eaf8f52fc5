//! The steps in a life.

use super::{Life, Migration, State, Version};
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::Policy;
use crate::mta_sts::record::PolicyId;

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
    /// A version that is published elsewhere, to be taken over as it is.
    Adopt {
        /// Its number: one above the last.
        number: u32,
        /// The id that it has there.
        id: PolicyId,
        /// The policy.
        policy: Policy,
    },
    /// Nodes serve this version's body from now on.
    Show(u32),
    /// Every live node serves this version's body.
    Everywhere(u32),
    /// Every node serves this version's body: all others that were shown are replaced.
    Replace(u32),
    /// Name servers give this version's id from now on.
    Announce(u32),
    /// A change of MX hosts begins, goes on, or (`None`) is over.
    Migrate(Option<Migration>),
    /// Nothing of the domain is served any more.
    Cease,
}

impl Life {
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
            Change::Add { number, id, policy } => self.add(*number, id, policy, false),
            Change::Adopt { number, id, policy } => self.add(*number, id, policy, true),
            Change::Show(number) => {
                self.shown = Some(*number);
                self.at(*number, |version| version.shown = Some(now));
            }
            Change::Everywhere(number) => {
                self.at(*number, |version| version.everywhere = Some(now));
            }
            Change::Replace(number) => {
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

    fn add(&mut self, number: u32, id: &PolicyId, policy: &Policy, elsewhere: bool) {
        self.versions.push(Version {
            number,
            id: id.clone(),
            policy: policy.clone(),
            elsewhere,
            shown: None,
            everywhere: None,
            announced: None,
            replaced: None,
            last_served: None,
        });
    }

    fn at(&mut self, number: u32, change: impl FnOnce(&mut Version)) {
        if let Some(version) = self.versions.iter_mut().find(|version| version.number == number) {
            change(version);
        }
    }
}
