//! The log of fetches: how often each version was fetched, by network and sender, in hours that
//! become days; and when each was served last.

mod fold;
mod network;
mod read;
mod write;

pub use fold::{DAYS_KEPT, HOURS_KEPT, NETWORKS_PER_DAY};
pub use network::{Network, NetworkError};
pub use read::Fetched;

use super::DomainId;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// Counts that are written together, and once, whatever becomes of the answer of the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Its number: a node counts its batches from 1.
    pub number: u64,
    /// How often, and to whom.
    pub rows: Vec<FetchRow>,
}

/// The last time that a version was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastServed {
    /// Of which domain.
    pub domain: DomainId,
    /// Its number.
    pub version: u32,
    /// When.
    pub at: Timestamp,
}

/// How often a version was fetched from a network in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRow {
    /// Of which domain.
    pub domain: DomainId,
    /// Its number.
    pub version: u32,
    /// In which hour.
    pub hour: Hour,
    /// From where.
    pub network: Network,
    /// By whom: the name of a known sender, or what an unknown one calls itself; made visible.
    pub sender: String,
    /// How often.
    pub fetches: u64,
}

/// An hour, counted from 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(pub u32);

impl Hour {
    /// The hour of a moment.
    pub fn of(moment: Timestamp) -> Self {
        Self(u32::try_from(moment.as_millis() / HOUR_MILLIS).unwrap_or(u32::MAX))
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(u64::from(self.0) * HOUR_MILLIS)
    }
}

const HOUR_MILLIS: u64 = Duration::from_hours(1).as_secs() * 1000;
const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;
