//! `ironpost check` against real servers on their real ports: zones signed by ldns and served by
//! NSD, Unbound in front of it, nginx as policy hosts, Postfix as MX hosts, and nftables as the
//! provider that blocks port 25. All of it runs in a network namespace without a way out.

#![cfg(test)]

mod case;
mod cases;
#[path = "../network/certificates.rs"]
mod certificates;
mod internet;
mod mail_log;
mod mail_server;
mod name_servers;
#[path = "../network/name_service.rs"]
mod name_service;
#[path = "../network/namespace.rs"]
mod namespace;
#[path = "../network/programs.rs"]
mod programs;
mod web_server;
#[path = "../../../net/tests/real_dns/zone.rs"]
mod zone;
mod zones;

use programs::program;
use std::net::Ipv4Addr;

/// Where every delegation points.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 53);
