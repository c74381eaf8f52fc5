//! Which ids were fetched of late: a fetch for one id is not repeated too soon (§3.3).

use super::Timestamp;
use crate::mta_sts::policy::MaxAge;
use crate::mta_sts::record::PolicyId;
use std::time::Duration;

/// The latest attempts to fetch the policy of one domain: at most one for each id, at most
/// [`MAX_IDS`].
///
/// They hold back further fetches, whoever controls the TXT record: for an id within
/// [`BACK_OFF`] of the last attempt, and for any new id while [`MAX_IDS`] others are that young.
/// An attempt from more than [`BACK_OFF`] ahead of a clock that was set back counts as none.
///
/// One word while there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts(
    #[expect(clippy::box_collection, reason = "one word, since most domains have none")]
    Option<Box<Vec<Attempt>>>,
);

/// An attempt to fetch a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The id that the fetch was for.
    pub id: PolicyId,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With a policy that may be kept for so long.
    Fetched(MaxAge),
    /// Without one.
    Failed,
}

impl Attempts {
    /// True if the policy may be fetched on account of `id` now.
    pub fn allow(&self, id: &PolicyId, now: Timestamp) -> bool {
        let others = self.newest_first().filter(|attempt| attempt.id != *id);
        self.last(id).is_none_or(|last| !last.holds_back(now))
            // §3.3 lets a sender limit its fetches (S31): ids without end are an attack.
            && others.filter(|attempt| attempt.is_recent(now)).count() < MAX_IDS
    }

    /// Remembers an attempt, and forgets those that it replaces or that are too old to matter.
    pub fn record(&mut self, attempt: Attempt) {
        let mut list = self.0.take().map_or_else(Vec::new, |list| *list);
        list.retain(|known| known.id != attempt.id && known.is_recent(attempt.at));
        if list.len() >= MAX_IDS {
            list.drain(..=list.len() - MAX_IDS);
        }
        list.reserve_exact(1);
        list.push(attempt);
        self.0 = Some(Box::new(list));
    }

    /// Forgets the attempts that hold nothing back: those of old, and those from the future, as a
    /// clock that was set back leaves them, before that future comes round.
    pub fn forget_old(&mut self, now: Timestamp) {
        let Some(list) = &mut self.0 else { return };
        list.retain(|attempt| attempt.is_recent(now));
        if list.is_empty() {
            self.0 = None;
        }
    }

    /// The last attempt for an id, if it is remembered.
    pub fn last(&self, id: &PolicyId) -> Option<&Attempt> {
        self.newest_first().find(|attempt| attempt.id == *id)
    }

    /// All that are remembered.
    pub fn newest_first(&self) -> impl Iterator<Item = &Attempt> {
        self.0.iter().flat_map(|list| list.iter().rev())
    }
}

impl Attempt {
    /// §3.3: five minutes between attempts, whatever came of the first; but a policy that may be
    /// kept for a shorter time, or not at all (S47), is fetched again when that is over.
    fn holds_back(&self, now: Timestamp) -> bool {
        self.is_recent(now)
            && match self.outcome {
                Outcome::Failed => true,
                Outcome::Fetched(max_age) => now < self.at.after(max_age.duration()),
            }
    }

    /// Less than [`BACK_OFF`] ago, or ahead where the clock was set back.
    fn is_recent(&self, now: Timestamp) -> bool {
        now.since(self.at) < BACK_OFF && self.at.since(now) < BACK_OFF
    }
}

/// The least time between two fetches for one id (§3.3).
pub const BACK_OFF: Duration = Duration::from_mins(5);

/// Most ids for which one domain's policy is fetched within [`BACK_OFF`]. A domain that changes its
/// policy by hand needs two or three.
pub const MAX_IDS: usize = 8;
