//! Who fetched which version when (RFC 8461 §8.3 needs to know): counted in memory, by hour,
//! network and sender, within bounds; written to the database by [`FetchLog::flush`].

use crate::served::Site;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::net::IpAddr;

/// The log. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FetchLog {}

impl FetchLog {
    /// A policy went out whole. Never waits, never grows beyond its bound.
    pub fn record(
        &self,
        site: &Site,
        version: u32,
        client: IpAddr,
        user_agent: Option<&[u8]>,
        now: Timestamp,
    ) {
        let _ = (site, version, client, user_agent, now);
        todo!("fetch log")
    }
}
