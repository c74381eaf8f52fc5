//! A change of MX hosts (R11): widen, wait, switch, wait, narrow.

use super::held::BEGINNING;
use super::{Life, MARGIN, Version, held_until};
use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::mx_pattern::MxPattern;
use crate::mta_sts::policy::Policy;
use std::time::Duration;

/// The MX hosts of a domain, as DNS gave them: the domain itself where it has no MX records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxSet {
    /// The hosts.
    pub hosts: Vec<DnsName>,
    /// For how many seconds they may be kept.
    pub ttl: u32,
}

impl MxSet {
    /// From when no cache has these records any more that were seen to be replaced at that moment.
    pub fn forgotten_from(&self, replaced: Timestamp) -> Timestamp {
        let ttl = Duration::from_secs(self.ttl.into()).max(LEAST_MX_TTL);
        replaced.after(ttl).after(MARGIN)
    }
}

/// An MX host that DNS names no longer, and caches may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerMx {
    /// The host.
    pub host: DnsName,
    /// From when they do not either: [`MxSet::forgotten_from`].
    pub until: Timestamp,
}

/// A change of MX hosts under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The MX hosts before it, with the largest TTL seen of them.
    pub from: MxSet,
    /// The MX hosts that are to be alone in the end.
    pub to: Vec<DnsName>,
    /// The version that covers both.
    pub wide: u32,
    /// Since when no MX records but those of `to` are seen.
    pub switched: Option<Timestamp>,
}

impl Migration {
    /// True if a policy lets mail through before the switch and after it.
    pub fn is_covered_by(&self, policy: &Policy) -> bool {
        self.from.hosts.iter().chain(&self.to).all(|host| policy.covers(host))
    }

    /// When the policy may be narrowed: once no cache has the old MX records. `None` before they
    /// are gone.
    pub fn narrow_from(&self) -> Option<Timestamp> {
        self.switched.map(|switched| self.from.forgotten_from(switched))
    }

    /// True if nobody but the hosts of `to` is named, and one at least that is new: where hosts are
    /// only added, those from before are named all along.
    fn is_made_by(&self, hosts: &[DnsName]) -> bool {
        let is_new = |host: &DnsName| !self.from.hosts.contains(host);
        !hosts.is_empty()
            && hosts.iter().all(|host| self.to.contains(host))
            && (!self.to.iter().any(is_new) || hosts.iter().any(is_new))
    }

    /// What is newly known of it when these MX hosts are seen; `None` if nothing is.
    pub(super) fn seeing(&self, mx: &MxSet, now: Timestamp) -> Option<Self> {
        let mut seen = self.clone();
        if self.is_made_by(&mx.hosts) {
            seen.switched = Some(self.switched.unwrap_or(now));
        } else {
            // Not yet, or no longer: caches fill with old hosts again.
            seen.switched = None;
            seen.from.ttl = self.from.ttl.max(mx.ttl);
        }
        (seen != *self).then_some(seen)
    }
}

/// From when MX records may name the hosts of `to` alone: once no sender can hold a policy that
/// does not cover them all. `None` while one may still be served.
pub fn switch_from(life: &Life, to: &[DnsName]) -> Option<Timestamp> {
    let narrower =
        |version: &Version| version.asks() && !to.iter().all(|host| version.policy.covers(host));
    held_until(life, narrower)
}

/// A stage of a change of MX hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A policy for both old and new hosts is announced.
    Widened,
    /// The MX records may be switched.
    MaySwitch,
    /// The MX records name the new hosts alone.
    Switched,
    /// The policy may be narrowed to the new hosts.
    MayNarrow,
}

/// A stage, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// The stage.
    pub what: Stage,
    /// When it was reached or will be, as far as that is known; `None` too where it holds from the
    /// beginning: nobody ever held a policy that would have to be waited for.
    pub date: Option<Timestamp>,
    /// It is reached.
    pub done: bool,
}

/// The stages of a change of MX hosts, in their order, with their dates.
pub fn plan(life: &Life, migration: &Migration, now: Timestamp) -> Vec<Milestone> {
    let announced = life
        .announced
        .and_then(|number| life.version(number))
        .filter(|version| migration.is_covered_by(&version.policy))
        .and_then(|_| life.version(migration.wide))
        .and_then(|wide| wide.announced);
    let dates = [
        (Stage::Widened, announced),
        (Stage::MaySwitch, switch_from(life, &migration.to)),
        (Stage::Switched, migration.switched),
        (Stage::MayNarrow, migration.narrow_from()),
    ];
    let milestone = |(what, date): (Stage, Option<Timestamp>)| Milestone {
        what,
        date: date.filter(|date| *date > BEGINNING),
        done: date.is_some_and(|date| date <= now),
    };
    dates.into_iter().map(milestone).collect()
}

/// The same policy, with a pattern for each of these MX hosts that it does not cover yet. A name
/// that no pattern can stand for is left out.
#[must_use]
pub fn proposal(policy: &Policy, mx: &[DnsName]) -> Policy {
    let mut proposal = policy.clone();
    for host in mx {
        if !proposal.covers(host)
            && let Some(domain) = host.to_domain()
        {
            proposal.mx.push(MxPattern::from(domain));
        }
    }
    proposal
}

/// The same policy without the patterns that match none of these MX hosts.
#[must_use]
pub(super) fn narrowed(policy: &Policy, mx: &[DnsName]) -> Policy {
    let mut narrowed = proposal(policy, mx);
    narrowed.mx.retain(|pattern| mx.iter().any(|host| pattern.matches_name(host)));
    narrowed
}

/// The least that is waited for caches of MX records: a resolver tells what is left of a TTL, not
/// what it was.
pub const LEAST_MX_TTL: Duration = Duration::from_hours(1);
