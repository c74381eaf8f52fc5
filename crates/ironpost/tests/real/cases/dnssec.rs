//! Zones whose DNSSEC is broken, or of a kind that is not known here.

use crate::case::{AT_RISK, Case, Expected, PROTECTED, SOUND, assert_all};

#[test]
fn zones_are_judged_as_validating_senders_judge_them() {
    assert_all(CASES);
}

/// Validating senders find neither MX nor policy.
const BOGUS: Expected = Expected {
    findings: &["N-BOGUS"],
    status: "none",
    hosts: &[],
    not_tested: &["txt", "policy_host", "body", "mx_match", "mx_tls", "tls_rpt"],
    ..AT_RISK
};

/// MX and hosts are sound, the record cannot be had. Nor can the one for reports.
pub(super) const TAMPERED: Expected = Expected {
    verdict: "could_not_tell",
    status: "none",
    findings: &["D-DNSFAIL"],
    hosts: &["ok absent unknown"],
    not_tested: &["txt", "tls_rpt"],
    exit: 1,
    ..PROTECTED
};

pub(crate) const CASES: &[Case] = &[
    Case {
        domain: "other-key.example",
        expected: BOGUS,
        reason: "the parent knows another key",
        ..SOUND
    },
    Case { domain: "expired.example", expected: BOGUS, reason: "expired signatures", ..SOUND },
    Case { domain: "early.example", expected: BOGUS, reason: "signatures of the future", ..SOUND },
    Case {
        domain: "stripped.example",
        expected: BOGUS,
        reason: "the parent says signed, the zone is not",
        ..SOUND
    },
    Case {
        domain: "tampered.example",
        expected: TAMPERED,
        reason: "the TXT records alone were changed",
        ..SOUND
    },
    Case {
        domain: "ed25519.example",
        mx: &["sound.signed.example"],
        reason: "an algorithm that Unbound knows",
        ..SOUND
    },
    Case {
        domain: "child.signed.example",
        expected: PROTECTED,
        reason: "an unsigned child of a signed zone",
        ..SOUND
    },
];
