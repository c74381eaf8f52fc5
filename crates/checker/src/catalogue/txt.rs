//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &D_NONE,
    &D_ORPHAN,
    &D_MULTI,
    &D_SYNTAX,
    &D_VERSION,
    &D_ID,
    &D_WSP,
    &D_UNRELATED,
    &D_WILDCARD,
    &D_LOCATION,
    &D_CNAME,
    &D_CNAME_DEPTH,
    &D_EXT,
    &D_TTL,
    &D_DNSFAIL,
    &D_SPLIT,
];

/// No MTA-STS record.
pub static D_NONE: Entry = Entry {
    id: "D-NONE",
    section: Section::Txt,
    enforce: Some(High),
    testing: None,
    title: "No MTA-STS record",
    rfc: "RFC 8461 §3.1",
    explanation: "No MTA-STS record.",
    consequence: "No MTA-STS record.",
    remedy: &["See the title."],
    example: "",
};

/// A policy file without a record.
pub static D_ORPHAN: Entry = Entry {
    id: "D-ORPHAN",
    section: Section::Txt,
    enforce: Some(High),
    testing: None,
    title: "A policy file without a record",
    rfc: "RFC 8461 §3.1; RFC 8461 §5.1",
    explanation: "A policy file without a record.",
    consequence: "A policy file without a record.",
    remedy: &["See the title."],
    example: "",
};

/// More than one MTA-STS record.
pub static D_MULTI: Entry = Entry {
    id: "D-MULTI",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "More than one MTA-STS record",
    rfc: "RFC 8461 §3.1",
    explanation: "More than one MTA-STS record.",
    consequence: "More than one MTA-STS record.",
    remedy: &["See the title."],
    example: "",
};

/// The record cannot be read.
pub static D_SYNTAX: Entry = Entry {
    id: "D-SYNTAX",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record cannot be read",
    rfc: "RFC 8461 §3.1",
    explanation: "The record cannot be read.",
    consequence: "The record cannot be read.",
    remedy: &["See the title."],
    example: "",
};

/// The record does not begin with v=STSv1.
pub static D_VERSION: Entry = Entry {
    id: "D-VERSION",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record does not begin with v=STSv1",
    rfc: "RFC 8461 §3.1",
    explanation: "The record does not begin with v=STSv1.",
    consequence: "The record does not begin with v=STSv1.",
    remedy: &["See the title."],
    example: "",
};

/// The id is missing or not valid.
pub static D_ID: Entry = Entry {
    id: "D-ID",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The id is missing or not valid",
    rfc: "RFC 8461 §3.1",
    explanation: "The id is missing or not valid.",
    consequence: "The id is missing or not valid.",
    remedy: &["See the title."],
    example: "",
};

/// A space before the first semicolon.
pub static D_WSP: Entry = Entry {
    id: "D-WSP",
    section: Section::Txt,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A space before the first semicolon",
    rfc: "RFC 8461 §3.1",
    explanation: "A space before the first semicolon.",
    consequence: "A space before the first semicolon.",
    remedy: &["See the title."],
    example: "",
};

/// Other text beside the record.
pub static D_UNRELATED: Entry = Entry {
    id: "D-UNRELATED",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Other text beside the record",
    rfc: "RFC 8461 §3.1",
    explanation: "Other text beside the record.",
    consequence: "Other text beside the record.",
    remedy: &["See the title."],
    example: "",
};

/// A wildcard TXT record answers at _mta-sts.
pub static D_WILDCARD: Entry = Entry {
    id: "D-WILDCARD",
    section: Section::Txt,
    enforce: Some(High),
    testing: Some(High),
    title: "A wildcard TXT record answers at _mta-sts",
    rfc: "RFC 8461 §3.1",
    explanation: "A wildcard TXT record answers at _mta-sts.",
    consequence: "A wildcard TXT record answers at _mta-sts.",
    remedy: &["See the title."],
    example: "",
};

/// The record stands at the wrong name.
pub static D_LOCATION: Entry = Entry {
    id: "D-LOCATION",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record stands at the wrong name",
    rfc: "RFC 8461 §3.1",
    explanation: "The record stands at the wrong name.",
    consequence: "The record stands at the wrong name.",
    remedy: &["See the title."],
    example: "",
};

/// The alias at _mta-sts leads to no record.
pub static D_CNAME: Entry = Entry {
    id: "D-CNAME",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The alias at _mta-sts leads to no record",
    rfc: "RFC 8461 §3.1; RFC 8461 §8.2",
    explanation: "The alias at _mta-sts leads to no record.",
    consequence: "The alias at _mta-sts leads to no record.",
    remedy: &["See the title."],
    example: "",
};

/// A long chain of aliases.
pub static D_CNAME_DEPTH: Entry = Entry {
    id: "D-CNAME-DEPTH",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "A long chain of aliases",
    rfc: "RFC 8461 §3.1",
    explanation: "A long chain of aliases.",
    consequence: "A long chain of aliases.",
    remedy: &["See the title."],
    example: "",
};

/// An unknown or repeated field in the record.
pub static D_EXT: Entry = Entry {
    id: "D-EXT",
    section: Section::Txt,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An unknown or repeated field in the record",
    rfc: "RFC 8461 §3.2",
    explanation: "An unknown or repeated field in the record.",
    consequence: "An unknown or repeated field in the record.",
    remedy: &["See the title."],
    example: "",
};

/// An unhelpful TTL on the record.
pub static D_TTL: Entry = Entry {
    id: "D-TTL",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "An unhelpful TTL on the record",
    rfc: "RFC 8461 §8.1",
    explanation: "An unhelpful TTL on the record.",
    consequence: "An unhelpful TTL on the record.",
    remedy: &["See the title."],
    example: "",
};

/// The record cannot be looked up.
pub static D_DNSFAIL: Entry = Entry {
    id: "D-DNSFAIL",
    section: Section::Txt,
    enforce: Some(High),
    testing: Some(High),
    title: "The record cannot be looked up",
    rfc: "RFC 8461 §10.2",
    explanation: "The record cannot be looked up.",
    consequence: "The record cannot be looked up.",
    remedy: &["See the title."],
    example: "",
};

/// Name servers disagree about the record.
pub static D_SPLIT: Entry = Entry {
    id: "D-SPLIT",
    section: Section::Txt,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "Name servers disagree about the record",
    rfc: "RFC 8461 §8.1",
    explanation: "Name servers disagree about the record.",
    consequence: "Name servers disagree about the record.",
    remedy: &["See the title."],
    example: "",
};
