//! TLSA records for the hosts that Postfix plays, in zones signed and unsigned.

use crate::case::{AT_RISK, Case, Expected, PROTECTED, SOUND, assert_all, assert_each};
use crate::certificates::WRONG_NAME;
use crate::internet::Internet;
use crate::web_server::PolicyHost;

#[test]
fn dane_is_judged_as_rfc_7672_has_it() {
    assert_all(CASES);
}

#[test]
fn postfix_as_a_sender_comes_to_the_same() {
    let internet = Internet::shared();
    assert_each(CASES, |case| {
        let [tls, dane, _] = case.expected.hosts[0].split(' ').collect::<Vec<_>>()[..] else {
            panic!("three words")
        };
        let words = internet.sender(case.domain);
        let verified = words.contains("Verified TLS connection established");
        let refused = words.contains("no matching DANE TLSA records")
            || words.contains("certificate verification failed")
            || words.contains("TLSA lookup error")
            || !words.contains("TLS connection established");
        let opportunistic = words.contains("Untrusted TLS connection established");
        let agrees = match dane {
            "ok" => verified,
            "mismatch" | "bogus" => refused && !verified,
            // What is not authenticated may still be encrypted, and is no reason to refuse.
            _ => opportunistic && !words.contains("DANE TLSA records"),
        };
        (!agrees).then(|| format!("{} ({}): {tls} {dane}, but {words}", case.domain, case.reason))
    });
}

const DANE: Expected =
    Expected { remarks: &["R-HOST", "N-BOTH"], hosts: &["ok ok deliver"], ..PROTECTED };

const MISMATCH: Expected =
    Expected { findings: &["N-MISMATCH"], hosts: &["ok mismatch refuse"], ..AT_RISK };

/// No policy, and a certificate that WebPKI would not accept.
const DANE_ALONE: Expected = Expected {
    verdict: "absent",
    status: "none",
    findings: &["D-NONE"],
    remarks: &["R-HOST"],
    hosts: &["faulty ok deliver"],
    not_tested: NO_POLICY,
    exit: 1,
};

/// No policy, and TLSA records that do not vouch for the host either.
const fn mismatch_and(findings: &'static [&'static str]) -> Expected {
    let hosts = &["faulty mismatch refuse"];
    Expected { findings, hosts, status: "none", not_tested: NO_POLICY, ..AT_RISK }
}

/// What there is to look at only where there is a policy.
const NO_POLICY: &[&str] = &["policy_host", "body", "mx_match"];

pub(crate) const CASES: &[Case] = &[
    Case {
        domain: "tlsa-311.signed.example",
        mx: &["mx-311.signed.example"],
        records: "mx-311 A {ipv4:sound}\n_25._tcp.mx-311 TLSA 3 1 1 {key:sound}",
        expected: DANE,
        reason: "DANE-EE, the key",
        ..SOUND
    },
    Case {
        domain: "tlsa-301.nsec3.example",
        mx: &["mx-301.signed.example"],
        records: "",
        expected: DANE,
        reason: "DANE-EE, the certificate; the domain proves absence by NSEC3",
        ..SOUND
    },
    Case {
        domain: "tlsa-301.signed.example",
        mx: &["mx-301.signed.example"],
        records: "mx-301 A {ipv4:sound}\n_25._tcp.mx-301 TLSA 3 0 1 {certificate:sound}",
        expected: DANE,
        reason: "DANE-EE, the certificate",
        ..SOUND
    },
    Case {
        domain: "tlsa-211.signed.example",
        mx: &["mx-211.signed.example"],
        records: "mx-211 A {ipv4:sound}\n_25._tcp.mx-211 TLSA 2 1 1 {key:intermediate}",
        expected: DANE,
        reason: "DANE-TA, the intermediate's key",
        ..SOUND
    },
    Case {
        domain: "tlsa-201.signed.example",
        mx: &["mx-201.signed.example"],
        records: "mx-201 A {ipv4:sound}\n_25._tcp.mx-201 TLSA 2 0 1 {certificate:intermediate}",
        expected: DANE,
        reason: "DANE-TA, the intermediate's certificate",
        ..SOUND
    },
    Case {
        domain: "tlsa-root.signed.example",
        mx: &["mx-root.signed.example"],
        records: "mx-root A {ipv4:sound}\n_25._tcp.mx-root TLSA 2 1 1 {key:root}",
        expected: MISMATCH,
        reason: "DANE-TA, a root that is not sent (RFC 7672 §3.1.2)",
        ..SOUND
    },
    Case {
        domain: "tlsa-ta-not-sent.signed.example",
        policy_host: PolicyHost::None,
        mx: &["no-intermediate.signed.example"],
        records: "_25._tcp.no-intermediate TLSA 2 1 1 {key:intermediate}",
        expected: mismatch_and(&["D-NONE", "N-MISMATCH", "S-CERT-CHAIN"]),
        reason: "DANE-TA, an intermediate that is not sent",
        ..SOUND
    },
    Case {
        domain: "expired.signed.example",
        policy_host: PolicyHost::None,
        mx: &["mx-ta-expired.signed.example"],
        records: "mx-ta-expired A {ipv4:expired}
_25._tcp.mx-ta-expired TLSA 2 1 1 {key:intermediate}",
        expected: mismatch_and(&["D-NONE", "N-MISMATCH", "S-CERT-EXPIRED", "S-CERT-NAME"]),
        reason: "dates count for DANE-TA; the name is that of the domain, and would do",
        ..SOUND
    },
    Case {
        domain: "tlsa-ta-name.signed.example",
        policy_host: PolicyHost::None,
        mx: &["mx-ta-name.signed.example"],
        records: "mx-ta-name A {ipv4:wrong-name}
_25._tcp.mx-ta-name TLSA 2 1 1 {key:intermediate}",
        expected: mismatch_and(&["D-NONE", "N-MISMATCH", "S-CERT-NAME"]),
        reason: "names count for DANE-TA",
        ..SOUND
    },
    Case {
        domain: WRONG_NAME,
        policy_host: PolicyHost::None,
        mx: &["mx-ta-name.signed.example"],
        expected: DANE_ALONE,
        reason: "the name may be that of the domain (RFC 7672 §3.2.2)",
        ..SOUND
    },
    Case {
        domain: "tlsa-both.signed.example",
        policy_host: PolicyHost::None,
        mx: &["mx-both.signed.example"],
        records: "mx-both A {ipv4:wrong-name}
_25._tcp.mx-both TLSA 2 1 1 {key:intermediate}
_25._tcp.mx-both TLSA 3 1 1 {key:wrong-name}",
        expected: DANE_ALONE,
        reason: "a record for the issuer that does not count beside one for the key",
        ..SOUND
    },
    Case {
        domain: "tlsa-rollover.signed.example",
        mx: &["mx-rollover.signed.example"],
        records: "mx-rollover A {ipv4:sound}
_25._tcp.mx-rollover TLSA 3 1 1 {key:sound}
_25._tcp.mx-rollover TLSA 3 1 1 {key:expired}",
        expected: DANE,
        reason: "the present key, and the next",
        ..SOUND
    },
    Case {
        domain: "tlsa-mismatch.signed.example",
        mx: &["mx-mismatch.signed.example"],
        records: "mx-mismatch A {ipv4:sound}\n_25._tcp.mx-mismatch TLSA 3 1 1 {key:expired}",
        expected: MISMATCH,
        reason: "another key",
        ..SOUND
    },
    Case {
        domain: "tlsa-pkix.signed.example",
        mx: &["mx-pkix.signed.example"],
        records: "mx-pkix A {ipv4:sound}
_25._tcp.mx-pkix TLSA 0 1 1 {key:intermediate}
_25._tcp.mx-pkix TLSA 1 1 1 {key:sound}",
        expected: Expected { findings: &["N-PARAM"], hosts: &["ok unusable deliver"], ..PROTECTED },
        reason: "PKIX usages, which SMTP does not know (RFC 7672 §3.1.3)",
        ..SOUND
    },
    Case {
        domain: "tlsa-pkix-too.signed.example",
        mx: &["mx-pkix-too.signed.example"],
        records: "mx-pkix-too A {ipv4:sound}
_25._tcp.mx-pkix-too TLSA 1 1 1 {key:expired}
_25._tcp.mx-pkix-too TLSA 3 1 1 {key:sound}",
        expected: Expected { findings: &["N-PARAM"], ..DANE },
        reason: "an unusable record beside one that matches",
        ..SOUND
    },
    Case {
        domain: "tlsa-wildcard.signed.example",
        mx: &["mx-wildcard.signed.example"],
        records: "mx-wildcard A {ipv4:sound}\n*._tcp.mx-wildcard TLSA 3 1 1 {key:sound}",
        expected: DANE,
        reason: "one record for all ports",
        ..SOUND
    },
    Case {
        domain: "tlsa-alias.signed.example",
        mx: &["mx-alias.signed.example"],
        records: "mx-alias A {ipv4:sound}
_25._tcp.mx-alias CNAME tlsa._dane
tlsa._dane TLSA 2 1 1 {key:intermediate}",
        expected: DANE,
        reason: "TLSA records behind an alias: the base domain stays (RFC 7672 §2.2.3)",
        ..SOUND
    },
    Case {
        domain: "tlsa-alias-out.signed.example",
        mx: &["mx-alias-out.signed.example"],
        records: "mx-alias-out A {ipv4:sound}
_25._tcp.mx-alias-out CNAME _25._tcp.mx-insecure.unsigned.example.",
        expected: Expected {
            findings: &["N-INSECURE"],
            hosts: &["ok insecure deliver"],
            ..PROTECTED
        },
        reason: "TLSA records behind an alias into an unsigned zone",
        ..SOUND
    },
    Case {
        domain: "tlsa-expanded.signed.example",
        mx: &["mx-expanded.signed.example"],
        records: "mx-expanded CNAME mx-311
_25._tcp.mx-expanded TLSA 3 1 1 {key:expired}",
        expected: Expected { findings: &["M-CNAME"], ..DANE },
        reason: "an alias: the records of its target come first",
        ..SOUND
    },
    Case {
        domain: "tlsa-unexpanded.signed.example",
        mx: &["mx-unexpanded.signed.example"],
        records: "mx-unexpanded CNAME sound
_25._tcp.mx-unexpanded TLSA 3 1 1 {key:sound}",
        expected: Expected { findings: &["M-CNAME"], ..DANE },
        reason: "an alias whose target has no records: its own count",
        ..SOUND
    },
    Case {
        domain: "tlsa-alias-away.signed.example",
        mx: &["mx-alias-away.signed.example"],
        records: "mx-alias-away CNAME sound.unsigned.example.
_25._tcp.mx-alias-away TLSA 3 1 1 {key:sound}",
        expected: Expected { findings: &["M-CNAME"], ..DANE },
        reason: "a secure alias to an unsigned host: its own records count (RFC 7672 §2.2.2)",
        ..SOUND
    },
    Case {
        domain: "tlsa-bogus.signed.example",
        mx: &["mx-bogus.signed.example"],
        records: "mx-bogus A {ipv4:sound}",
        expected: Expected { findings: &["N-BOGUS"], hosts: &["ok bogus refuse"], ..AT_RISK },
        reason: "the TLSA records fail validation, and nothing else does",
        ..SOUND
    },
    Case {
        domain: "tlsa-insecure.unsigned.example",
        mx: &["mx-insecure.unsigned.example"],
        records: "mx-insecure A {ipv4:sound}\n_25._tcp.mx-insecure TLSA 3 1 1 {key:expired}",
        expected: Expected {
            findings: &["N-INSECURE"],
            hosts: &["ok insecure deliver"],
            ..PROTECTED
        },
        reason: "TLSA records without DNSSEC count for nothing, wrong ones included",
        ..SOUND
    },
    Case {
        domain: "tlsa-partial.signed.example",
        mx: &["mx-311.signed.example", "sound.signed.example"],
        expected: Expected {
            findings: &["N-PARTIAL"],
            hosts: &["ok ok deliver", "ok absent deliver"],
            ..PROTECTED
        },
        reason: "one of two hosts has no TLSA records",
        ..SOUND
    },
    Case {
        domain: "tlsa-self-signed.signed.example",
        policy_host: PolicyHost::None,
        mx: &["self-signed.signed.example"],
        records: "_25._tcp.self-signed TLSA 3 1 1 {key:self-signed}",
        expected: DANE_ALONE,
        reason: "nobody needs a CA where DANE vouches for the key",
        ..SOUND
    },
    Case {
        domain: "tlsa-expired.signed.example",
        policy_host: PolicyHost::None,
        mx: &["expired.signed.example"],
        records: "_25._tcp.expired TLSA 3 1 1 {key:expired}",
        // The host is a domain too, and has a record for reports.
        expected: Expected { remarks: &[], ..DANE_ALONE },
        reason: "dates do not count for DANE-EE (RFC 7672 §3.1.1)",
        ..SOUND
    },
    Case {
        domain: "tlsa-wrong-name.signed.example",
        policy_host: PolicyHost::None,
        mx: &["wrong-name.signed.example"],
        records: "_25._tcp.wrong-name TLSA 3 1 1 {key:wrong-name}",
        expected: DANE_ALONE,
        reason: "names do not count for DANE-EE (RFC 7672 §3.1.1)",
        ..SOUND
    },
    Case {
        domain: "tlsa-self-signed-policy.signed.example",
        mx: &["self-signed.signed.example"],
        expected: Expected {
            findings: &["S-CERT-UNTRUSTED"],
            hosts: &["faulty ok deliver"],
            exit: 1,
            ..PROTECTED
        },
        reason: "senders without DANE hold the policy against the certificate",
        ..SOUND
    },
    Case {
        domain: "tlsa-plain.signed.example",
        policy_host: PolicyHost::None,
        mx: &["plain.signed.example"],
        records: "_25._tcp.plain TLSA 3 1 1 {key:plain}",
        expected: mismatch_and(&["D-NONE", "S-NOSTARTTLS"]),
        reason: "TLSA records promise TLS (RFC 7672 §2.2)",
        ..SOUND
    },
    Case {
        domain: "tlsa-pkix-plain.signed.example",
        policy_host: PolicyHost::None,
        mx: &["mx-pkix-plain.signed.example"],
        records: "mx-pkix-plain A {ipv4:plain}\n_25._tcp.mx-pkix-plain TLSA 1 1 1 {key:plain}",
        expected: mismatch_and(&["D-NONE", "N-PARAM", "S-NOSTARTTLS"]),
        reason: "so do unusable ones",
        ..SOUND
    },
];
