//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &M_UNMATCHED,
    &M_NOMATCH,
    &M_WILD,
    &M_STSLABEL,
    &M_TYPO,
    &M_WEAK,
    &M_UNUSED,
    &M_NULL,
    &M_IMPLICIT,
    &M_NXDOMAIN,
    &M_CNAME,
    &M_IPLIT,
    &M_PRIVATE,
];

/// An MX that the policy does not name.
pub static M_UNMATCHED: Entry = Entry {
    id: "M-UNMATCHED",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX that the policy does not name",
    rfc: "RFC 8461 §4.1",
    explanation: "An MX that the policy does not name.",
    consequence: "An MX that the policy does not name.",
    remedy: &["See the title."],
    example: "",
};

/// The policy names none of the MX hosts.
pub static M_NOMATCH: Entry = Entry {
    id: "M-NOMATCH",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy names none of the MX hosts",
    rfc: "RFC 8461 §4.1; RFC 8461 §5",
    explanation: "The policy names none of the MX hosts.",
    consequence: "The policy names none of the MX hosts.",
    remedy: &["See the title."],
    example: "",
};

/// A wildcard does not reach the MX.
pub static M_WILD: Entry = Entry {
    id: "M-WILD",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "A wildcard does not reach the MX",
    rfc: "RFC 8461 §4.1",
    explanation: "A wildcard does not reach the MX.",
    consequence: "A wildcard does not reach the MX.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host is listed as an MX.
pub static M_STSLABEL: Entry = Entry {
    id: "M-STSLABEL",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The policy host is listed as an MX",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy host is listed as an MX.",
    consequence: "The policy host is listed as an MX.",
    remedy: &["See the title."],
    example: "",
};

/// A misspelt MX name in the policy.
pub static M_TYPO: Entry = Entry {
    id: "M-TYPO",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "A misspelt MX name in the policy",
    rfc: "RFC 8461 §4.1",
    explanation: "A misspelt MX name in the policy.",
    consequence: "A misspelt MX name in the policy.",
    remedy: &["See the title."],
    example: "",
};

/// A wildcard admits too many hosts.
pub static M_WEAK: Entry = Entry {
    id: "M-WEAK",
    section: Section::MxMatch,
    enforce: Some(Medium),
    testing: Some(Low),
    title: "A wildcard admits too many hosts",
    rfc: "RFC 8461 §10.4",
    explanation: "A wildcard admits too many hosts.",
    consequence: "A wildcard admits too many hosts.",
    remedy: &["See the title."],
    example: "",
};

/// A pattern that matches no MX.
pub static M_UNUSED: Entry = Entry {
    id: "M-UNUSED",
    section: Section::MxMatch,
    enforce: Some(Low),
    testing: Some(Low),
    title: "A pattern that matches no MX",
    rfc: "RFC 8461 §8.1; RFC 8461 §10.4",
    explanation: "A pattern that matches no MX.",
    consequence: "A pattern that matches no MX.",
    remedy: &["See the title."],
    example: "",
};

/// A policy for a domain that takes no mail.
pub static M_NULL: Entry = Entry {
    id: "M-NULL",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(Medium),
    title: "A policy for a domain that takes no mail",
    rfc: "RFC 7505 §3; RFC 8461 §8.3",
    explanation: "A policy for a domain that takes no mail.",
    consequence: "A policy for a domain that takes no mail.",
    remedy: &["See the title."],
    example: "",
};

/// The domain has no MX record.
pub static M_IMPLICIT: Entry = Entry {
    id: "M-IMPLICIT",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The domain has no MX record",
    rfc: "RFC 5321 §5.1",
    explanation: "The domain has no MX record.",
    consequence: "The domain has no MX record.",
    remedy: &["See the title."],
    example: "",
};

/// An MX host without an address.
pub static M_NXDOMAIN: Entry = Entry {
    id: "M-NXDOMAIN",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "An MX host without an address",
    rfc: "RFC 5321 §5.1",
    explanation: "An MX host without an address.",
    consequence: "An MX host without an address.",
    remedy: &["See the title."],
    example: "",
};

/// An MX is an alias.
pub static M_CNAME: Entry = Entry {
    id: "M-CNAME",
    section: Section::MxMatch,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX is an alias",
    rfc: "RFC 5321 §5.1; RFC 2181 §10.3; RFC 8461 §4.1",
    explanation: "An MX is an alias.",
    consequence: "An MX is an alias.",
    remedy: &["See the title."],
    example: "",
};

/// An MX is an IP address.
pub static M_IPLIT: Entry = Entry {
    id: "M-IPLIT",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "An MX is an IP address",
    rfc: "RFC 5321 §5.1",
    explanation: "An MX is an IP address.",
    consequence: "An MX is an IP address.",
    remedy: &["See the title."],
    example: "",
};

/// A host has a non-public address.
pub static M_PRIVATE: Entry = Entry {
    id: "M-PRIVATE",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "A host has a non-public address",
    rfc: "RFC 6890 §2.2",
    explanation: "A host has a non-public address.",
    consequence: "A host has a non-public address.",
    remedy: &["See the title."],
    example: "",
};
