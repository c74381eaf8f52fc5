//! MX hosts, as Postfix serves them.

use crate::case::{AT_RISK, Case, Expected, PROTECTED, SOUND, assert_all};

#[test]
fn mx_hosts_are_judged_as_senders_judge_them() {
    assert_all(CASES);
}

const fn at_risk(findings: &'static [&'static str]) -> Expected {
    Expected { findings, ..AT_RISK }
}

/// Nobody answers in a way that lets TLS be tested.
const UNTESTED: Expected = Expected {
    hosts: &["not_tested absent unknown"],
    not_tested: &["mx_tls", "mx_tls"],
    ..PROTECTED
};

pub(crate) const CASES: &[Case] = &[
    Case { domain: "mx-sound.unsigned.example", reason: "STARTTLS over IPv4 and IPv6", ..SOUND },
    Case {
        domain: "mx-plain.unsigned.example",
        mx: &["plain.unsigned.example"],
        expected: at_risk(&["S-NOSTARTTLS"]),
        reason: "no STARTTLS",
        ..SOUND
    },
    Case {
        domain: "mx-plain-testing.unsigned.example",
        mode: "testing",
        mx: &["plain.unsigned.example"],
        expected: Expected {
            verdict: "testing",
            findings: &["S-NOSTARTTLS", "P-TESTING"],
            hosts: &["faulty absent deliver_and_report"],
            ..AT_RISK
        },
        reason: "no STARTTLS, in mode testing",
        ..SOUND
    },
    Case {
        domain: "mx-expired.unsigned.example",
        mx: &["expired.unsigned.example"],
        expected: at_risk(&["S-CERT-EXPIRED"]),
        reason: "the certificate has expired",
        ..SOUND
    },
    Case {
        domain: "mx-not-yet-valid.unsigned.example",
        mx: &["not-yet-valid.unsigned.example"],
        expected: at_risk(&["S-CERT-EXPIRED"]),
        reason: "the certificate is of the future",
        ..SOUND
    },
    Case {
        domain: "mx-wrong-name.unsigned.example",
        mx: &["wrong-name.unsigned.example"],
        expected: at_risk(&["S-CERT-NAME"]),
        reason: "the certificate is for another host",
        ..SOUND
    },
    Case {
        domain: "mx-self-signed.unsigned.example",
        mx: &["self-signed.unsigned.example"],
        expected: at_risk(&["S-CERT-UNTRUSTED"]),
        reason: "the certificate is self-signed",
        ..SOUND
    },
    Case {
        domain: "mx-private-ca.unsigned.example",
        mx: &["private-ca.unsigned.example"],
        expected: at_risk(&["S-CERT-UNTRUSTED"]),
        reason: "nobody trusts the CA",
        ..SOUND
    },
    Case {
        domain: "mx-no-intermediate.unsigned.example",
        mx: &["no-intermediate.unsigned.example"],
        expected: at_risk(&["S-CERT-CHAIN"]),
        reason: "the intermediate is not sent",
        ..SOUND
    },
    Case {
        domain: "mx-old-tls.unsigned.example",
        mx: &["old-tls.unsigned.example"],
        expected: at_risk(&["S-TLSVER"]),
        reason: "nothing newer than TLS 1.1",
        ..SOUND
    },
    Case {
        domain: "mx-old-tls-too.unsigned.example",
        mx: &["old-tls-too.unsigned.example"],
        expected: Expected { findings: &["S-TLSVER"], ..PROTECTED },
        reason: "TLS 1.0 and 1.1 too, as Postfix comes from Debian 12: a blemish",
        ..SOUND
    },
    Case {
        domain: "mx-demands-tls.unsigned.example",
        mx: &["demands-tls.unsigned.example"],
        reason: "no mail without TLS",
        ..SOUND
    },
    Case {
        domain: "mx-asks-certificate.unsigned.example",
        mx: &["asks-certificate.unsigned.example"],
        reason: "a certificate is asked of clients, and not needed",
        ..SOUND
    },
    Case {
        domain: "mx-by-name.unsigned.example",
        mx: &["by-name.unsigned.example"],
        reason: "the right certificate is for those who send the MX name",
        ..SOUND
    },
    Case {
        domain: "mx-screened.unsigned.example",
        mx: &["screened.unsigned.example"],
        reason: "postscreen, who holds back the second line of the greeting for twelve seconds",
        ..SOUND
    },
    Case {
        domain: "mx-needs-certificate.unsigned.example",
        mx: &["needs-certificate.unsigned.example"],
        expected: Expected { findings: &["S-CONNECT"], ..UNTESTED },
        reason: "no TLS without a certificate of the client",
        ..SOUND
    },
    Case {
        domain: "mx-busy.unsigned.example",
        mx: &["busy.unsigned.example"],
        expected: Expected { remarks: &["S-TEMPFAIL"], ..UNTESTED },
        reason: "450 in place of the greeting",
        ..SOUND
    },
    Case {
        domain: "mx-closed.unsigned.example",
        mx: &["closed.unsigned.example"],
        expected: Expected { remarks: &["S-TEMPFAIL"], ..UNTESTED },
        reason: "554 in place of the greeting",
        ..SOUND
    },
    Case {
        domain: "mx-nobody.unsigned.example",
        mx: &["mx-nobody.unsigned.example"],
        records: "mx-nobody A {ipv4:nobody}\nmx-nobody AAAA {ipv6:nobody}",
        expected: Expected { findings: &["S-CONNECT"], ..UNTESTED },
        reason: "nothing listens",
        ..SOUND
    },
    Case {
        domain: "mx-ipv6.unsigned.example",
        mx: &["mx-ipv6.unsigned.example"],
        records: "mx-ipv6 AAAA {ipv6:sound}",
        reason: "IPv6 alone",
        ..SOUND
    },
    Case {
        domain: "mx-half.unsigned.example",
        mx: &["mx-half.unsigned.example"],
        records: "mx-half A {ipv4:sound}\nmx-half A {ipv4:plain}",
        expected: Expected { findings: &["S-PARTIAL"], exit: 1, ..PROTECTED },
        reason: "one of two addresses has no STARTTLS",
        ..SOUND
    },
    Case {
        domain: "mx-dead-ipv6.unsigned.example",
        mx: &["mx-dead-ipv6.unsigned.example"],
        records: "mx-dead-ipv6 A {ipv4:sound}\nmx-dead-ipv6 AAAA {ipv6:nobody}",
        expected: Expected {
            findings: &["S-PARTIAL"],
            not_tested: &["mx_tls"],
            exit: 1,
            ..PROTECTED
        },
        reason: "nothing listens at the IPv6 address",
        ..SOUND
    },
    Case {
        domain: "mx-second.unsigned.example",
        mx: &["sound.unsigned.example", "self-signed.unsigned.example"],
        expected: Expected {
            findings: &["S-CERT-UNTRUSTED"],
            hosts: &["ok absent deliver", "faulty absent refuse"],
            ..AT_RISK
        },
        reason: "the second of two hosts is not fit",
        ..SOUND
    },
];
