//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &S_NOSTARTTLS,
    &S_TLSVER,
    &S_CERT_EXPIRED,
    &S_CERT_SOON,
    &S_CERT_UNTRUSTED,
    &S_CERT_CHAIN,
    &S_CERT_NAME,
    &S_SNI,
    &S_PARTIAL,
    &S_CONNECT,
    &S_TEMPFAIL,
    &S_EGRESS,
];

/// An MX does not offer STARTTLS.
pub static S_NOSTARTTLS: Entry = Entry {
    id: "S-NOSTARTTLS",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX does not offer STARTTLS",
    rfc: "RFC 8461 §4; RFC 8461 §5",
    explanation: "An MX does not offer STARTTLS.",
    consequence: "An MX does not offer STARTTLS.",
    remedy: &["See the title."],
    example: "",
};

/// An MX speaks outdated TLS.
pub static S_TLSVER: Entry = Entry {
    id: "S-TLSVER",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX speaks outdated TLS",
    rfc: "RFC 8461 §7.2; RFC 8996 §4; RFC 8996 §5",
    explanation: "An MX speaks outdated TLS.",
    consequence: "An MX speaks outdated TLS.",
    remedy: &["See the title."],
    example: "",
};

/// The certificate of an MX is out of date.
pub static S_CERT_EXPIRED: Entry = Entry {
    id: "S-CERT-EXPIRED",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is out of date",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of an MX is out of date.",
    consequence: "The certificate of an MX is out of date.",
    remedy: &["See the title."],
    example: "",
};

/// The certificate of an MX expires soon.
pub static S_CERT_SOON: Entry = Entry {
    id: "S-CERT-SOON",
    section: Section::MxTls,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The certificate of an MX expires soon",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of an MX expires soon.",
    consequence: "The certificate of an MX expires soon.",
    remedy: &["See the title."],
    example: "",
};

/// The certificate of an MX is from no public CA.
pub static S_CERT_UNTRUSTED: Entry = Entry {
    id: "S-CERT-UNTRUSTED",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is from no public CA",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of an MX is from no public CA.",
    consequence: "The certificate of an MX is from no public CA.",
    remedy: &["See the title."],
    example: "",
};

/// An MX leaves out an intermediate certificate.
pub static S_CERT_CHAIN: Entry = Entry {
    id: "S-CERT-CHAIN",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX leaves out an intermediate certificate",
    rfc: "RFC 8461 §4.2",
    explanation: "An MX leaves out an intermediate certificate.",
    consequence: "An MX leaves out an intermediate certificate.",
    remedy: &["See the title."],
    example: "",
};

/// The certificate of an MX is for another name.
pub static S_CERT_NAME: Entry = Entry {
    id: "S-CERT-NAME",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is for another name",
    rfc: "RFC 8461 §4.2; RFC 8461 §7.1",
    explanation: "The certificate of an MX is for another name.",
    consequence: "The certificate of an MX is for another name.",
    remedy: &["See the title."],
    example: "",
};

/// An MX insists on SNI.
pub static S_SNI: Entry = Entry {
    id: "S-SNI",
    section: Section::MxTls,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX insists on SNI",
    rfc: "RFC 8461 §7.1",
    explanation: "An MX insists on SNI.",
    consequence: "An MX insists on SNI.",
    remedy: &["See the title."],
    example: "",
};

/// Addresses of an MX differ.
pub static S_PARTIAL: Entry = Entry {
    id: "S-PARTIAL",
    section: Section::MxTls,
    enforce: Some(High),
    testing: Some(Medium),
    title: "Addresses of an MX differ",
    rfc: "RFC 8461 §4",
    explanation: "Addresses of an MX differ.",
    consequence: "Addresses of an MX differ.",
    remedy: &["See the title."],
    example: "",
};

/// An MX cannot be reached.
pub static S_CONNECT: Entry = Entry {
    id: "S-CONNECT",
    section: Section::MxTls,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX cannot be reached",
    rfc: "RFC 5321 §4.5.4.1",
    explanation: "An MX cannot be reached.",
    consequence: "An MX cannot be reached.",
    remedy: &["See the title."],
    example: "",
};

/// An MX put the test off.
pub static S_TEMPFAIL: Entry = Entry {
    id: "S-TEMPFAIL",
    section: Section::MxTls,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An MX put the test off",
    rfc: "RFC 5321 §4.2.1",
    explanation: "An MX put the test off.",
    consequence: "An MX put the test off.",
    remedy: &["See the title."],
    example: "",
};

/// Port 25 is blocked here.
pub static S_EGRESS: Entry = Entry {
    id: "S-EGRESS",
    section: Section::MxTls,
    enforce: Some(Info),
    testing: Some(Info),
    title: "Port 25 is blocked here",
    rfc: "RFC 8461 §4",
    explanation: "Port 25 is blocked here.",
    consequence: "Port 25 is blocked here.",
    remedy: &["See the title."],
    example: "",
};
