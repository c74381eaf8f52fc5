//! The authority of the installation's own zone, to which the CNAMEs of hosted domains lead.
//!
//! ```text
//! <apex>         SOA, NS
//! <name server>  A, AAAA          those of `name_servers` that lie in the zone
//! sts-<token>    TXT              v=STSv1; id=…;
//! host-<token>   A, AAAA, CAA     of the policy host
//! rpt-<token>    TXT              v=TLSRPTv1; rua=…;
//! acme-<token>   TXT              for DNS-01
//! ```
//!
//! All four names of a hosted domain exist as long as it is served, with records or without. Every
//! other name is denied, except those between a name server and the apex.
//!
//! [`answer()`] is the whole of it without sockets.

mod answer;
mod cookie;
mod counters;
mod limiter;
mod listen;
mod message;
mod name;
mod rcode;
mod request;
mod tcp;
mod tree;
mod udp;

pub use answer::{Answered, Client, Transport, Verdict, View, answer};
pub use counters::Counters;
pub use limiter::RateLimit;
pub use listen::{bind_tcp, bind_udp};
pub use rcode::Rcode;

use crate::served::Served;
use cookie::Secret;
use ironpost_net::clock::Clock;
use ironpost_proto::domain::{DnsName, Domain};
use limiter::Limiter;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tcp::Connections;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tree::Tree;

/// The zone, as far as it is not made of hosted domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its apex.
    pub apex: Domain,
    /// Its name servers, the primary one first; those inside the zone have the addresses of
    /// `name_servers`.
    pub ns: Vec<DnsName>,
    /// The addresses of name servers inside the zone.
    pub name_servers: Vec<(DnsName, Vec<IpAddr>)>,
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
    shared: Arc<Shared>,
}

/// What all listeners share.
#[derive(Debug)]
struct Shared {
    tree: Tree,
    served: Served,
    /// One more than the serial number; 0 before there is one.
    serial: AtomicU64,
    secret: Secret,
    limiter: Option<Limiter>,
    counters: Arc<Counters>,
    connections: Arc<Connections>,
    clock: Arc<dyn Clock>,
    /// From when the rate limit counts.
    start: Instant,
}

impl Authority {
    /// An authority for the zone. It answers SERVFAIL until [`set_serial`](Self::set_serial).
    pub fn new(zone: &Zone, served: Served, limit: &RateLimit, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            tree: Tree::new(zone),
            served,
            serial: AtomicU64::new(0),
            secret: Secret::new(rand::random()),
            limiter: Limiter::new(limit),
            counters: Arc::default(),
            connections: Arc::default(),
            clock,
            start: Instant::now(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Says that what the number `serial` of the feed brought is served now. The SOA record has its
    /// lower 32 bits. A number lower than one before changes nothing: serial numbers only grow
    /// (RFC 1982).
    ///
    /// Before the first call nobody is told that a name does not exist: every question about the
    /// zone is answered SERVFAIL, so that resolvers turn to another name server.
    pub fn set_serial(&self, serial: u64) {
        self.shared.serial.fetch_max(serial.saturating_add(1), Ordering::Relaxed);
    }

    /// What it answers from.
    pub fn served(&self) -> &Served {
        &self.shared.served
    }

    /// What has been answered.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.shared.counters)
    }

    /// What [`answer()`] answers from, now.
    pub fn view(&self) -> View<'_> {
        self.shared.view()
    }

    /// Answers over UDP until `end`. The socket may be bound to all addresses: answers come from
    /// the one that was asked. An error is one of setting the socket up.
    pub async fn serve_udp(self, socket: UdpSocket, end: CancellationToken) -> io::Result<()> {
        udp::serve(&self.shared, &socket, &end).await
    }

    /// Answers over TCP until `end`, then ends the connections.
    pub async fn serve_tcp(self, listener: TcpListener, end: CancellationToken) {
        tcp::serve(&self.shared, listener, &end).await;
    }
}

impl Shared {
    fn view(&self) -> View<'_> {
        let serial = self.serial.load(Ordering::Relaxed).checked_sub(1);
        View {
            tree: &self.tree,
            served: &self.served,
            serial: serial.and_then(|serial| u32::try_from(serial & u64::from(u32::MAX)).ok()),
            secret: &self.secret,
            now: self.clock.now(),
        }
    }
}
