//! The authority of the installation's own zone, to which the CNAMEs of hosted domains lead.

use crate::served::Served;
use ironpost_proto::domain::{DnsName, Domain};
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

/// The zone, as far as it is not made of hosted domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its apex.
    pub apex: Domain,
    /// Its name servers; those inside the zone have the addresses of `name_servers`.
    pub ns: Vec<DnsName>,
    /// The addresses of name servers inside the zone.
    pub name_servers: Vec<(DnsName, Vec<std::net::IpAddr>)>,
    /// Whom SOA names as responsible.
    pub contact: DnsName,
    /// IPv4 addresses of the policy host.
    pub ipv4: Vec<Ipv4Addr>,
    /// IPv6 addresses of the policy host.
    pub ipv6: Vec<Ipv6Addr>,
    /// The values of CAA records of the policy host (RFC 8659, RFC 8657), as
    /// `letsencrypt.org; accounturi=…`; empty for none.
    pub caa: Vec<String>,
    /// TTL of what hosted domains point to, in seconds.
    pub ttl: u32,
}

/// The authority. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authority {
    /// From what it answers.
    pub served: Served,
}

impl Authority {
    /// An authority for the zone.
    pub fn new(zone: Zone, served: Served) -> Self {
        let _ = zone;
        Self { served }
    }

    /// Answers over UDP until `end`.
    pub async fn serve_udp(self, socket: UdpSocket, end: CancellationToken) {
        let _ = (socket, end);
        todo!("authdns")
    }

    /// Answers over TCP until `end`.
    pub async fn serve_tcp(self, listener: TcpListener, end: CancellationToken) {
        let _ = (listener, end);
        todo!("authdns")
    }
}
