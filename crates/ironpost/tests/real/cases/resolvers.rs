//! Where DNSSEC status comes from: `--dnssec`, before resolvers of three kinds.

use super::dnssec;
use crate::case::{AT_RISK, Expected, PROTECTED, assert_each, difference};
use crate::internet::Internet;
use crate::name_servers::{PLAIN, PUBLIC, STRIPPING, VALIDATING};
use std::net::IpAddr;

const DANE: Expected = Expected { hosts: &["ok ok deliver"], ..PROTECTED };
const UNKNOWN: Expected =
    Expected { hosts: &["ok not_tested deliver"], not_tested: &["dane"], ..PROTECTED };
/// The hosts are named by bogus records; whether they are sound does not matter.
const BOGUS: Expected = Expected {
    findings: &["N-BOGUS"],
    status: "none",
    hosts: &["ok absent refuse"],
    not_tested: &["txt", "policy_host", "body", "mx_match"],
    ..AT_RISK
};
const SERVFAIL: Expected = Expected { hosts: &[], not_tested: EVERYTHING, ..BOGUS };
const EVERYTHING: &[&str] = &["txt", "policy_host", "body", "mx_match", "mx_tls", "tls_rpt"];

/// Stands for the file with our root's DS records.
const ANCHOR: &str = "--trust-anchor";

/// Resolver, options, domain, what the checker says, and why.
const TABLE: &[(IpAddr, &[&str], &str, Expected, &str)] = &[
    (VALIDATING, &["--dnssec", "auto"], SIGNED, DANE, "a resolver on loopback that validates"),
    (VALIDATING, &["--dnssec", "trust-ad"], SIGNED, DANE, "its AD bit"),
    (VALIDATING, &["--dnssec", "validate", ANCHOR], SIGNED, DANE, "validated here all the same"),
    (VALIDATING, &["--dnssec", "off"], SIGNED, UNKNOWN, "switched off"),
    (PUBLIC, &["--dnssec", "auto"], SIGNED, UNKNOWN, "elsewhere: its AD bit counts for nothing"),
    (PUBLIC, &["--dnssec", "trust-ad"], SIGNED, DANE, "elsewhere, and trusted by request"),
    (PUBLIC, &[ANCHOR], SIGNED, DANE, "elsewhere: validated here"),
    (PLAIN, &["--dnssec", "auto"], SIGNED, UNKNOWN, "another root than the one built in"),
    (PLAIN, &["--dnssec", "validate", ANCHOR], SIGNED, DANE, "it hands on all that is needed"),
    (PLAIN, &["--dnssec", "trust-ad"], SIGNED, UNKNOWN, "it never sets the AD bit"),
    (PLAIN, &["--dnssec", "off"], SIGNED, UNKNOWN, "switched off"),
    (STRIPPING, &["--dnssec", "auto"], SIGNED, UNKNOWN, "no signature comes through"),
    (STRIPPING, &["--dnssec", "validate", ANCHOR], SIGNED, UNKNOWN, "that is not bogus"),
    (STRIPPING, &["--dnssec", "trust-ad"], SIGNED, UNKNOWN, "nor insecure"),
    (
        VALIDATING,
        &["--dnssec", "validate", ANCHOR],
        BROKEN,
        Expected { not_tested: &["txt", "policy_host", "body", "mx_match", "tls_rpt"], ..BOGUS },
        "expired signatures; what is not validated here gets SERVFAIL",
    ),
    (VALIDATING, &["--dnssec", "trust-ad"], BROKEN, SERVFAIL, "SERVFAIL tells"),
    (PLAIN, &["--dnssec", "validate", ANCHOR], BROKEN, BOGUS, "nobody but us can tell"),
    (
        PLAIN,
        &["--dnssec", "validate", ANCHOR],
        "tampered.example",
        Expected {
            findings: &["D-DNSFAIL", "R-VERSION"],
            not_tested: &["txt"],
            ..dnssec::TAMPERED
        },
        "the TXT records alone were changed; that for reports is not validated here",
    ),
    (
        VALIDATING,
        &["--dnssec", "validate", ANCHOR],
        "ed25519.example",
        Expected { remarks: &["N-NOSIGN"], ..PROTECTED },
        "an algorithm that Unbound knows and we do not: unsigned, to us",
    ),
];

const SIGNED: &str = "tlsa-311.signed.example";
const BROKEN: &str = "expired.example";

#[test]
fn dnssec_is_told_as_far_as_the_resolver_lets_it_be() {
    let internet = Internet::shared();
    assert_each(TABLE, |(resolver, options, domain, expected, reason)| {
        let (resolver, anchor) = (resolver.to_string(), internet.trust_anchor().to_str().unwrap());
        let mut arguments = vec!["--dns", &resolver];
        for option in *options {
            arguments.push(option);
            if *option == ANCHOR {
                arguments.push(anchor);
            }
        }
        arguments.push(domain);
        let reason = format!("{reason}, {arguments:?}");
        difference(domain, &reason, *expected, &internet.check(&arguments))
    });
}
