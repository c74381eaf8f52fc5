//! A world that is explored: how it begins, and what an event does to a state.

mod events;

use super::event::{Ask, Event, Source};
use super::lives::{Deed, Lives, NOW, Seen};
use super::property::{self, Property};
use super::sender::{self, Act};
use super::state::{Cached, Flight, Health, Mx, NODES, Names, Node, State};
use super::tool::{NodeFault, Tool};
use super::world::{Begin, World};
use ironpost_proto::lifecycle::{self, Change, Nodes, Way};
use ironpost_proto::mta_sts::policy::Mode;

/// A world that is explored.
pub(crate) struct Play<'a> {
    pub(crate) world: &'a World,
    pub(crate) lives: Lives<'a>,
    fault: NodeFault,
}

impl<'a> Play<'a> {
    pub(crate) fn new(world: &'a World, tool: &'a dyn Tool) -> Self {
        let lives = Lives::new(tool, world.way, world.all_policies());
        Self { world, lives, fault: tool.nodes() }
    }

    /// The state in which everything begins.
    pub(crate) fn first(&mut self) -> State {
        let mut life = self.lives.begin();
        let (mut serves, mut names) =
            ((None, None), Names { host: true, elsewhere_for: 0, record: None });
        match self.world.begin {
            Begin::Published => {
                let policy = self.world.policy(0);
                let add = Change::Add { number: 1, id: self.lives.id(0).clone(), policy };
                let state = lifecycle::State::published(self.world.policies[0].0);
                let rest = [
                    Change::Show(1),
                    Change::Everywhere(1),
                    Change::Announce(1),
                    Change::Enter(state),
                ];
                life.apply(&[add], NOW);
                life.apply(&rest, NOW);
                serves = (Some(0), Some(0));
                names.record = (self.world.way == Way::Pasted).then_some(0);
            }
            Begin::Empty => {}
            Begin::Elsewhere => {
                let policy = self.world.policy(0);
                let ask = Ask::Adopt(0);
                let place = self.lives.intern(life.clone());
                let mx = Mx { host: 0, other_for: 0 };
                let after = self.lives.ask(place, ask, mx).expect("a policy may be taken over");
                life = self.lives.life(after).clone();
                assert_eq!(life.latest().map(|version| &version.policy), Some(&policy));
                names = Names { host: false, elsewhere_for: 0, record: Some(0) };
            }
        }
        let node = Node {
            health: Health::Live,
            body: serves.0,
            id: serves.1,
            kept: serves,
            unlogged: None,
        };
        let mut nodes = [Node::ABSENT; NODES];
        nodes[..self.world.nodes].fill(node);
        let mut state = State {
            life: self.lives.intern(life),
            nodes,
            cached: None,
            flight: None,
            mx: Mx { host: 0, other_for: 0 },
            names,
            mishaps: self.world.mishaps,
            weakened: false,
        };
        self.settle(&mut state);
        state
    }

    /// What follows when `event` happens in `before`.
    pub(crate) fn after(&mut self, before: &State, event: Event) -> Result<State, Property> {
        let mut state = *before;
        match event {
            Event::Tick => self.tick(&mut state),
            Event::Command(ask) => {
                state.life = self.lives.ask(before.life, ask, before.mx).unwrap_or(before.life);
                state.weakened |= self.is_weak(before, ask);
            }
            Event::Work => {
                if let Deed::Become(life) = self.deed(before) {
                    state.life = life;
                }
            }
            Event::Paste(id) => state.names.record = Some(id),
            Event::SwitchMx => {
                // For the old TTL, and the tick in which it began.
                state.mx = Mx { host: 1 - before.mx.host, other_for: 2 };
            }
            Event::MoveHost => {
                state.names.host = true;
                state.names.elsewhere_for = 2;
            }
            Event::MoveRecord => state.names.record = None,
            Event::Follow(index) => self.follow(&mut state, index),
            Event::Heal(index) => {
                if state.nodes[index].health == Health::Restarted {
                    self.account(&mut state);
                }
                self.follow(&mut state, index);
            }
            Event::Cut(index) => {
                state.mishaps -= 1;
                state.nodes[index].health = Health::Cut;
            }
            Event::Kill(index) => {
                state.mishaps = state.mishaps.saturating_sub(1);
                let node = &mut state.nodes[index];
                node.health = Health::Dead;
                (node.body, node.id) = node.kept;
                // What it had not written is lost.
                node.unlogged = None;
            }
            Event::Return(index) => {
                self.account(&mut state);
                if self.fault == NodeFault::ServedBeforeAsked {
                    state.nodes[index].health = Health::Live;
                } else {
                    self.follow(&mut state, index);
                }
            }
            Event::ReturnCut(index) => state.nodes[index].health = Health::Restarted,
            Event::Forget(index) => {
                self.account(&mut state);
                state.nodes[index] = Node::ABSENT;
            }
            Event::Fetch { id, occasion: _, from, late } => {
                let (version, fresh) = self.answer(&mut state, from);
                let cached = state.cached.map(|cached| cached.version);
                let enforced = cached.is_some_and(|held| {
                    self.lives.version(state.life, held).policy.mode == Mode::Enforce
                });
                let flight = Flight { version, id, age: 0, fresh, enforced };
                if late {
                    state.flight = Some(flight);
                    state.cached = None;
                } else {
                    self.conclude(&mut state, flight)?;
                }
            }
            Event::FetchFails { .. } => {}
            Event::Land => {
                if let Some(flight) = state.flight.take() {
                    self.conclude(&mut state, flight)?;
                }
            }
        }
        self.settle(&mut state);
        match property::broken(&self.lives, &state) {
            Some(property) => Err(property),
            None => Ok(state),
        }
    }

    /// What does not hold because of what a sender believes in `state`.
    pub(crate) fn broken_trust(&mut self, state: &State) -> Option<Property> {
        let acts = sender::acts(&mut self.lives, state);
        acts.iter().find_map(|act| match act {
            Act::Trust(id) => property::broken_trust(&self.lives, state, *id),
            Act::Fetch(..) | Act::Other => None,
        })
    }

    fn tick(&mut self, state: &mut State) {
        state.life = self.lives.tick(state.life);
        for node in &mut state.nodes {
            node.unlogged = node.unlogged.map(|age| (age + 1).min(OLDEST));
        }
        if let Some(cached) = &mut state.cached {
            cached.age += 1;
        }
        let is_valid = |cached: &Cached| sender::policy(&self.lives, state, *cached).is_valid(NOW);
        state.cached = state.cached.filter(is_valid);
        if let Some(flight) = &mut state.flight {
            flight.age += 1;
        }
        state.mx.other_for = state.mx.other_for.saturating_sub(1);
        state.names.elsewhere_for = state.names.elsewhere_for.saturating_sub(1);
    }

    /// A node takes over what was changed: it writes its log, keeps what is new, serves it, and
    /// says so.
    fn follow(&mut self, state: &mut State, index: usize) {
        let current = self.current(state);
        let node = &mut state.nodes[index];
        if let Some((body, age)) = node.body.zip(node.unlogged)
            && node.body != current.0
        {
            if self.fault != NodeFault::LogAfterWord {
                state.life = self.lives.served(state.life, body, age);
            }
            node.unlogged = None;
        }
        node.health = Health::Live;
        (node.body, node.id) = current;
        if self.fault != NodeFault::KeptAfterWord {
            node.kept = current;
        }
    }

    /// The database takes it that a node which did not leave in order served until now.
    fn account(&mut self, state: &mut State) {
        if self.fault != NodeFault::GapIgnored {
            state.life = self.lives.accounted(state.life);
        }
    }

    /// A fetch is answered; the node remembers it for its log.
    fn answer(&self, state: &mut State, from: Source) -> (u8, bool) {
        match from {
            Source::Elsewhere => (0, !state.names.host),
            Source::Node(index) => {
                let node = &mut state.nodes[index];
                let version = node.body.expect("only a node that serves is asked");
                let asks = self.lives.version(state.life, version).asks();
                node.unlogged = asks.then_some(0);
                (version, node.health == Health::Live)
            }
        }
    }

    fn conclude(
        &self,
        state: &mut State,
        Flight { version, id, age, fresh, enforced }: Flight,
    ) -> Result<(), Property> {
        let cached = sender::concluded(&self.lives, state, (version, id, fresh));
        let mode = self.lives.version(state.life, version).policy.mode;
        if enforced && mode != Mode::Enforce && !state.weakened {
            return Err(Property::NotTalkedOut);
        }
        // An earlier fetch of the same is of no consequence any more.
        for node in state.nodes.iter_mut().filter(|node| node.body == Some(version)) {
            node.unlogged = node.unlogged.filter(|since| *since <= age);
        }
        // Whether an old answer was live matters only while it is older than its id.
        state.cached = cached.map(|cached| Cached { fresh: fresh || version >= id, ..cached });
        Ok(())
    }

    /// Forgets what is of no consequence. Of fetches, only those matter by which the sender holds
    /// something: that others are not in the log makes dates earlier at most.
    fn settle(&mut self, state: &mut State) {
        let bit = |version: Option<u8>| version.map_or(0, |version| 1 << version);
        let held = bit(state.cached.map(|cached| cached.version))
            | bit(state.flight.map(|flight| flight.version));
        state.life = self.lives.lessened(state.life, held);
        for node in &mut state.nodes {
            node.unlogged = node.unlogged.filter(|_| held & bit(node.body) != 0);
        }
        state.nodes.sort_unstable();
    }

    fn deed(&mut self, state: &State) -> Deed {
        let shown = self.current(state).0;
        let present = || state.nodes.iter().filter(|node| node.health != Health::Absent);
        let live = || present().filter(|node| node.health == Health::Live);
        // A node that is not live has said what it said last.
        let said = |node: &Node| match node.health {
            Health::Live | Health::Cut | Health::Restarted => node.body,
            Health::Dead | Health::Absent => node.kept.0,
        };
        let nodes = if live().count() == 0 || live().any(|node| node.body != shown) {
            Nodes::Behind
        } else if present().any(|node| said(node) != shown) {
            Nodes::LiveAgree
        } else {
            Nodes::AllAgree
        };
        let seen = Seen {
            nodes,
            fetched: live().any(|node| node.body == shown),
            mx: state.mx.host,
            host: state.names.host,
            record: state.names.record,
        };
        self.lives.deed(state.life, seen)
    }

    /// What nodes should serve.
    fn current(&self, state: &State) -> (Option<u8>, Option<u8>) {
        let life = self.lives.life(state.life);
        let index = |number: Option<u32>| number.map(|number| u8::try_from(number - 1).unwrap());
        (index(life.shown), index(life.announced))
    }

    /// True if the administrator asks for less than enforcement.
    fn is_weak(&self, before: &State, ask: Ask) -> bool {
        match ask {
            Ask::Publish(index) | Ask::Adopt(index) => {
                self.world.policies[usize::from(index)].0 != Mode::Enforce
            }
            Ask::Rollback(version) => {
                self.lives.version(before.life, version).policy.mode != Mode::Enforce
            }
            Ask::Withdraw => true,
            Ask::Migrate | Ask::Narrow | Ask::BreakOff => {
                let latest = self.lives.life(before.life).latest();
                latest.is_some_and(|latest| latest.policy.mode != Mode::Enforce)
            }
        }
    }
}

/// The age beyond which a fetch that is not in the log does not matter.
const OLDEST: u8 = 4;
