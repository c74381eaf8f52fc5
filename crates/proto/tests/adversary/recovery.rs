//! What becomes of a state when the attacker goes away.

use super::event::{Event, Txt};
use super::property::Property;
use super::sender::{Memory, Sender};
use super::state::{BACK_OFF_TICKS, State, TICK};
use super::world::{NOW, World};
use ironpost_proto::mta_sts::discovery::{Applied, Occasion, Step, Timestamp};

/// [`Property::Recovers`]: the fetch under way fails, which is the attacker's last act, and mail
/// comes with every tick of two back-offs; after the first of them, unless the sender's clock was
/// set back, it comes late enough for every fetch.
pub(crate) fn recovers(world: &World, sender: &dyn Sender, state: &State) -> Result<(), Property> {
    let state = match state.flight {
        Some(_) => world.after(sender, state, Event::Block)?.0,
        None => state.clone(),
    };
    let first = if world.sets_clocks_back() { 0 } else { BACK_OFF_TICKS };
    let last = if world.sets_clocks_back() { 2 * BACK_OFF_TICKS } else { BACK_OFF_TICKS };
    let recovered = (first..=last).any(|ticks| {
        let now = NOW.after(TICK * u32::try_from(ticks).unwrap());
        recovers_at(world, sender, &state, now)
    });
    if recovered { Ok(()) } else { Err(Property::Recovers) }
}

fn recovers_at(world: &World, sender: &dyn Sender, state: &State, now: Timestamp) -> bool {
    let (policy, id) = world.published(state);
    let mut memory = world.memory(state);
    let honest = world.answer(Txt::Found(state.published));
    match sender.deliver(&mut memory, &honest, now).step {
        Step::Fetch(wanted) => {
            wanted == *id && fetches(world, sender, state, memory, (Occasion::Delivery, now))
        }
        Step::NoPolicy | Step::Defer => false,
        Step::UseCached => {
            let Some(cached) = memory.cached.clone() else { return false };
            if cached.id != *id {
                return false;
            }
            // §8.1: the old body under the new id. The refresh heals it, even if DNS fails.
            cached.policy == *policy || {
                let now = now.max(cached.refresh_at(1.0));
                let refresh = sender.refresh(&mut memory, &world.answer(Txt::Failed), now);
                match refresh.map(|decision| decision.step) {
                    Some(Step::Fetch(wanted)) => {
                        wanted == *id
                            && fetches(world, sender, state, memory, (Occasion::Refresh, now))
                    }
                    // It has expired by then, and the next mail fetches.
                    Some(Step::NoPolicy) => !cached.is_valid(now),
                    Some(Step::UseCached | Step::Defer) | None => false,
                }
            }
        }
    }
}

/// True if an honest fetch brings what is published.
fn fetches(
    world: &World,
    sender: &dyn Sender,
    state: &State,
    mut memory: Memory,
    (occasion, now): (Occasion, Timestamp),
) -> bool {
    let (policy, id) = world.published(state);
    let fetched = Some(policy.clone());
    let conclusion = sender.conclude(&mut memory, (occasion, id), fetched, now);
    let kept = match memory.cached {
        Some(cached) => cached.policy == *policy && cached.id == *id && cached.fetched_at == now,
        None => policy.max_age.as_secs() == 0,
    };
    kept && conclusion.applied == Applied::New(policy.clone())
}
