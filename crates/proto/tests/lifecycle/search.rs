//! The search: every state that can be reached, nearest first, so that a trace is a shortest one.

use super::event::{Event, tell};
use super::play::Play;
use super::property::{Landmark, Property, landmarks};
use super::state::State;
use super::tool::Tool;
use super::world::World;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

/// What a search came to.
pub(crate) enum Found {
    /// Every property holds in every state.
    Sound(Extent),
    /// One does not.
    Fault(Violation),
}

/// How much was seen.
#[derive(Debug, Default)]
pub(crate) struct Extent {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) landmarks: BTreeSet<Landmark>,
}

/// A property that does not hold, and how it comes to that.
pub(crate) struct Violation {
    pub(crate) property: Property,
    pub(crate) trace: String,
}

/// Explores `world` to the end, or to the first violation.
pub(crate) fn explore(world: &World, tool: &dyn Tool) -> Found {
    let mut play = Play::new(world, tool);
    let mut extent = Extent::default();
    let first = play.first();
    let mut states = vec![first];
    // From where, and by what, each state was first reached.
    let mut origins: Vec<Option<(u32, Event)>> = vec![None];
    let mut known = HashSet::from([first]);
    let mut next = 0;
    while next < states.len() {
        let state = states[next];
        if let Some(property) = play.broken_trust(&state) {
            let trace = trace(&mut play, &path(&origins, next), first);
            return Found::Fault(Violation { property, trace });
        }
        extent.landmarks.extend(landmarks(&play.lives, &state));
        for event in play.events(&state) {
            extent.transitions += 1;
            match play.after(&state, event) {
                Ok(after) => {
                    if known.insert(after) {
                        states.push(after);
                        origins.push(Some((u32::try_from(next).unwrap(), event)));
                    }
                }
                Err(property) => {
                    let mut path = path(&origins, next);
                    path.push(event);
                    let trace = trace(&mut play, &path, first);
                    return Found::Fault(Violation { property, trace });
                }
            }
        }
        next += 1;
    }
    extent.states = states.len();
    Found::Sound(extent)
}

/// The events that lead to a state.
fn path(origins: &[Option<(u32, Event)>], state: usize) -> Vec<Event> {
    let mut events = Vec::new();
    let mut state = state;
    while let Some((before, event)) = origins[state] {
        events.push(event);
        state = usize::try_from(before).unwrap();
    }
    events.reverse();
    events
}

/// The events in words, by the day, with what the installation does.
fn trace(play: &mut Play<'_>, events: &[Event], first: State) -> String {
    let mut told = String::new();
    let mut state = first;
    let mut day = 0;
    for (place, &event) in events.iter().enumerate() {
        let after = play.after(&state, event);
        day += u32::from(event == Event::Tick);
        let is_last = place + 1 == events.len();
        // A day that goes by is told by the next line.
        if event != Event::Tick || is_last {
            let mut line = tell(event, &state, play.world.told);
            if let (Event::Work, Ok(after)) = (event, &after) {
                line = play.lives.tell(state.life, after.life);
            }
            writeln!(told, "day {day}: {line}").unwrap();
        }
        if let Ok(after) = after {
            state = after;
        }
    }
    told
}
