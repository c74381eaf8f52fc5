//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[&C_CAA, &K_PARKED, &X_SUB];

/// CAA forbids the certificate's issuer.
pub static C_CAA: Entry = Entry {
    id: "C-CAA",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "CAA forbids the certificate's issuer",
    rfc: "RFC 8659 §3",
    explanation: "CAA forbids the certificate's issuer.",
    consequence: "CAA forbids the certificate's issuer.",
    remedy: &["See the title."],
    example: "",
};

/// A domain that takes no mail.
pub static K_PARKED: Entry = Entry {
    id: "K-PARKED",
    section: Section::Operations,
    enforce: Some(Info),
    testing: Some(Info),
    title: "A domain that takes no mail",
    rfc: "RFC 7505 §3; RFC 7208 §5.1; RFC 7489 §6.3; RFC 8461 §8.3",
    explanation: "A domain that takes no mail.",
    consequence: "A domain that takes no mail.",
    remedy: &["See the title."],
    example: "",
};

/// A subdomain takes mail without a policy.
pub static X_SUB: Entry = Entry {
    id: "X-SUB",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A subdomain takes mail without a policy",
    rfc: "RFC 8461 §3.4",
    explanation: "A subdomain takes mail without a policy.",
    consequence: "A subdomain takes mail without a policy.",
    remedy: &["See the title."],
    example: "",
};
