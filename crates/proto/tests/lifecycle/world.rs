//! A world: who is in it, and what may be asked for.

use super::event::Ask;
use super::lives::HOSTS;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};

/// A world.
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) nodes: usize,
    /// How often a node may be cut off or killed.
    pub(crate) mishaps: u8,
    pub(crate) way: Way,
    /// What may be published: the mode, the MX hosts covered, `max_age` in seconds.
    pub(crate) policies: &'static [(Mode, &'static [u8], u64)],
    /// The same in words.
    pub(crate) told: &'static [&'static str],
    /// What the administrator may ask for.
    pub(crate) asks: &'static [Ask],
    /// Most versions.
    pub(crate) versions: usize,
    pub(crate) begin: Begin,
}

/// How a world begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Its first policy was announced long ago.
    Published,
    /// Its names lead to us, and nothing is published.
    Empty,
    /// Its first policy is published elsewhere, and its names lead there.
    Elsewhere,
}

impl World {
    /// The policy of a place in the list.
    pub(crate) fn policy(&self, place: u8) -> Policy {
        let (mode, hosts, max_age) = self.policies[usize::from(place)];
        let mx = hosts.iter().map(|host| HOSTS[usize::from(*host)].parse().unwrap()).collect();
        Policy { mode, max_age: MaxAge::from_secs(max_age), mx, extensions: Vec::new() }
    }

    /// All of the list.
    pub(crate) fn all_policies(&self) -> Vec<Policy> {
        (0..).take(self.policies.len()).map(|place| self.policy(place)).collect()
    }
}
