//! The search: every state that can be reached, nearest first, so that a trace is a shortest one.

use super::event::{Event, Response};
use super::property::Property;
use super::recovery::recovers;
use super::sender::Sender;
use super::state::TICK;
use super::world::World;
use ironpost_proto::mta_sts::discovery::{Applied, Step};
use std::collections::{HashMap, HashSet};
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
    pub(crate) steps: usize,
    /// How often the sender did what.
    pub(crate) responses: HashMap<&'static str, usize>,
}

/// A property that does not hold, and how it comes to that.
pub(crate) struct Violation {
    pub(crate) property: Property,
    pub(crate) trace: String,
}

/// Explores `world` to the end, or to the first violation.
pub(crate) fn explore(world: &World, sender: &dyn Sender) -> Found {
    let mut extent = Extent::default();
    let mut states = vec![world.first()];
    // From where, and by what, each state was first reached.
    let mut origins: Vec<Option<(usize, Event)>> = vec![None];
    let mut known = HashSet::from([world.first()]);
    let mut next = 0;
    while next < states.len() {
        let state = states[next].clone();
        for event in world.events(&state) {
            extent.steps += 1;
            match world.after(sender, &state, event) {
                Ok((after, response)) => {
                    *extent.responses.entry(kind(&response)).or_default() += 1;
                    if !known.contains(&after) {
                        known.insert(after.clone());
                        states.push(after);
                        origins.push(Some((next, event)));
                    }
                }
                Err(property) => {
                    let trace = tell(world, sender, &path(&origins, next), Some(event));
                    return Found::Fault(Violation { property, trace });
                }
            }
        }
        next += 1;
    }
    // Afterwards, since a fault that shows at once has the plainer trace.
    for (index, state) in states.iter().enumerate() {
        if let Err(property) = recovers(world, sender, state) {
            let trace = tell(world, sender, &path(&origins, index), None);
            return Found::Fault(Violation { property, trace });
        }
    }
    extent.states = states.len();
    Found::Sound(extent)
}

/// The events that lead to a state.
fn path(origins: &[Option<(usize, Event)>], mut state: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some((before, event)) = origins[state] {
        events.push(event);
        state = before;
    }
    events.reverse();
    events
}

/// The events in words, with what the sender did.
fn tell(world: &World, sender: &dyn Sender, events: &[Event], last: Option<Event>) -> String {
    let mut told = String::new();
    let mut state = world.first();
    let mut secs = 0;
    for &event in events {
        let (after, response) = world.after(sender, &state, event).ok().unwrap();
        if event == Event::Tick {
            secs += TICK.as_secs();
        } else {
            writeln!(told, "  {secs:>5} s  {event}: {response}").unwrap();
        }
        state = after;
    }
    match last {
        Some(event) => writeln!(told, "  {secs:>5} s  {event}: VIOLATED").unwrap(),
        None => writeln!(told, "  {secs:>5} s  the attacker goes away: VIOLATED").unwrap(),
    }
    told
}

fn kind(response: &Response) -> &'static str {
    match response {
        Response::Silent => "silent",
        Response::Joined => "joined",
        Response::Decided(Step::UseCached) => "use cached",
        Response::Decided(Step::Fetch(_)) => "fetch",
        Response::Decided(Step::NoPolicy) => "no policy",
        Response::Decided(Step::Defer) => "defer",
        Response::Concluded(Applied::New(_)) => "apply new",
        Response::Concluded(Applied::Cached) => "apply cached",
        Response::Concluded(Applied::Nothing) => "apply nothing",
    }
}
