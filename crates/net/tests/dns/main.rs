//! Lookups against name servers on loopback, sound, broken and hostile.

#![cfg(test)]

mod aliases;
mod failures;
mod hostile;
mod latecomers;
mod records;
mod stub_server;

use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig};
use ironpost_proto::domain::DnsName;
use std::net::SocketAddr;
use std::time::Duration;

/// Long enough for everything that is to succeed.
const PATIENT: Duration = Duration::from_secs(20);
/// For what is to fail by running out of time.
const BRIEF: Duration = Duration::from_millis(300);

async fn resolver(servers: &[SocketAddr], dnssec: Dnssec, deadline: Duration) -> Resolver {
    let config =
        ResolverConfig { servers: servers.to_vec(), dnssec, deadline, ..ResolverConfig::default() };
    Resolver::new(config).await.unwrap()
}

/// A resolver that asks one server and leaves DNSSEC alone.
async fn plain(server: SocketAddr) -> Resolver {
    resolver(&[server], Dnssec::Off, PATIENT).await
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}
