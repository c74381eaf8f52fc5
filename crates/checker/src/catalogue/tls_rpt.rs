//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &R_NONE,
    &R_MULTI,
    &R_VERSION,
    &R_RUA,
    &R_SCHEME,
    &R_SYNTAX,
    &R_UNREACHABLE,
    &R_SELF,
    &R_LOCATION,
    &R_UNRELATED,
    &R_HOST,
];

/// No TLS-RPT record.
pub static R_NONE: Entry = Entry {
    id: "R-NONE",
    section: Section::TlsRpt,
    enforce: Some(Medium),
    testing: Some(High),
    title: "No TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "No TLS-RPT record.",
    consequence: "No TLS-RPT record.",
    remedy: &["See the title."],
    example: "",
};

/// More than one TLS-RPT record.
pub static R_MULTI: Entry = Entry {
    id: "R-MULTI",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "More than one TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "More than one TLS-RPT record.",
    consequence: "More than one TLS-RPT record.",
    remedy: &["See the title."],
    example: "",
};

/// The TLS-RPT record does not begin with v=TLSRPTv1.
pub static R_VERSION: Entry = Entry {
    id: "R-VERSION",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record does not begin with v=TLSRPTv1",
    rfc: "RFC 8460 §3",
    explanation: "The TLS-RPT record does not begin with v=TLSRPTv1.",
    consequence: "The TLS-RPT record does not begin with v=TLSRPTv1.",
    remedy: &["See the title."],
    example: "",
};

/// The TLS-RPT record has no rua.
pub static R_RUA: Entry = Entry {
    id: "R-RUA",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record has no rua",
    rfc: "RFC 8460 §3",
    explanation: "The TLS-RPT record has no rua.",
    consequence: "The TLS-RPT record has no rua.",
    remedy: &["See the title."],
    example: "",
};

/// A report address without mailto or https.
pub static R_SCHEME: Entry = Entry {
    id: "R-SCHEME",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "A report address without mailto or https",
    rfc: "RFC 8460 §3",
    explanation: "A report address without mailto or https.",
    consequence: "A report address without mailto or https.",
    remedy: &["See the title."],
    example: "",
};

/// The TLS-RPT record cannot be read.
pub static R_SYNTAX: Entry = Entry {
    id: "R-SYNTAX",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record cannot be read",
    rfc: "RFC 8460 §3",
    explanation: "The TLS-RPT record cannot be read.",
    consequence: "The TLS-RPT record cannot be read.",
    remedy: &["See the title."],
    example: "",
};

/// Reports cannot be delivered.
pub static R_UNREACHABLE: Entry = Entry {
    id: "R-UNREACHABLE",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "Reports cannot be delivered",
    rfc: "RFC 8460 §3; RFC 8460 §5",
    explanation: "Reports cannot be delivered.",
    consequence: "Reports cannot be delivered.",
    remedy: &["See the title."],
    example: "",
};

/// Reports go only to the reported domain.
pub static R_SELF: Entry = Entry {
    id: "R-SELF",
    section: Section::TlsRpt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Reports go only to the reported domain",
    rfc: "RFC 8460 §3",
    explanation: "Reports go only to the reported domain.",
    consequence: "Reports go only to the reported domain.",
    remedy: &["See the title."],
    example: "",
};

/// The TLS-RPT record stands at the wrong name.
pub static R_LOCATION: Entry = Entry {
    id: "R-LOCATION",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record stands at the wrong name",
    rfc: "RFC 8460 §3",
    explanation: "The TLS-RPT record stands at the wrong name.",
    consequence: "The TLS-RPT record stands at the wrong name.",
    remedy: &["See the title."],
    example: "",
};

/// Other text beside the TLS-RPT record.
pub static R_UNRELATED: Entry = Entry {
    id: "R-UNRELATED",
    section: Section::TlsRpt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Other text beside the TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "Other text beside the TLS-RPT record.",
    consequence: "Other text beside the TLS-RPT record.",
    remedy: &["See the title."],
    example: "",
};

/// No TLS-RPT record at the MX host.
pub static R_HOST: Entry = Entry {
    id: "R-HOST",
    section: Section::TlsRpt,
    enforce: Some(Info),
    testing: Some(Info),
    title: "No TLS-RPT record at the MX host",
    rfc: "RFC 8460 §3",
    explanation: "No TLS-RPT record at the MX host.",
    consequence: "No TLS-RPT record at the MX host.",
    remedy: &["See the title."],
    example: "",
};
