//! Findings of this section.

use super::{Entry, Section};
use crate::finding::Severity::*;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &H_NXDOMAIN,
    &H_CONNECT,
    &H_TIMEOUT,
    &H_PARTIAL,
    &H_TLS,
    &H_TLSVER,
    &H_CERT_EXPIRED,
    &H_CERT_SOON,
    &H_CERT_UNTRUSTED,
    &H_CERT_CHAIN,
    &H_CERT_NAME,
    &H_STATUS,
    &H_REDIRECT,
    &H_DELEGATE,
    &H_UA,
    &H_CTYPE,
    &H_SIZE,
    &H_SLOW,
];

/// The policy host has no address.
pub static H_NXDOMAIN: Entry = Entry {
    id: "H-NXDOMAIN",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host has no address",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy host has no address.",
    consequence: "The policy host has no address.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host refuses connections.
pub static H_CONNECT: Entry = Entry {
    id: "H-CONNECT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host refuses connections",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host refuses connections.",
    consequence: "The policy host refuses connections.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host does not answer in time.
pub static H_TIMEOUT: Entry = Entry {
    id: "H-TIMEOUT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not answer in time",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host does not answer in time.",
    consequence: "The policy host does not answer in time.",
    remedy: &["See the title."],
    example: "",
};

/// Addresses of the policy host differ.
pub static H_PARTIAL: Entry = Entry {
    id: "H-PARTIAL",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "Addresses of the policy host differ",
    rfc: "RFC 8461 §3.3",
    explanation: "Addresses of the policy host differ.",
    consequence: "Addresses of the policy host differ.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host does not speak TLS.
pub static H_TLS: Entry = Entry {
    id: "H-TLS",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not speak TLS",
    rfc: "RFC 8461 §3.3; RFC 8461 §7.1",
    explanation: "The policy host does not speak TLS.",
    consequence: "The policy host does not speak TLS.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host offers only outdated TLS.
pub static H_TLSVER: Entry = Entry {
    id: "H-TLSVER",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host offers only outdated TLS",
    rfc: "RFC 8461 §7.2; RFC 8996 §4; RFC 8996 §5",
    explanation: "The policy host offers only outdated TLS.",
    consequence: "The policy host offers only outdated TLS.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host's certificate is out of date.
pub static H_CERT_EXPIRED: Entry = Entry {
    id: "H-CERT-EXPIRED",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is out of date",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host's certificate is out of date.",
    consequence: "The policy host's certificate is out of date.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host's certificate expires soon.
pub static H_CERT_SOON: Entry = Entry {
    id: "H-CERT-SOON",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The policy host's certificate expires soon",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host's certificate expires soon.",
    consequence: "The policy host's certificate expires soon.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host's certificate is from no public CA.
pub static H_CERT_UNTRUSTED: Entry = Entry {
    id: "H-CERT-UNTRUSTED",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is from no public CA",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host's certificate is from no public CA.",
    consequence: "The policy host's certificate is from no public CA.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host leaves out an intermediate certificate.
pub static H_CERT_CHAIN: Entry = Entry {
    id: "H-CERT-CHAIN",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host leaves out an intermediate certificate",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host leaves out an intermediate certificate.",
    consequence: "The policy host leaves out an intermediate certificate.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host's certificate is for another name.
pub static H_CERT_NAME: Entry = Entry {
    id: "H-CERT-NAME",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is for another name",
    rfc: "RFC 8461 §3.3; RFC 8461 §8.2",
    explanation: "The policy host's certificate is for another name.",
    consequence: "The policy host's certificate is for another name.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host does not answer 200.
pub static H_STATUS: Entry = Entry {
    id: "H-STATUS",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not answer 200",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host does not answer 200.",
    consequence: "The policy host does not answer 200.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host redirects.
pub static H_REDIRECT: Entry = Entry {
    id: "H-REDIRECT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host redirects",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host redirects.",
    consequence: "The policy host redirects.",
    remedy: &["See the title."],
    example: "",
};

/// The hosting provider does not serve this domain.
pub static H_DELEGATE: Entry = Entry {
    id: "H-DELEGATE",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The hosting provider does not serve this domain",
    rfc: "RFC 8461 §8.2",
    explanation: "The hosting provider does not serve this domain.",
    consequence: "The hosting provider does not serve this domain.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host answers browsers only.
pub static H_UA: Entry = Entry {
    id: "H-UA",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "The policy host answers browsers only",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host answers browsers only.",
    consequence: "The policy host answers browsers only.",
    remedy: &["See the title."],
    example: "",
};

/// The policy is not served as text/plain.
pub static H_CTYPE: Entry = Entry {
    id: "H-CTYPE",
    section: Section::PolicyHost,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "The policy is not served as text/plain",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy is not served as text/plain.",
    consequence: "The policy is not served as text/plain.",
    remedy: &["See the title."],
    example: "",
};

/// The policy file is too large.
pub static H_SIZE: Entry = Entry {
    id: "H-SIZE",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "The policy file is too large",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy file is too large.",
    consequence: "The policy file is too large.",
    remedy: &["See the title."],
    example: "",
};

/// The policy host is slow.
pub static H_SLOW: Entry = Entry {
    id: "H-SLOW",
    section: Section::PolicyHost,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "The policy host is slow",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host is slow.",
    consequence: "The policy host is slow.",
    remedy: &["See the title."],
    example: "",
};
