//! The decision functions of a sender against an attacker, in every state of a small world.
//!
//! The attacker answers every TXT lookup as it likes, with any id, with none, with a failure, at
//! any time, and lets each fetch through or not; it cannot forge a certificate, so that a fetch
//! which succeeds gives what the domain publishes. The domain changes its policy at any time, and
//! the clock goes in steps of half a back-off. What must hold is in `property`; that the search
//! would see it fail, in `faults`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

mod event;
mod faults;
mod property;
mod recovery;
mod search;
mod sender;
mod state;
mod world;

use faults::PLANTED;
use ironpost_proto::mta_sts::policy::Mode;
use search::{Found, explore};
use sender::Sound;
use state::Version;
use world::World;

/// A domain that enforces, tests and enforces again.
fn changing() -> World {
    const VERSIONS: &[Version] = &[
        Version { mode: Mode::Enforce, max_age: 6 },
        Version { mode: Mode::Testing, max_age: 3 },
        Version { mode: Mode::Enforce, max_age: 4 },
    ];
    World::new("enforce, testing, enforce", VERSIONS)
}

/// A domain whose policies may be kept for long, for less than a back-off, and not at all.
fn fleeting() -> World {
    const VERSIONS: &[Version] = &[
        Version { mode: Mode::Enforce, max_age: 5 },
        Version { mode: Mode::Enforce, max_age: 1 },
        Version { mode: Mode::Enforce, max_age: 0 },
    ];
    World::new("max_age shorter than the back-off", VERSIONS)
}

/// A sender whose clock is set back, by less than a back-off and by more than a policy's life.
fn set_back() -> World {
    const VERSIONS: &[Version] =
        &[Version { mode: Mode::Enforce, max_age: 4 }, Version { mode: Mode::None, max_age: 2 }];
    World::new("a clock that is set back", VERSIONS).with_set_backs(&[1, 6], 1)
}

/// A domain that enforces and tests, for faults to show in.
fn small() -> World {
    const VERSIONS: &[Version] =
        &[Version { mode: Mode::Enforce, max_age: 4 }, Version { mode: Mode::Testing, max_age: 3 }];
    World::new("enforce, testing", VERSIONS)
}

#[test]
fn a_domain_that_changes_its_policy_is_safe() {
    is_safe(&changing());
}

#[test]
fn a_domain_whose_policies_are_fleeting_is_safe() {
    is_safe(&fleeting());
}

#[test]
fn a_sender_whose_clock_is_set_back_is_safe() {
    is_safe(&set_back());
}

#[test]
fn every_planted_fault_is_found() {
    for planted in PLANTED {
        let world = if planted.needs_set_backs { set_back() } else { small() };
        let Found::Fault(fault) = explore(&world, planted.sender) else {
            panic!("not found: {}", planted.name);
        };
        println!("{}: {:?} is violated\n{}", planted.name, fault.property, fault.trace);
        assert_eq!(fault.property, planted.violates, "{}\n{}", planted.name, fault.trace);
    }
}

fn is_safe(world: &World) {
    match explore(world, &Sound) {
        Found::Fault(fault) => {
            panic!("{}: {:?} is violated\n{}", world.name, fault.property, fault.trace)
        }
        Found::Sound(extent) => {
            assert!(extent.states > 10_000, "{}: {extent:?}", world.name);
            for response in EVERY_RESPONSE {
                assert!(extent.responses.contains_key(response), "{}: {response}", world.name);
            }
        }
    }
}

/// All that a sender does by default, so that a search without one of them has missed something.
const EVERY_RESPONSE: [&str; 8] = [
    "silent",
    "joined",
    "use cached",
    "fetch",
    "no policy",
    "apply new",
    "apply cached",
    "apply nothing",
];
