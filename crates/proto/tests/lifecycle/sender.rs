//! A conforming sender: what it does by the decision functions, whatever it remembers.
//!
//! It is asked without its earlier attempts, so that no back-off keeps it from a fetch that
//! another sender might make. Its TXT answers are any that there ever were, as if caches kept them
//! for as long as they like; its MX records any that a cache may hold by their TTL.

use super::lives::{Lives, NOW};
use super::state::{Cached, State, TICK};
use ironpost_proto::mta_sts::discovery::{
    Attempts, CachedPolicy, Occasion, Settings, Step, Store, Timestamp, TxtLookup, conclude,
    next_refresh, next_step,
};
use std::rc::Rc;

/// How a lookup of the record may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Txt {
    /// With this id.
    Found(u8),
    /// With no record.
    Unusable,
    /// With no answer.
    Failed,
}

/// Something that a sender may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Fetch the policy for this id.
    Fetch(Occasion, u8),
    /// Apply its policy, knowing by this answer that it is up to date.
    Trust(u8),
    /// Anything else, which changes nothing.
    Other,
}

/// All that the sender may do, each once.
pub(crate) fn acts(lives: &mut Lives<'_>, state: &State) -> Rc<[Act]> {
    let key = (state.life, state.cached, state.names.record);
    if let Some(known) = lives.acts.get(&key) {
        return known.clone();
    }
    let acts: Rc<[Act]> = decided(lives, state).into();
    lives.acts.insert(key, acts.clone());
    acts
}

fn decided(lives: &Lives<'_>, state: &State) -> Vec<Act> {
    let found = lives.announced(state.life).chain(state.names.record).map(Txt::Found);
    let cached = state.cached.map(|cached| policy(lives, state, cached));
    let attempts = Attempts::default();
    let settings = Settings::default();
    let mut acts = Vec::new();
    for txt in found.chain([Txt::Unusable, Txt::Failed]) {
        let answer = answer(lives, txt);
        let delivery = next_step(&answer, cached.as_ref(), &attempts, settings, NOW);
        let refresh = cached
            .as_ref()
            .map(|cached| next_refresh(&answer, cached, &attempts, settings, NOW).step);
        let mut act = |occasion, step| {
            let act = match (step, txt) {
                (Step::Fetch(id), _) => Act::Fetch(occasion, place(lives, &id)),
                (Step::UseCached, Txt::Found(id)) if occasion == Occasion::Delivery => {
                    Act::Trust(id)
                }
                (Step::UseCached | Step::NoPolicy | Step::Defer, _) => Act::Other,
            };
            // A refresh differs from a delivery by its occasion alone.
            let is_known = acts.iter().any(|known| match (known, &act) {
                (Act::Fetch(_, known), Act::Fetch(_, id)) => known == id,
                (known, act) => known == act,
            });
            if !is_known {
                acts.push(act);
            }
        };
        act(Occasion::Delivery, delivery.step);
        if let Some(step) = refresh {
            act(Occasion::Refresh, step);
        }
    }
    acts
}

/// What the sender holds after a fetch for `id` brought `version`; nothing if it may not be kept.
pub(crate) fn concluded(
    lives: &Lives<'_>,
    state: &State,
    (version, id, fresh): (u8, u8, bool),
) -> Option<Cached> {
    let fetched = lives.version(state.life, version).policy.clone();
    let cached = state.cached.map(|cached| policy(lives, state, cached));
    // What is kept does not depend on the occasion.
    let occasion = Occasion::Delivery;
    let conclusion = conclude(occasion, lives.id(id), Some(fetched), cached.as_ref(), NOW);
    match conclusion.store {
        Store::Replace(kept) => {
            assert_eq!(kept.fetched_at, NOW, "max_age begins with the fetch");
            Some(Cached { version, id: place(lives, &kept.id), age: 0, fresh })
        }
        Store::Forget => None,
        Store::Keep => state.cached,
    }
}

/// What the sender holds, as it knows it.
pub(crate) fn policy(lives: &Lives<'_>, state: &State, cached: Cached) -> CachedPolicy {
    let age = TICK * u32::from(cached.age);
    let fetched_at = NOW.as_millis() - u64::try_from(age.as_millis()).unwrap();
    CachedPolicy {
        policy: lives.version(state.life, cached.version).policy.clone(),
        id: lives.id(cached.id).clone(),
        fetched_at: Timestamp::from_millis(fetched_at),
    }
}

fn answer(lives: &Lives<'_>, txt: Txt) -> TxtLookup {
    match txt {
        Txt::Found(id) => TxtLookup::Found(lives.id(id).clone()),
        Txt::Unusable => TxtLookup::Unusable,
        Txt::Failed => TxtLookup::Failed,
    }
}

fn place(lives: &Lives<'_>, id: &ironpost_proto::mta_sts::record::PolicyId) -> u8 {
    (0..8).find(|index| lives.id(*index) == id).unwrap()
}
