//! What may happen in a state.

use super::Play;
use crate::event::{Event, Source};
use crate::lives::Deed;
use crate::sender::{self, Act};
use crate::state::{Health, State};
use crate::world::Begin;

impl Play<'_> {
    /// All that may happen in `state`.
    pub(crate) fn events(&mut self, state: &State) -> Vec<Event> {
        let mut events = Vec::new();
        for ask in self.world.asks {
            let is_room = self.lives.life(state.life).versions.len() < self.world.versions;
            if is_room && self.lives.ask(state.life, *ask, state.mx).is_some() {
                events.push(Event::Command(*ask));
            }
        }
        match self.deed(state) {
            Deed::Nothing => {}
            Deed::Become(_) => events.push(Event::Work),
            Deed::AskToPaste(id) => events.push(Event::Paste(id)),
        }
        if state.mx.other_for == 0 && self.lives.may_switch(state.life, 1 - state.mx.host) {
            events.push(Event::SwitchMx);
        }
        // The names are moved once what is taken over is ready here.
        let is_ready = self.lives.life(state.life).announced.is_some();
        if self.world.begin == Begin::Elsewhere && is_ready {
            let record = (!state.names.host).then_some(Event::MoveHost);
            events.extend(record);
            events.extend(state.names.record.map(|_| Event::MoveRecord));
        }
        self.of_nodes(state, &mut events);
        self.of_sender(state, &mut events);
        // An answer is under way for a day at most.
        if state.flight.is_none_or(|flight| flight.age == 0) {
            events.push(Event::Tick);
        }
        events
    }

    fn of_nodes(&self, state: &State, events: &mut Vec<Event>) {
        let current = self.current(state);
        for (index, node) in state.nodes.iter().enumerate() {
            // Which of several that are alike does not matter.
            if index > 0 && state.nodes[index - 1] == *node {
                continue;
            }
            let may_fail = state.mishaps > 0;
            match node.health {
                Health::Live => {
                    if (node.body, node.id) != current {
                        events.push(Event::Follow(index));
                    }
                    if may_fail {
                        events.extend([Event::Cut(index), Event::Kill(index)]);
                    }
                }
                Health::Cut | Health::Restarted => {
                    events.push(Event::Heal(index));
                    if may_fail {
                        events.push(Event::Kill(index));
                    }
                }
                Health::Dead => {
                    events.extend([
                        Event::Return(index),
                        Event::ReturnCut(index),
                        Event::Forget(index),
                    ]);
                }
                Health::Absent => {}
            }
        }
    }

    fn of_sender(&mut self, state: &State, events: &mut Vec<Event>) {
        if state.flight.is_some() {
            // One fetch of a domain at a time.
            events.push(Event::Land);
            return;
        }
        for act in sender::acts(&mut self.lives, state).iter() {
            let Act::Fetch(occasion, id) = *act else { continue };
            events.push(Event::FetchFails { id, occasion });
            for from in sources(state) {
                for late in [false, true] {
                    events.push(Event::Fetch { id, occasion, from, late });
                }
            }
        }
    }
}

/// Who may answer a fetch.
fn sources(state: &State) -> Vec<Source> {
    let mut sources = Vec::new();
    if !state.names.host || state.names.elsewhere_for > 0 {
        sources.push(Source::Elsewhere);
    }
    for (index, node) in state.nodes.iter().enumerate() {
        let is_twin = index > 0 && state.nodes[index - 1] == *node;
        if state.names.host && node.serves() && node.body.is_some() && !is_twin {
            sources.push(Source::Node(index));
        }
    }
    sources
}
