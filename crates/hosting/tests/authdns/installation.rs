//! A zone with two hosted domains: one with everything, one with nothing yet.

use ironpost_hosting::authdns::{Authority, RateLimit, Zone, bind_tcp, bind_udp};
use ironpost_hosting::served::{Served, Site};
use ironpost_net::clock::Clock;
use ironpost_proto::delegation::Token;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Its token is `fullfullfullfull`.
pub(crate) const FULL: &str = "fullfullfullfull";
/// Its token is `barebarebarebare`.
pub(crate) const BARE: &str = "barebarebarebare";
/// A token of nobody.
pub(crate) const UNKNOWN: &str = "aaaaaaaaaaaaaaaa";
/// The number of the feed that is served.
pub(crate) const SERIAL: u64 = (7 << 32) + 42;

/// An authority that listens; it ends with the value.
pub(crate) struct Listening {
    pub(crate) authority: Authority,
    /// UDP and TCP.
    pub(crate) address: SocketAddr,
    pub(crate) end: CancellationToken,
    pub(crate) tcp: JoinHandle<()>,
    _end: DropGuard,
}

#[derive(Debug)]
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

pub(crate) fn zone() -> Zone {
    let name = |text: &str| text.parse().unwrap();
    Zone {
        apex: "sts.host.test".parse().unwrap(),
        ns: vec![name("ns1.sts.host.test"), name("a.deep.ns.sts.host.test"), name("ns.else.test")],
        name_servers: vec![
            (name("ns1.sts.host.test"), addresses(&["192.0.2.53", "2001:db8::53"])),
            (name("a.deep.ns.sts.host.test"), addresses(&["192.0.2.54"])),
            (name("ns.else.test"), addresses(&["192.0.2.55"])),
        ],
        contact: name("hostmaster.host.test"),
        ipv4: vec![Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)],
        ipv6: vec!["2001:db8::1".parse().unwrap()],
        caa: vec!["ca.test; accounturi=https://ca.test/acct/1".to_owned()],
        ttl: 300,
    }
}

/// The authority without sockets and without a rate limit.
pub(crate) fn authority() -> Authority {
    authority_of(&zone(), 0)
}

/// A clock that stands still.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(StandingClock)
}

pub(crate) fn authority_of(zone: &Zone, per_second: u32) -> Authority {
    let served = Served::default();
    served.put(Site {
        record: Some("20260101T000000".parse().unwrap()),
        rua: Some("mailto:tls@full.test,https://full.test/report".into()),
        dns_challenges: vec!["first".into(), "second".into()],
        ..site(1, "full.test", FULL)
    });
    served.put(site(2, "bare.test", BARE));
    let limit = RateLimit { per_second, exempt: Vec::new() };
    let authority = Authority::new(zone, served, &limit, clock());
    authority.set_serial(SERIAL);
    authority
}

/// Of a domain of which nothing is published yet.
pub(crate) fn site(id: i64, domain: &str, token: &str) -> Site {
    Site {
        id: DomainId(id),
        domain: domain.parse().unwrap(),
        token: token.parse::<Token>().unwrap(),
        policy: None,
        record: None,
        rua: None,
        certificate: None,
        dns_challenges: Vec::new(),
        alpn_challenge: None,
    }
}

/// The authority on a free port of 127.0.0.1.
pub(crate) fn listening() -> Listening {
    listening_at(authority(), Ipv4Addr::LOCALHOST)
}

pub(crate) fn listening_at(authority: Authority, address: Ipv4Addr) -> Listening {
    let (tcp, udp) = loop {
        let tcp = bind_tcp((address, 0).into()).unwrap();
        let both = tcp.local_addr().unwrap();
        // Another program may have the port for UDP.
        if let Ok(mut udp) = bind_udp(both, NonZeroUsize::MIN) {
            break (tcp, udp.remove(0));
        }
    };
    let address = udp.local_addr().unwrap();
    let end = CancellationToken::new();
    tokio::spawn(authority.clone().serve_udp(udp, end.clone()));
    let tcp = tokio::spawn(authority.clone().serve_tcp(tcp, end.clone()));
    Listening { authority, address, end: end.clone(), tcp, _end: end.drop_guard() }
}

fn addresses(texts: &[&str]) -> Vec<std::net::IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
