//! The resolver: typed lookups through a recursive resolver.

use super::answer::{Caa, Lookup, Mx};
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::DnsName;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How lookups are made.
#[derive(Debug, Clone)]
pub struct ResolverConfig {
    /// The recursive resolvers, tried in order; from `/etc/resolv.conf` when empty.
    pub servers: Vec<SocketAddr>,
    /// Where DNSSEC status comes from.
    pub dnssec: Dnssec,
    /// Total time for one lookup, retransmissions and TCP included.
    pub deadline: Duration,
    /// Most queries in flight at once, over all lookups.
    pub in_flight: usize,
}

/// Where DNSSEC status comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// `TrustAd` if the first resolver is on loopback and shows that it validates, else `Validate`.
    Auto,
    /// Validate in the process, from the root's anchors or those of a file (DS or DNSKEY records
    /// in zone-file form).
    Validate {
        /// Another trust anchor than the root's built-in one.
        trust_anchor: Option<PathBuf>,
    },
    /// Believe the AD bit of the resolver.
    TrustAd,
    /// Ask for none: every answer is indeterminate.
    Off,
}

/// A resolver that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `/etc/resolv.conf` cannot be read or names no server.
    #[error("no resolver is configured: {detail}; name one with --dns ADDR[:PORT]")]
    NoResolver {
        /// What was tried.
        detail: String,
    },
    /// The trust anchor file is unusable.
    #[error("the trust anchor {path}: {detail}", path = path.display())]
    TrustAnchor {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        detail: String,
    },
}

/// Typed lookups. Cheap to clone; answers are cached for their TTL within one run.
#[derive(Debug, Clone)]
pub struct Resolver {}

impl Resolver {
    /// Sets up the resolver; with [`Dnssec::Auto`] asks the first server whether it validates.
    pub async fn new(_config: ResolverConfig) -> Result<Self, SetupError> {
        todo!()
    }
    /// How DNSSEC status is found, for the report ("validated here", "AD bit of 127.0.0.1", "off").
    pub fn dnssec_source(&self) -> String {
        todo!()
    }
    /// TXT records, the character-strings of each joined with nothing between (RFC 8461 §3.1).
    pub async fn txt(&self, _name: &DnsName) -> Lookup<Vec<u8>> {
        todo!()
    }
    /// MX records, in no order.
    pub async fn mx(&self, _name: &DnsName) -> Lookup<Mx> {
        todo!()
    }
    /// A records.
    pub async fn ipv4(&self, _name: &DnsName) -> Lookup<IpAddr> {
        todo!()
    }
    /// AAAA records.
    pub async fn ipv6(&self, _name: &DnsName) -> Lookup<IpAddr> {
        todo!()
    }
    /// TLSA records.
    pub async fn tlsa(&self, _name: &DnsName) -> Lookup<Tlsa> {
        todo!()
    }
    /// CAA records of this very name (the caller climbs, RFC 8659 §3).
    pub async fn caa(&self, _name: &DnsName) -> Lookup<Caa> {
        todo!()
    }
    /// Name servers of a zone cut at this name.
    pub async fn ns(&self, _name: &DnsName) -> Lookup<DnsName> {
        todo!()
    }
    /// SOA owner of the zone that holds `name`: the apex, or the error met on the way.
    pub async fn zone_of(&self, _name: &DnsName) -> Result<DnsName, super::answer::DnsError> {
        todo!()
    }
    /// TXT records as one authoritative server gives them (no recursion, no cache).
    pub async fn txt_at(&self, _server: SocketAddr, _name: &DnsName) -> Lookup<Vec<u8>> {
        todo!()
    }
}
