//! A world: what the domain publishes, how far its clocks go, and what an event does to a state.

use super::event::{Event, Response, Txt};
use super::property::{self, Property};
use super::sender::{Memory, Sender};
use super::state::{BACK_OFF_TICKS, Cached, Fetched, Flight, IDS, State, TICK, Tried, Version};
use ironpost_proto::mta_sts::discovery::{
    Applied, Attempt, Attempts, BACK_OFF, CachedPolicy, Conclusion, Occasion, Outcome, Step,
    Timestamp, TxtLookup,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Policy};
use ironpost_proto::mta_sts::record::PolicyId;

/// A world.
pub(crate) struct World {
    pub(crate) name: &'static str,
    versions: &'static [Version],
    /// By how many ticks the sender's clock may be set back, and how often.
    set_backs: (&'static [i8], u8),
    policies: Vec<Policy>,
    /// What a TXT answer may carry, whether or not the domain ever published it.
    ids: Vec<PolicyId>,
}

impl World {
    /// A domain that publishes `versions` in turn, over and over; a sender whose clock is right.
    pub(crate) fn new(name: &'static str, versions: &'static [Version]) -> Self {
        let policies = versions.iter().enumerate().map(policy).collect();
        let ids = ["a", "b", "c"].iter().take(IDS).map(|id| id.parse().unwrap());
        Self { name, versions, set_backs: (&[], 0), policies, ids: ids.collect() }
    }

    /// The same with no ids but those of the versions, and a sender whose clock is set back
    /// `times` times by one of `ticks`.
    pub(crate) fn with_set_backs(mut self, ticks: &'static [i8], times: u8) -> Self {
        self.ids.truncate(self.versions.len());
        Self { set_backs: (ticks, times), ..self }
    }

    /// The state in which everything begins.
    pub(crate) fn first(&self) -> State {
        State::first(self.set_backs.1)
    }

    /// All that may happen in `state`.
    pub(crate) fn events(&self, state: &State) -> Vec<Event> {
        let ids = (0..).take(self.ids.len()).map(Txt::Found);
        let answers: Vec<_> = ids.chain([Txt::Unusable, Txt::Failed]).collect();
        let mut events = vec![Event::Publish];
        events.extend(answers.iter().copied().map(Event::Mail));
        if state.cached.is_some() {
            events.extend(answers.into_iter().map(Event::Refresh));
        }
        match state.flight {
            // A fetch has a deadline.
            None => events.push(Event::Tick),
            Some(flight) => {
                events.extend((flight.age < LONGEST_FLIGHT).then_some(Event::Tick));
                events.extend([Event::Block, Event::Serve(flight.published)]);
                if state.published != flight.published {
                    events.push(Event::Serve(state.published));
                }
            }
        }
        if state.truth.set_backs > 0 && !state.truth.set_back {
            events.extend(self.set_backs.0.iter().copied().map(Event::SetBack));
        }
        events
    }

    /// What follows when `event` happens in `before`.
    pub(crate) fn after(
        &self,
        sender: &dyn Sender,
        before: &State,
        event: Event,
    ) -> Result<(State, Response), Property> {
        let mut state = before.clone();
        let response = match event {
            Event::Tick => {
                state.pass_tick();
                self.forget_what_cannot_matter(&mut state);
                return Ok((state, Response::Silent));
            }
            Event::Publish => {
                state.published =
                    (state.published + 1) % u8::try_from(self.versions.len()).unwrap();
                return Ok((state, Response::Silent));
            }
            Event::SetBack(ticks) => {
                state.set_back(ticks);
                return Ok((state, Response::Silent));
            }
            Event::Mail(txt) => self.look_up(sender, &mut state, txt, Occasion::Delivery)?,
            Event::Refresh(txt) => self.look_up(sender, &mut state, txt, Occasion::Refresh)?,
            Event::Block => self.conclude(sender, &mut state, None)?,
            Event::Serve(version) => self.conclude(sender, &mut state, Some(version))?,
        };
        property::of_memory(&state)?;
        property::of_response(&state, &response)?;
        Ok((state, response))
    }

    fn look_up(
        &self,
        sender: &dyn Sender,
        state: &mut State,
        txt: Txt,
        occasion: Occasion,
    ) -> Result<Response, Property> {
        let mut memory = self.memory(state);
        let answer = self.answer(txt);
        let decision = match occasion {
            Occasion::Delivery => Some(sender.deliver(&mut memory, &answer, NOW)),
            Occasion::Refresh => sender.refresh(&mut memory, &answer, NOW),
        };
        let age = state.cached.map(|cached| cached.age);
        self.keep(state, &memory)?;
        if state.cached.zip(age).is_some_and(|(cached, age)| cached.age < age) {
            return Err(Property::LookupIsNoFetch);
        }
        let Some(decision) = decision else { return Ok(Response::Silent) };
        let Step::Fetch(id) = &decision.step else { return Ok(Response::Decided(decision.step)) };
        let id = self.index(id);
        if occasion == Occasion::Delivery
            && state.is_owed()
            && state.truth.fetched.is_some_and(|fetched| fetched.id == id)
        {
            return Err(Property::KnownIdIsEnough);
        }
        if state.flight.is_some() {
            return Ok(Response::Joined);
        }
        if state.truth.held[usize::from(id)] > 0 {
            return Err(Property::OneFetchPerId);
        }
        state.flight = Some(Flight { id, occasion, published: state.published, age: 0 });
        Ok(Response::Decided(decision.step))
    }

    fn conclude(
        &self,
        sender: &dyn Sender,
        state: &mut State,
        served: Option<u8>,
    ) -> Result<Response, Property> {
        let Some(flight) = state.flight.take() else { return Ok(Response::Silent) };
        let mut memory = self.memory(state);
        let fetched = served.map(|version| self.policies[usize::from(version)].clone());
        let on = (flight.occasion, &self.ids[usize::from(flight.id)]);
        let Conclusion { applied, .. } = sender.conclude(&mut memory, on, fetched.clone(), NOW);
        let mut held = BACK_OFF_TICKS;
        if let Some(version) = served {
            let max_age = self.versions[usize::from(version)].max_age;
            held = held.min(max_age);
            let fetched = Fetched { version, id: flight.id, owed: max_age, allowed: max_age };
            state.truth.fetched = (max_age > 0).then_some(fetched);
        }
        state.truth.held[usize::from(flight.id)] = held;
        self.keep(state, &memory)?;
        // What was fetched is what is applied, and nothing else is.
        let new = match &applied {
            Applied::New(policy) => Some(policy),
            Applied::Cached | Applied::Nothing => None,
        };
        if new != fetched.as_ref() {
            return Err(Property::Kept);
        }
        Ok(Response::Concluded(applied))
    }

    /// From a state to what its sender remembers.
    pub(crate) fn memory(&self, state: &State) -> Memory {
        let cached = state.cached.map(|cached| CachedPolicy {
            policy: self.policies[usize::from(cached.version)].clone(),
            id: self.ids[usize::from(cached.id)].clone(),
            fetched_at: moment(cached.age),
        });
        let mut attempts = Attempts::default();
        for &Tried { id, age, outcome } in &state.attempts {
            let id = self.ids[usize::from(id)].clone();
            attempts.record(Attempt { id, at: moment(age), outcome });
        }
        Memory { cached, attempts }
    }

    /// From what a sender remembers to a state; it has looked at its clock.
    fn keep(&self, state: &mut State, memory: &Memory) -> Result<(), Property> {
        if std::mem::take(&mut state.truth.set_back)
            && let Some(fetched) = &mut state.truth.fetched
        {
            fetched.allowed = self.versions[usize::from(fetched.version)].max_age;
        }
        state.cached = match &memory.cached {
            None => None,
            Some(cached) => {
                let version = self.policies.iter().position(|policy| *policy == cached.policy);
                let version = u8::try_from(version.ok_or(Property::Kept)?).unwrap();
                Some(Cached { version, id: self.index(&cached.id), age: age(cached.fetched_at) })
            }
        };
        let back_off = MaxAge::from_secs(BACK_OFF.as_secs());
        let tried = |attempt: &Attempt| Tried {
            id: self.index(&attempt.id),
            age: age(attempt.at),
            // However long a policy may be kept, its fetch holds back for a back-off at most.
            outcome: match attempt.outcome {
                Outcome::Failed => Outcome::Failed,
                Outcome::Fetched(max_age) => Outcome::Fetched(max_age.min(back_off)),
            },
        };
        state.attempts = memory.attempts.newest_first().map(tried).collect();
        state.attempts.reverse();
        self.forget_what_cannot_matter(state);
        Ok(())
    }

    /// What is so old that no clock that is set back makes it matter again; an expired policy is
    /// left for a tick, that a faulty sender may apply it.
    fn forget_what_cannot_matter(&self, state: &mut State) {
        let jump = self.set_backs.0.iter().max().filter(|_| state.truth.set_backs > 0);
        let jump = jump.copied().unwrap_or_default();
        let lifetime = |version: u8| self.versions[usize::from(version)].max_age;
        state.cached = state.cached.filter(|cached| cached.age <= lifetime(cached.version) + jump);
        if state.cached.is_none() && !state.is_owed() {
            state.truth.fetched = None;
        }
        state.attempts.retain(|tried| tried.age < BACK_OFF_TICKS + jump);
    }

    /// True if the sender's clock may be set back in this world.
    pub(crate) fn sets_clocks_back(&self) -> bool {
        self.set_backs.1 > 0
    }

    /// What the attacker's answer is to the sender.
    pub(crate) fn answer(&self, txt: Txt) -> TxtLookup {
        match txt {
            Txt::Found(id) => TxtLookup::Found(self.ids[usize::from(id)].clone()),
            Txt::Unusable => TxtLookup::Unusable,
            Txt::Failed => TxtLookup::Failed,
        }
    }

    /// The policy that the domain publishes in `state`, and its id.
    pub(crate) fn published(&self, state: &State) -> (&Policy, &PolicyId) {
        let version = usize::from(state.published);
        (&self.policies[version], &self.ids[version])
    }

    fn index(&self, id: &PolicyId) -> u8 {
        let index = self.ids.iter().position(|known| known == id);
        u8::try_from(index.expect("only these ids are ever told")).unwrap()
    }
}

/// Versions differ in a host, so that they are told apart even where they demand the same.
fn policy((index, version): (usize, &Version)) -> Policy {
    let max_age = MaxAge::from_secs(TICK.as_secs() * u64::try_from(version.max_age).unwrap());
    let mx = vec![format!("mx{index}.a.test").parse().unwrap()];
    Policy { mode: version.mode, max_age, mx, extensions: Vec::new() }
}

fn moment(age: i8) -> Timestamp {
    let millis = i64::try_from(NOW.as_millis()).unwrap() - i64::from(age) * TICK_MILLIS;
    Timestamp::from_millis(u64::try_from(millis).unwrap())
}

fn age(moment: Timestamp) -> i8 {
    let millis = |moment: Timestamp| i64::try_from(moment.as_millis()).unwrap();
    i8::try_from((millis(NOW) - millis(moment)) / TICK_MILLIS).unwrap()
}

/// The moment at which every event happens: what matters are distances.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

const TICK_MILLIS: i64 = 150_000;

/// The ticks after which a fetch has ended one way or the other.
const LONGEST_FLIGHT: i8 = 1;
