//! Port 25 closed on the way out, and machines without IPv6: what does not work is not always
//! the other side's fault.

use crate::case::{Case, Expected, PROTECTED, SOUND, assert_each, difference};
use crate::internet::Internet;
use crate::mail_server::addresses_of;
use crate::name_servers::PUBLIC;

pub(crate) const CASES: &[Case] = &[Case {
    domain: DOMAIN,
    mx: &["mx-of-customers.unsigned.example"],
    records: "mx-of-customers A {ipv4:sound}",
    ..SOUND
}];

const DOMAIN: &str = "customers.unsigned.example";
const CANARY: &str = "demands-tls.unsigned.example";

/// Nothing is known of the host.
const UNTESTED: Expected =
    Expected { hosts: &["not_tested absent unknown"], not_tested: &["mx_tls"], ..PROTECTED };
const BLOCKED: Expected = Expected { remarks: &["S-EGRESS"], ..UNTESTED };
const DEAD: Expected = Expected { findings: &["S-CONNECT"], ..UNTESTED };

/// The provider's rule, with the MX for `MX`; the canary; what the checker says, and why.
const PROVIDERS: &[(&str, Option<&str>, Expected, &str)] = &[
    ("tcp dport 25 drop", Some(CANARY), BLOCKED, "nobody is reached"),
    ("tcp dport 25 reject with tcp reset", Some(CANARY), BLOCKED, "nobody is reached, at once"),
    ("tcp dport 25 reject with icmpx admin-prohibited", Some(CANARY), BLOCKED, "it is said why"),
    ("tcp dport 25 ip daddr MX drop", Some(CANARY), DEAD, "the canary is reached"),
    ("tcp dport 25 ip daddr MX reject", Some(CANARY), DEAD, "the canary is reached"),
    ("tcp dport 25 ip daddr MX drop", None, DEAD, "no provider stands before one's own network"),
    ("tcp dport 26 drop", Some(CANARY), PROTECTED, "port 25 is open"),
];

#[test]
fn a_closed_port_25_is_told_from_a_dead_mx() {
    let internet = Internet::shared();
    let mx = addresses_of("sound").0.to_string();
    assert_each(PROVIDERS, |(rule, canary, expected, reason)| {
        let customer = internet.customer(true);
        customer.set_firewall(&rule.replace("MX", &mx));
        let resolver = PUBLIC.to_string();
        let mut arguments = vec![DOMAIN, "--dns", &resolver, "--dnssec", "trust-ad"];
        arguments.extend(canary.iter().flat_map(|canary| ["--canary", canary]));
        let ended = internet.check_from(&customer, &arguments);
        difference(DOMAIN, &format!("{rule}: {reason}"), *expected, &ended)
    });
}

/// Domain, what the checker says, and why.
const WITHOUT_IPV6: &[(&str, Expected, &str)] = &[
    (
        "mx-sound.unsigned.example",
        Expected { not_tested: &["policy_host", "mx_tls"], ..PROTECTED },
        "IPv4 is enough",
    ),
    (
        "mx-ipv6.unsigned.example",
        Expected { not_tested: &["policy_host", "mx_tls"], ..UNTESTED },
        "no way to the MX",
    ),
    (
        "web-ipv6.unsigned.example",
        Expected {
            verdict: "could_not_tell",
            status: "invalid",
            not_tested: &["policy_host", "mx_tls"],
            exit: 3,
            ..PROTECTED
        },
        "no way to the policy",
    ),
];

#[test]
fn a_machine_without_ipv6_holds_it_against_nobody() {
    let internet = Internet::shared();
    let customer = internet.customer(false);
    assert_each(WITHOUT_IPV6, |(domain, expected, reason)| {
        let resolver = PUBLIC.to_string();
        let arguments = [*domain, "--dns", &resolver, "--dnssec", "trust-ad"];
        difference(domain, reason, *expected, &internet.check_from(&customer, &arguments))
    });
}
