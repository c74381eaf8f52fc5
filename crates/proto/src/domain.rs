//! Domain names: policy domains and host names as A-labels, and names as DNS has them.

use std::fmt;
use std::str::FromStr;

/// A domain in the sense of RFC 5321 §4.1.2: A-labels in lower case, no trailing dot,
/// labels of letters, digits and inner hyphens (1 to 63 octets), at most 253 octets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Box<str>);

/// Why a text is not a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing but blanks or dots.
    #[error("the name is empty")]
    Empty,
    /// Over 253 octets as A-labels.
    #[error("the name is longer than 253 octets")]
    TooLong,
    /// A label of no octets (two dots in a row, a leading dot).
    #[error("a label is empty")]
    EmptyLabel,
    /// A label over 63 octets.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// A character that no domain has.
    #[error("{0:?} is not allowed in a domain")]
    Character(char),
    /// A hyphen at the start or the end of a label.
    #[error("a label starts or ends with a hyphen")]
    Hyphen,
    /// Not a valid IDNA label (RFC 5891 §5).
    #[error("not a valid internationalised label")]
    Idna,
}

impl Domain {
    /// Reads an A-label domain with no mapping but case folding: U-labels, trailing dots
    /// and underscores are errors. This is the reading for policy files (RFC 8461 §3.2).
    pub fn from_a_labels(_text: &[u8]) -> Result<Self, DomainError> {
        todo!()
    }
    /// The domain as A-labels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The labels from left to right.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }
    /// The domain without its left-most label; `None` for a single label.
    pub fn parent(&self) -> Option<Self> {
        todo!()
    }
    /// True if `self` equals `ancestor` or lies below it.
    pub fn is_within(&self, _ancestor: &Self) -> bool {
        todo!()
    }
    /// `label.self` as a DNS name; `label` may begin with an underscore or hold several labels
    /// (`_mta-sts`, `_25._tcp`).
    pub fn prefixed(&self, _label: &str) -> DnsName {
        todo!()
    }
    /// The form for people: U-labels where they are valid.
    pub fn to_unicode(&self) -> String {
        todo!()
    }
}

impl FromStr for Domain {
    type Err = DomainError;
    /// Reads what a person types: U-labels are converted, case folded, one trailing dot
    /// dropped (RFC 5891 §5; REQUIREMENTS S5).
    fn from_str(_text: &str) -> Result<Self, Self::Err> {
        todo!()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Any name DNS can hold, in presentation form: lower case, no trailing dot, every octet
/// outside `[a-z0-9_*-]` as `\DDD`, the root as `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(Box<str>);

impl DnsName {
    /// Builds a name from wire labels (without the root label). At most 255 octets on the wire.
    pub fn from_labels<'a>(_labels: impl IntoIterator<Item = &'a [u8]>) -> Self {
        todo!()
    }
    /// The presentation form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// True for the root, which as an MX exchange means null MX (RFC 7505 §3).
    pub fn is_root(&self) -> bool {
        &*self.0 == "."
    }
    /// The same name as a domain, if it is one.
    pub fn to_domain(&self) -> Option<Domain> {
        todo!()
    }
    /// The wire labels, unescaped.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        todo!()
    }
    /// The name without its left-most label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        todo!()
    }
}

impl From<&Domain> for DnsName {
    fn from(domain: &Domain) -> Self {
        Self(domain.0.clone())
    }
}

impl FromStr for DnsName {
    type Err = DomainError;
    /// Reads presentation form, with `\DDD` escapes, with or without the trailing dot.
    fn from_str(_text: &str) -> Result<Self, Self::Err> {
        todo!()
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
