//! What is read from and written into other people's DNS, with real servers: Knot or BIND as primary,
//! Knot as secondary, Unbound in front of them.

#![cfg(test)]

mod http;
mod looks;
mod permissions;
mod power_dns;
mod providers;
mod route_53;
mod servers;
mod takeover;
mod updates;
mod writer;

use ironpost_hosting::delegation::Looker;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::{DnsName, Domain};
use servers::Servers;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// `aaaaaaaaaaaaaaaa`
const TOKEN: Token = Token::from_bytes([0; 10]);
/// `7777777777777777`
const OTHER: Token = Token::from_bytes([0xff; 10]);

async fn resolver(server: SocketAddr) -> Resolver {
    let config = ResolverConfig {
        servers: vec![server],
        dnssec: Dnssec::Off,
        deadline: PATIENT,
        keep: Keep::Nothing,
        ..ResolverConfig::default()
    };
    Resolver::new(config).await.unwrap()
}

async fn looker(servers: &Servers) -> Looker {
    Looker {
        resolver: resolver(servers.resolver).await,
        guard: AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()]),
        port: servers.primary.port(),
        zone: domain("sts.host.test"),
        names: Target::ALL.to_vec(),
        addresses: OURS.map(|address| address.parse::<IpAddr>().unwrap()).to_vec(),
    }
}

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

/// The addresses of the policy host.
const OURS: [&str; 2] = ["192.0.2.1", "2001:db8::1"];
/// For what is to come in the end.
const PATIENT: Duration = Duration::from_secs(20);
