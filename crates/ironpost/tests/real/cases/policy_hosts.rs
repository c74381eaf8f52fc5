//! Policy hosts, as nginx serves them.

use crate::case::{Case, Expected, IGNORED, PROTECTED, SOUND, assert_all};
use crate::certificates::Certificate;
use crate::web_server::PolicyHost;

#[test]
fn policy_hosts_are_judged_as_senders_judge_them() {
    assert_all(CASES);
}

const fn ignored(findings: &'static [&'static str]) -> Expected {
    Expected { findings, ..IGNORED }
}

/// No policy can be had, not even behind the fault.
const fn unread(findings: &'static [&'static str]) -> Expected {
    Expected { findings, not_tested: &["body", "mx_match"], ..IGNORED }
}

/// A finding of severity high, though senders that take the sound address get the policy.
const PARTIAL: Expected = Expected { findings: &["H-PARTIAL"], exit: 1, ..PROTECTED };

pub(crate) const CASES: &[Case] = &[
    Case {
        domain: "web-sound.unsigned.example",
        reason: "IPv4 and IPv6, HTTP/2 and compression for those who ask",
        ..SOUND
    },
    Case {
        domain: "web-ipv6.unsigned.example",
        policy_host: PolicyHost::Ipv6Only,
        reason: "IPv6 alone",
        ..SOUND
    },
    Case {
        domain: "web-expired.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::Expired),
        expected: ignored(&["H-CERT-EXPIRED"]),
        reason: "the certificate has expired",
        ..SOUND
    },
    Case {
        domain: "web-not-yet-valid.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::NotYetValid),
        expected: ignored(&["H-CERT-EXPIRED"]),
        reason: "the certificate is of the future",
        ..SOUND
    },
    Case {
        domain: "web-wrong-name.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::WrongName),
        expected: ignored(&["H-CERT-NAME"]),
        reason: "the certificate is for the website",
        ..SOUND
    },
    Case {
        domain: "web-self-signed.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::SelfSigned),
        expected: ignored(&["H-CERT-UNTRUSTED"]),
        reason: "the certificate is self-signed",
        ..SOUND
    },
    Case {
        domain: "web-private-ca.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::PrivateCa),
        expected: ignored(&["H-CERT-UNTRUSTED"]),
        reason: "nobody trusts the CA",
        ..SOUND
    },
    Case {
        domain: "web-no-intermediate.unsigned.example",
        policy_host: PolicyHost::Shows(Certificate::NoIntermediate),
        expected: ignored(&["H-CERT-CHAIN"]),
        reason: "the intermediate is not sent",
        ..SOUND
    },
    Case {
        domain: "web-redirects.unsigned.example",
        policy_host: PolicyHost::Redirects,
        expected: unread(&["H-REDIRECT"]),
        reason: "a redirect to the website",
        ..SOUND
    },
    Case {
        domain: "web-not-found.unsigned.example",
        policy_host: PolicyHost::NotFound,
        expected: unread(&["H-STATUS"]),
        reason: "404",
        ..SOUND
    },
    Case {
        domain: "web-octet-stream.unsigned.example",
        policy_host: PolicyHost::OctetStream,
        expected: Expected { exit: 0, ..ignored(&["H-CTYPE"]) },
        reason: "nginx does not know the file's type; that senders look is a SHOULD: medium",
        ..SOUND
    },
    Case {
        domain: "web-browsers-only.unsigned.example",
        policy_host: PolicyHost::BrowsersOnly,
        expected: ignored(&["H-UA"]),
        reason: "mail servers are taken for bots",
        ..SOUND
    },
    Case {
        domain: "web-old-tls.unsigned.example",
        policy_host: PolicyHost::OldTls,
        expected: unread(&["H-TLSVER"]),
        reason: "TLS 1.1 alone",
        ..SOUND
    },
    Case {
        domain: "web-no-tls.unsigned.example",
        policy_host: PolicyHost::NoTls,
        expected: unread(&["H-TLS"]),
        reason: "HTTP on port 443",
        ..SOUND
    },
    Case {
        domain: "web-closed.unsigned.example",
        policy_host: PolicyHost::Closed,
        expected: unread(&["H-CONNECT"]),
        reason: "nothing listens",
        ..SOUND
    },
    Case {
        domain: "web-dead-ipv6.unsigned.example",
        policy_host: PolicyHost::DeadIpv6,
        expected: PARTIAL,
        reason: "nothing listens at the IPv6 address",
        ..SOUND
    },
    Case {
        domain: "web-expired-ipv6.unsigned.example",
        policy_host: PolicyHost::Ipv6Shows(Certificate::Expired),
        expected: PARTIAL,
        reason: "the certificate was renewed on one of two machines",
        ..SOUND
    },
    Case {
        domain: "web-other-ipv6.unsigned.example",
        policy_host: PolicyHost::OtherPolicyOverIpv6,
        expected: PARTIAL,
        reason: "the policy was changed on one of two machines",
        ..SOUND
    },
];
