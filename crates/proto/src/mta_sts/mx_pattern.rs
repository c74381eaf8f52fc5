//! MX patterns, RFC 8461 §4.1.

use crate::domain::{DnsName, Domain};

/// An `mx` value of a policy: a host name, or `*.` and a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MxPattern {
    wildcard: bool,
    domain: Domain,
}

/// How a text fails to be an MX pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatternFault {
    /// Nothing there.
    Empty,
    /// Several names on one line.
    List,
    /// A preference number or another word before the name.
    Preference,
    /// A URL.
    Url,
    /// An IP address, bracketed or not.
    Address,
    /// A trailing dot.
    TrailingDot,
    /// A leading dot, the syntax of early drafts.
    LeadingDot,
    /// `*` elsewhere than as the whole left-most label.
    Wildcard,
    /// A U-label.
    ULabel,
    /// Not a domain for another reason.
    Domain(crate::domain::DomainError),
}

impl MxPattern {
    /// Reads the value of an `mx` field.
    pub fn parse(_value: &[u8]) -> Result<Self, PatternFault> {
        todo!()
    }
    /// True if the name of an MX record matches: whole names, case-insensitively; `*` stands
    /// for exactly one label.
    pub fn matches(&self, _host: &Domain) -> bool {
        todo!()
    }
    /// As [`Self::matches`], for a name as DNS has it; a name that is no domain never matches.
    pub fn matches_name(&self, _host: &DnsName) -> bool {
        todo!()
    }
    /// True for a pattern that begins with `*.`.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard
    }
    /// The pattern without `*.`.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }
}

impl std::fmt::Display for MxPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.domain)
    }
}

impl From<Domain> for MxPattern {
    fn from(domain: Domain) -> Self {
        Self { wildcard: false, domain }
    }
}
