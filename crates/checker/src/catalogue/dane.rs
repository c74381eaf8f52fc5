//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] =
    &[&N_NOSIGN, &N_BOGUS, &N_INSECURE, &N_MISMATCH, &N_PARAM, &N_PARTIAL, &N_BOTH];

/// A zone without DNSSEC.
pub static N_NOSIGN: Entry = Entry {
    id: "N-NOSIGN",
    section: Section::Dane,
    enforce: Some(Info),
    testing: Some(Info),
    title: "A zone without DNSSEC",
    rfc: "RFC 7672 §2.1",
    explanation: "A zone without DNSSEC.",
    consequence: "A zone without DNSSEC.",
    remedy: &["See the title."],
    example: "",
};

/// DNSSEC validation fails.
pub static N_BOGUS: Entry = Entry {
    id: "N-BOGUS",
    section: Section::Dane,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "DNSSEC validation fails",
    rfc: "RFC 4035 §5; RFC 7672 §2.1",
    explanation: "DNSSEC validation fails.",
    consequence: "DNSSEC validation fails.",
    remedy: &["See the title."],
    example: "",
};

/// TLSA records in an unsigned zone.
pub static N_INSECURE: Entry = Entry {
    id: "N-INSECURE",
    section: Section::Dane,
    enforce: Some(Low),
    testing: Some(Low),
    title: "TLSA records in an unsigned zone",
    rfc: "RFC 7672 §2.2",
    explanation: "TLSA records in an unsigned zone.",
    consequence: "TLSA records in an unsigned zone.",
    remedy: &["See the title."],
    example: "",
};

/// No TLSA record matches the certificate.
pub static N_MISMATCH: Entry = Entry {
    id: "N-MISMATCH",
    section: Section::Dane,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "No TLSA record matches the certificate",
    rfc: "RFC 7672 §3",
    explanation: "No TLSA record matches the certificate.",
    consequence: "No TLSA record matches the certificate.",
    remedy: &["See the title."],
    example: "",
};

/// A TLSA record that senders cannot use.
pub static N_PARAM: Entry = Entry {
    id: "N-PARAM",
    section: Section::Dane,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A TLSA record that senders cannot use",
    rfc: "RFC 7672 §3.1",
    explanation: "A TLSA record that senders cannot use.",
    consequence: "A TLSA record that senders cannot use.",
    remedy: &["See the title."],
    example: "",
};

/// Some MX hosts have no TLSA record.
pub static N_PARTIAL: Entry = Entry {
    id: "N-PARTIAL",
    section: Section::Dane,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "Some MX hosts have no TLSA record",
    rfc: "RFC 7672 §2.2",
    explanation: "Some MX hosts have no TLSA record.",
    consequence: "Some MX hosts have no TLSA record.",
    remedy: &["See the title."],
    example: "",
};

/// DANE and MTA-STS side by side.
pub static N_BOTH: Entry = Entry {
    id: "N-BOTH",
    section: Section::Dane,
    enforce: Some(Info),
    testing: Some(Info),
    title: "DANE and MTA-STS side by side",
    rfc: "RFC 8461 §2",
    explanation: "DANE and MTA-STS side by side.",
    consequence: "DANE and MTA-STS side by side.",
    remedy: &["See the title."],
    example: "",
};
