//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &P_SYNTAX,
    &P_HTML,
    &P_EMPTY,
    &P_BOM,
    &P_EOL,
    &P_BLANK,
    &P_VERSION,
    &P_ORDER,
    &P_MODE,
    &P_MAXAGE,
    &P_MAXAGE_SHORT,
    &P_MX,
    &P_MX_SYNTAX,
    &P_DUP,
    &P_EXT,
    &P_TESTING,
    &P_NONE,
];

/// A line of the policy cannot be read.
pub static P_SYNTAX: Entry = Entry {
    id: "P-SYNTAX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "A line of the policy cannot be read",
    rfc: "RFC 8461 §3.2",
    explanation: "A line of the policy cannot be read.",
    consequence: "A line of the policy cannot be read.",
    remedy: &["See the title."],
    example: "",
};

/// A web page instead of a policy.
pub static P_HTML: Entry = Entry {
    id: "P-HTML",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "A web page instead of a policy",
    rfc: "RFC 8461 §3.2",
    explanation: "A web page instead of a policy.",
    consequence: "A web page instead of a policy.",
    remedy: &["See the title."],
    example: "",
};

/// The policy file is empty.
pub static P_EMPTY: Entry = Entry {
    id: "P-EMPTY",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy file is empty",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy file is empty.",
    consequence: "The policy file is empty.",
    remedy: &["See the title."],
    example: "",
};

/// The policy file begins with a byte order mark.
pub static P_BOM: Entry = Entry {
    id: "P-BOM",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy file begins with a byte order mark",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy file begins with a byte order mark.",
    consequence: "The policy file begins with a byte order mark.",
    remedy: &["See the title."],
    example: "",
};

/// Lines of the policy end in a bare carriage return.
pub static P_EOL: Entry = Entry {
    id: "P-EOL",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "Lines of the policy end in a bare carriage return",
    rfc: "RFC 8461 §3.2",
    explanation: "Lines of the policy end in a bare carriage return.",
    consequence: "Lines of the policy end in a bare carriage return.",
    remedy: &["See the title."],
    example: "",
};

/// Blank lines in the policy.
pub static P_BLANK: Entry = Entry {
    id: "P-BLANK",
    section: Section::Body,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Blank lines in the policy",
    rfc: "RFC 8461 §3.2",
    explanation: "Blank lines in the policy.",
    consequence: "Blank lines in the policy.",
    remedy: &["See the title."],
    example: "",
};

/// The policy's version is missing or wrong.
pub static P_VERSION: Entry = Entry {
    id: "P-VERSION",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's version is missing or wrong",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy's version is missing or wrong.",
    consequence: "The policy's version is missing or wrong.",
    remedy: &["See the title."],
    example: "",
};

/// The version is not the first line.
pub static P_ORDER: Entry = Entry {
    id: "P-ORDER",
    section: Section::Body,
    enforce: Some(Info),
    testing: Some(Info),
    title: "The version is not the first line",
    rfc: "RFC 8461 §3.2",
    explanation: "The version is not the first line.",
    consequence: "The version is not the first line.",
    remedy: &["See the title."],
    example: "",
};

/// The policy's mode is missing or wrong.
pub static P_MODE: Entry = Entry {
    id: "P-MODE",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's mode is missing or wrong",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy's mode is missing or wrong.",
    consequence: "The policy's mode is missing or wrong.",
    remedy: &["See the title."],
    example: "",
};

/// The policy's max_age is missing or out of range.
pub static P_MAXAGE: Entry = Entry {
    id: "P-MAXAGE",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's max_age is missing or out of range",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy's max_age is missing or out of range.",
    consequence: "The policy's max_age is missing or out of range.",
    remedy: &["See the title."],
    example: "",
};

/// The policy's max_age is short.
pub static P_MAXAGE_SHORT: Entry = Entry {
    id: "P-MAXAGE-SHORT",
    section: Section::Body,
    enforce: Some(Medium),
    testing: Some(Low),
    title: "The policy's max_age is short",
    rfc: "RFC 8461 §3.2; RFC 8461 §10.2",
    explanation: "The policy's max_age is short.",
    consequence: "The policy's max_age is short.",
    remedy: &["See the title."],
    example: "",
};

/// The policy names no MX.
pub static P_MX: Entry = Entry {
    id: "P-MX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy names no MX",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy names no MX.",
    consequence: "The policy names no MX.",
    remedy: &["See the title."],
    example: "",
};

/// An mx line is no host name.
pub static P_MX_SYNTAX: Entry = Entry {
    id: "P-MX-SYNTAX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "An mx line is no host name",
    rfc: "RFC 8461 §3.2; RFC 8461 §4.1",
    explanation: "An mx line is no host name.",
    consequence: "An mx line is no host name.",
    remedy: &["See the title."],
    example: "",
};

/// A field of the policy is repeated.
pub static P_DUP: Entry = Entry {
    id: "P-DUP",
    section: Section::Body,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A field of the policy is repeated",
    rfc: "RFC 8461 §3.2",
    explanation: "A field of the policy is repeated.",
    consequence: "A field of the policy is repeated.",
    remedy: &["See the title."],
    example: "",
};

/// An unknown field in the policy.
pub static P_EXT: Entry = Entry {
    id: "P-EXT",
    section: Section::Body,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An unknown field in the policy",
    rfc: "RFC 8461 §3.2",
    explanation: "An unknown field in the policy.",
    consequence: "An unknown field in the policy.",
    remedy: &["See the title."],
    example: "",
};

/// The policy is in mode testing.
pub static P_TESTING: Entry = Entry {
    id: "P-TESTING",
    section: Section::Body,
    enforce: None,
    testing: Some(Medium),
    title: "The policy is in mode testing",
    rfc: "RFC 8461 §5",
    explanation: "The policy is in mode testing.",
    consequence: "The policy is in mode testing.",
    remedy: &["See the title."],
    example: "",
};

/// The policy is in mode none.
pub static P_NONE: Entry = Entry {
    id: "P-NONE",
    section: Section::Body,
    enforce: None,
    testing: None,
    title: "The policy is in mode none",
    rfc: "RFC 8461 §5; RFC 8461 §8.3",
    explanation: "The policy is in mode none.",
    consequence: "The policy is in mode none.",
    remedy: &["See the title."],
    example: "",
};
