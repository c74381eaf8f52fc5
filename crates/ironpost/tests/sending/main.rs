//! `ironpost resolver` behind two real Postfixes as senders: that of Debian 12, and that of Debian
//! 13 in a root of its own, set up as docs/setup/postfix.md says. NSD has the zones, Unbound
//! validates, nginx plays policy hosts, a third Postfix plays the MX hosts and keeps what arrives,
//! nftables plays the attacker. One domain's policy is hosted by `ironpost serve`, with Pebble as its
//! CA and a clock that is moved. All of it runs in a network namespace without a way out.

#![cfg(test)]

mod arrivals;
mod attacks;
#[expect(dead_code, reason = "the checker's tests know more faults")]
#[path = "../network/certificates.rs"]
mod certificates;
#[path = "../hosting/clock.rs"]
mod clock;
mod domains;
mod enforcement;
mod growing;
mod guide;
mod hosted;
mod internet;
mod mail_hosts;
mod moved;
mod name_servers;
#[path = "../network/name_service.rs"]
mod name_service;
#[expect(dead_code, reason = "the checker's tests have customers")]
#[path = "../network/namespace.rs"]
mod namespace;
mod policies;
mod policy_hosts;
#[path = "../network/programs.rs"]
mod programs;
mod reports;
mod resolver;
mod sender;
#[path = "../hosting/waiting.rs"]
mod waiting;
#[expect(dead_code, reason = "others need more broken zones")]
#[path = "../../../net/tests/real_dns/zone.rs"]
mod zone;

use programs::program;
use std::net::Ipv4Addr;

/// Where every delegation points.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 53);
