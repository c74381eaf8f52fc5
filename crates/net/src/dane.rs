//! What DNS says of the servers of a next-hop, for DANE (RFC 7672 §2.2).

use crate::dns::answer::{DnsError, Mx};
use crate::dns::resolver::Resolver;
use ironpost_proto::dane::{Outcome, Tlsa};
use ironpost_proto::delivery::Dane;
use ironpost_proto::domain::DnsName;
use ironpost_proto::next_hop::NextHop;
use std::time::Duration;

/// The servers of a next-hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    /// What DANE says of them together.
    pub dane: Dane,
    /// The MX records in order of preference, or why there are none to go by. Empty without MX
    /// records, and where the next-hop is a host.
    pub mx: Result<Vec<Mx>, DnsError>,
    /// The hosts looked at, in order of preference. Where the MX records are insecure they are not
    /// looked at, since DANE cannot apply to any (RFC 7672 §2.2.1): their outcome says so.
    pub hosts: Vec<Host>,
    /// The domain takes no mail (RFC 7505).
    pub null_mx: bool,
    /// How long DNS lets this be kept: the least TTL of every answer that it rests on.
    pub ttl: Duration,
}

/// One server of a next-hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name in the MX record, or the next-hop itself.
    pub name: DnsName,
    /// How a sender may deliver to it.
    pub outcome: Outcome,
    /// The TLSA base domain, if it has secure TLSA records.
    pub base: Option<DnsName>,
    /// The secure TLSA records.
    pub tlsa: Vec<Tlsa>,
}

/// Looks the servers of `next_hop` up. At most 20 hosts are looked at, as Postfix tries no more;
/// all lookups that do not depend on each other run side by side.
pub async fn servers(resolver: &Resolver, next_hop: &NextHop) -> Servers {
    let _ = (resolver, next_hop);
    todo!()
}
