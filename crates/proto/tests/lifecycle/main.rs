//! The lifecycle of a hosted policy against every conforming sender, in every state of small
//! worlds.
//!
//! An administrator gives any command that is permitted at any time, and switches MX records and
//! moves names when the tool says so; nodes take changes over late, lose the database, are killed
//! and come back; a sender looks up the record and fetches the policy at any time, from any node
//! that serves, with any answer that a cache may still hold, with failures at any step. The
//! lifecycle decides by [`ironpost_proto::lifecycle`], the sender by
//! [`ironpost_proto::mta_sts::discovery`]. What must hold is in `property`; that the search would
//! see it fail, in `faults`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

mod document;
mod event;
mod faults;
mod lives;
mod play;
mod property;
mod search;
mod sender;
mod state;
mod tool;
mod world;
mod worlds;

use faults::PLANTED;
use search::{Extent, Found, explore};
use std::fmt::Write;
use std::sync::Mutex;
use tool::Sound;
use worlds::ALL;

#[test]
fn every_world_is_safe() {
    // Two searches at a time, the longest first.
    let waiting = Mutex::new((0..ALL.len()).collect::<Vec<_>>());
    let rows = Mutex::new(vec![String::new(); ALL.len()]);
    let work = || {
        loop {
            let next = waiting.lock().unwrap().pop();
            let Some(place) = next else { break };
            let row = is_safe(place);
            rows.lock().unwrap()[place] = row;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let head = "| world | states | transitions |\n| --- | ---: | ---: |\n".to_owned();
    let table = head + &rows.into_inner().unwrap().concat();
    println!("{table}");
    document::tells("worlds", &table);
}

/// Explores a world to its end, and gives its row in the document.
fn is_safe(place: usize) -> String {
    let (world, landmarks) = ALL[place];
    match explore(world, &Sound) {
        Found::Fault(fault) => {
            panic!("{}: {:?} is violated\n{}", world.name, fault.property, fault.trace)
        }
        Found::Sound(Extent { states, transitions, landmarks: met }) => {
            for landmark in landmarks {
                assert!(met.contains(landmark), "{}: {landmark:?} was not met", world.name);
            }
            format!("| {} | {states} | {transitions} |\n", world.name)
        }
    }
}

#[test]
fn every_planted_fault_is_found() {
    let mut told = String::new();
    for planted in PLANTED {
        let Found::Fault(fault) = explore(planted.world, planted.tool) else {
            panic!("not found: {}", planted.name);
        };
        assert_eq!(fault.property, planted.violates, "{}\n{}", planted.name, fault.trace);
        let rule = fault.property.rule();
        println!("{}: {:?} is violated\n{}", planted.name, fault.property, fault.trace);
        write!(told, "\n**{}.** Broken: {rule}.\n\n```text\n{}```\n", planted.name, fault.trace)
            .unwrap();
    }
    document::tells("faults", &told);
}
