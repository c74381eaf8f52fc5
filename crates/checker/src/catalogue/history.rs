//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] =
    &[&Y_SAMEID, &Y_IDONLY, &Y_VANISH, &Y_MXDRIFT, &Y_OLDMX, &Y_REMOVAL, &Y_STALL];

/// The policy changed and its id did not.
pub static Y_SAMEID: Entry = Entry {
    id: "Y-SAMEID",
    section: Section::Operations,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The policy changed and its id did not",
    rfc: "RFC 8461 §3.1; RFC 8461 §8.1",
    explanation: "The policy changed and its id did not.",
    consequence: "The policy changed and its id did not.",
    remedy: &["See the title."],
    example: "",
};

/// The id changed and the policy did not.
pub static Y_IDONLY: Entry = Entry {
    id: "Y-IDONLY",
    section: Section::Operations,
    enforce: Some(Low),
    testing: Some(Low),
    title: "The id changed and the policy did not",
    rfc: "RFC 8461 §8.1",
    explanation: "The id changed and the policy did not.",
    consequence: "The id changed and the policy did not.",
    remedy: &["See the title."],
    example: "",
};

/// MTA-STS was taken away too early.
pub static Y_VANISH: Entry = Entry {
    id: "Y-VANISH",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "MTA-STS was taken away too early",
    rfc: "RFC 8461 §3.3; RFC 8461 §8.3",
    explanation: "MTA-STS was taken away too early.",
    consequence: "MTA-STS was taken away too early.",
    remedy: &["See the title."],
    example: "",
};

/// The MX records changed and the policy did not.
pub static Y_MXDRIFT: Entry = Entry {
    id: "Y-MXDRIFT",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The MX records changed and the policy did not",
    rfc: "RFC 8461 §4.1; RFC 8461 §8.1",
    explanation: "The MX records changed and the policy did not.",
    consequence: "The MX records changed and the policy did not.",
    remedy: &["See the title."],
    example: "",
};

/// The policy still names a former MX.
pub static Y_OLDMX: Entry = Entry {
    id: "Y-OLDMX",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The policy still names a former MX",
    rfc: "RFC 8461 §8.1",
    explanation: "The policy still names a former MX.",
    consequence: "The policy still names a former MX.",
    remedy: &["See the title."],
    example: "",
};

/// MTA-STS is being removed.
pub static Y_REMOVAL: Entry = Entry {
    id: "Y-REMOVAL",
    section: Section::Operations,
    enforce: Some(Info),
    testing: Some(Info),
    title: "MTA-STS is being removed",
    rfc: "RFC 8461 §8.3",
    explanation: "MTA-STS is being removed.",
    consequence: "MTA-STS is being removed.",
    remedy: &["See the title."],
    example: "",
};

/// A roll-out that has stopped.
pub static Y_STALL: Entry = Entry {
    id: "Y-STALL",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A roll-out that has stopped",
    rfc: "RFC 8461 §5",
    explanation: "A roll-out that has stopped.",
    consequence: "A roll-out that has stopped.",
    remedy: &["See the title."],
    example: "",
};
