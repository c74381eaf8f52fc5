//! What must hold in every state, and what must have been met.

use super::lives::Lives;
use super::sender::policy;
use super::state::{Health, State};
use ironpost_proto::lifecycle;
use ironpost_proto::mta_sts::policy::Mode;

/// What must hold as long as the administrator follows the tool's dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Property {
    /// A sender that holds a policy in mode enforce finds an MX host that it covers, whichever MX
    /// records it may have in its cache.
    Delivers,
    /// A sender that holds a policy in mode enforce comes to hold a weaker one only after the
    /// administrator asked for testing or for withdrawal.
    NotTalkedOut,
    /// Once nothing is served, nobody holds a policy that asks for something, so that nobody can be
    /// harmed by what becomes of the names.
    HeldByNobody,
    /// No live node gives an id while a live node serves an older body (§8.1).
    BodyFirst,
    /// A sender that is told by a live node that its policy is up to date holds the version that
    /// the id was announced for, or a later one, unless a node that was cut off answered its fetch.
    IdTellsVersion,
}

impl Property {
    /// What it says, for the document.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::Delivers => "a policy in mode enforce covers every MX host a sender may know",
            Self::NotTalkedOut => "nobody who enforces is talked out of it unasked",
            Self::HeldByNobody => "once nothing is served, nobody holds a policy",
            Self::BodyFirst => "no id before its body",
            Self::IdTellsVersion => "an id that is current means a policy that is",
        }
    }
}

/// Situations that a search must have met, or it has missed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Landmark {
    /// Everything was withdrawn.
    Gone,
    /// A sender holds a policy in mode enforce while mode none is announced.
    EnforcedWhileWithdrawing,
    /// Mode testing or enforce is announced again after mode none was.
    CameBack,
    /// A version is shown while an older one is not everywhere yet.
    Superseded,
    /// A sender holds an older body under a later id, from a node that was cut off.
    OldBody,
    /// A cut-off node gives an older id than is announced.
    OldId,
    /// A dead node is waited for.
    Waiting,
    /// MX records were switched, and a sender may have the old ones.
    OldMx,
    /// A sender holds a policy for the old MX host alone while a wider one is everywhere.
    NarrowWhileWide,
    /// The policy was narrowed to the new MX host.
    Narrowed,
    /// A policy is served here and where it was before.
    ServedTwice,
    /// A slow answer brings a policy that no live node serves any more.
    SlowAnswer,
}

/// What does not hold in a state.
pub(crate) fn broken(lives: &Lives<'_>, state: &State) -> Option<Property> {
    let life = lives.life(state.life);
    if let Some(cached) = state.cached {
        let held = policy(lives, state, cached).policy;
        let other = (state.mx.other_for > 0).then_some(1 - state.mx.host);
        let mut hosts = [Some(state.mx.host), other].into_iter().flatten();
        if held.mode == Mode::Enforce && hosts.any(|host| !held.covers(lives.host(host))) {
            return Some(Property::Delivers);
        }
        if life.state == lifecycle::State::Gone && held.mode != Mode::None {
            return Some(Property::HeldByNobody);
        }
    }
    let serving = || state.nodes.iter().filter(|node| node.health == Health::Live);
    let record = state.names.record.filter(|_| state.names.host);
    let newest_id = serving().filter_map(|node| node.id).chain(record).max();
    let oldest_body = serving().map(|node| node.body).min()?;
    // Nothing is served where everything was withdrawn.
    (newest_id > oldest_body && life.state != lifecycle::State::Gone).then_some(Property::BodyFirst)
}

/// What does not hold when a sender trusts its policy because a live node gave its id.
pub(crate) fn broken_trust(lives: &Lives<'_>, state: &State, id: u8) -> Option<Property> {
    let cached = state.cached?;
    let mut live = state.nodes.iter().filter(|node| node.health == Health::Live);
    let is_old = cached.fresh
        && live.any(|node| {
            node.id.is_some_and(|version| {
                lives.id_of(state.life, version) == id && cached.version < version
            })
        });
    is_old.then_some(Property::IdTellsVersion)
}

/// What a state is an example of.
pub(crate) fn landmarks(lives: &Lives<'_>, state: &State) -> Vec<Landmark> {
    let life = lives.life(state.life);
    let announced = life.announced.map(|number| u8::try_from(number - 1).unwrap());
    let mode = |version: u8| lives.version(state.life, version).policy.mode;
    let held = state.cached.map(|cached| policy(lives, state, cached).policy);
    let is_enforced = held.as_ref().is_some_and(|held| held.mode == Mode::Enforce);
    let is_none = announced.is_some_and(|version| mode(version) == Mode::None);
    let was_none = |version: u8| (0..version).any(|earlier| mode(earlier) == Mode::None);
    let covers = |index| held.as_ref().is_some_and(|held| held.covers(lives.host(index)));
    let covers_both = |number| {
        life.version(number)
            .is_some_and(|version| (0..2).all(|host| version.policy.covers(lives.host(host))))
    };
    let wide = life.migration.as_ref().is_some_and(|migration| covers_both(migration.wide));
    let shown = life.versions.iter().filter(|version| version.shown.is_some());
    let lagging = shown.filter(|version| version.everywhere.is_none()).count();
    let table = [
        (Landmark::Gone, life.state == lifecycle::State::Gone),
        (Landmark::EnforcedWhileWithdrawing, is_none && is_enforced),
        (Landmark::CameBack, announced.is_some_and(was_none) && !is_none),
        (Landmark::Superseded, lagging > 1),
        (Landmark::OldBody, state.cached.is_some_and(|c| !c.fresh && c.version < c.id)),
        (
            Landmark::OldId,
            state.nodes.iter().any(|n| n.serves() && n.health != Health::Live && n.id < announced),
        ),
        (Landmark::Waiting, state.nodes.iter().any(|node| node.health == Health::Dead)),
        (Landmark::OldMx, state.mx.other_for > 0),
        (Landmark::NarrowWhileWide, wide && is_enforced && !(covers(0) && covers(1))),
        (
            Landmark::Narrowed,
            state.mx.host == 1
                && life
                    .announced
                    .and_then(|n| life.version(n))
                    .is_some_and(|version| version.asks() && !version.policy.covers(lives.host(0))),
        ),
        (Landmark::ServedTwice, state.names.host && state.names.elsewhere_for > 0),
        (
            Landmark::SlowAnswer,
            state.flight.is_some_and(|flight| {
                flight.fresh && state.nodes.iter().all(|node| node.body != Some(flight.version))
            }),
        ),
    ];
    table.into_iter().filter_map(|(landmark, is_met)| is_met.then_some(landmark)).collect()
}
