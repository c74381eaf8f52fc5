//! The state of a world. All times in it are ages in ticks, so that two histories that leave the
//! same memories at the same distance are one state, and the states are finitely many.

use ironpost_proto::mta_sts::discovery::{BACK_OFF, Occasion, Outcome};
use ironpost_proto::mta_sts::policy::Mode;
use std::time::Duration;

/// The step of the small clock: half a back-off.
pub(crate) const TICK: Duration = Duration::from_secs(150);

/// [`BACK_OFF`] in ticks.
pub(crate) const BACK_OFF_TICKS: i8 = 2;

const _: () = assert!(BACK_OFF.as_secs() == 2 * TICK.as_secs(), "the back-off is whole ticks");

/// Most ids that a TXT answer may carry.
pub(crate) const IDS: usize = 3;

/// A policy that the domain publishes at some time. Its index is also that of its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version {
    pub(crate) mode: Mode,
    /// In ticks.
    pub(crate) max_age: i8,
}

/// Where all parties stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The version that the domain publishes.
    pub(crate) published: u8,
    /// The sender's cached policy.
    pub(crate) cached: Option<Cached>,
    /// The sender's attempts, oldest first.
    pub(crate) attempts: Vec<Tried>,
    /// The one fetch under way.
    pub(crate) flight: Option<Flight>,
    /// What is true, whatever the sender remembers.
    pub(crate) truth: Truth,
}

/// A cached policy: which version, under which id, fetched how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cached {
    pub(crate) version: u8,
    pub(crate) id: u8,
    pub(crate) age: i8,
}

/// An attempt that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tried {
    pub(crate) id: u8,
    pub(crate) age: i8,
    pub(crate) outcome: Outcome,
}

/// A fetch under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Flight {
    pub(crate) id: u8,
    pub(crate) occasion: Occasion,
    /// What the domain published when it began.
    pub(crate) published: u8,
    pub(crate) age: i8,
}

/// What an observer of the sender knows, who has a clock that nobody sets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Truth {
    /// The last fetch that gave a policy to keep.
    pub(crate) fetched: Option<Fetched>,
    /// For each id, the ticks for which it may not be fetched again.
    pub(crate) held: [i8; IDS],
    /// The sender's clock was set back, and it has not looked at it since.
    pub(crate) set_back: bool,
    /// How often the sender's clock may still be set back.
    pub(crate) set_backs: u8,
}

/// A policy that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fetched {
    pub(crate) version: u8,
    pub(crate) id: u8,
    /// Ticks for which it must be in force.
    pub(crate) owed: i8,
    /// Ticks for which it may be in force.
    pub(crate) allowed: i8,
}

impl State {
    /// The sender knows nothing, and the first version is published.
    pub(crate) fn first(set_backs: u8) -> Self {
        let truth = Truth { fetched: None, held: [0; IDS], set_back: false, set_backs };
        Self { published: 0, cached: None, attempts: Vec::new(), flight: None, truth }
    }

    /// Time goes by.
    pub(crate) fn pass_tick(&mut self) {
        self.shift_clock(1);
        if let Some(flight) = &mut self.flight {
            flight.age += 1;
        }
        for held in &mut self.truth.held {
            *held = (*held - 1).max(0);
        }
        if let Some(fetched) = &mut self.truth.fetched {
            fetched.owed = (fetched.owed - 1).max(0);
            fetched.allowed = (fetched.allowed - 1).max(0);
        }
    }

    /// The sender's clock is set back, which nobody promises to limit fetches over.
    pub(crate) fn set_back(&mut self, ticks: i8) {
        self.shift_clock(-ticks);
        self.truth.set_back = true;
        self.truth.set_backs -= 1;
        self.truth.held = [0; IDS];
    }

    /// True while the policy last fetched must be in force.
    pub(crate) fn is_owed(&self) -> bool {
        self.truth.fetched.is_some_and(|fetched| fetched.owed > 0)
    }

    /// True while the policy last fetched may be in force.
    pub(crate) fn is_allowed(&self) -> bool {
        self.truth.fetched.is_some_and(|fetched| fetched.allowed > 0)
    }

    fn shift_clock(&mut self, ticks: i8) {
        if let Some(cached) = &mut self.cached {
            cached.age += ticks;
        }
        for tried in &mut self.attempts {
            tried.age += ticks;
        }
    }
}
