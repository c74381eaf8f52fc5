//! MX patterns, RFC 8461 §4.1.

use crate::domain::{DnsName, Domain, DomainError};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// An `mx` value of a policy: a host name, or `*.` and a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MxPattern {
    wildcard: bool,
    domain: Domain,
}

/// How a text fails to be an MX pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PatternFault {
    /// Nothing there.
    #[error("the pattern is empty")]
    Empty,
    /// Several names on one line.
    #[error("several names in one pattern")]
    List,
    /// A preference number or another word before the name.
    #[error("something stands before the name")]
    Preference,
    /// A URL.
    #[error("a URL, not a host name")]
    Url,
    /// An IP address, bracketed or not.
    #[error("an IP address, not a host name")]
    Address,
    /// A trailing dot.
    #[error("the name ends with a dot")]
    TrailingDot,
    /// A leading dot, the syntax of early drafts.
    #[error("the name begins with a dot")]
    LeadingDot,
    /// `*` elsewhere than as the whole left-most label.
    #[error("`*` may only be the whole left-most label")]
    Wildcard,
    /// A U-label.
    #[error("an internationalised name must be written as A-labels")]
    ULabel,
    /// Not a domain for another reason.
    #[error(transparent)]
    Domain(DomainError),
}

impl MxPattern {
    /// Reads the value of an `mx` field: `["*."] Domain` (§3.2), A-labels only.
    ///
    /// Four numbers joined by dots are a `Domain` by the grammar of RFC 5321 §4.1.2, so an
    /// IPv4 address is read as the name it can never match; see [`Self::as_ipv4`].
    pub fn parse(value: &[u8]) -> Result<Self, PatternFault> {
        let (wildcard, name) = match value.strip_prefix(b"*.") {
            Some(name) => (true, name),
            None => (false, value),
        };
        match Domain::from_a_labels(name) {
            Ok(domain) => Ok(Self { wildcard, domain }),
            Err(error) => Err(classify(value, error)),
        }
    }

    /// True if the name of an MX record matches: whole names, case-insensitively; `*` stands
    /// for exactly one label (§4.1).
    pub fn matches(&self, host: &Domain) -> bool {
        self.matches_text(host.as_str())
    }

    /// As [`Self::matches`], for a name as DNS has it: the star stands for any label, one with
    /// an underscore too.
    pub fn matches_name(&self, host: &DnsName) -> bool {
        // No label of a domain needs an escape, so the texts compare as the names do.
        self.matches_text(host.as_str())
    }

    /// True for a pattern that begins with `*.`.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The pattern without `*.`.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The address, if the pattern is an IPv4 address in disguise: a mistake, as an MX
    /// record holds a name and never an address.
    pub fn as_ipv4(&self) -> Option<Ipv4Addr> {
        if self.wildcard { None } else { self.domain.as_str().parse().ok() }
    }

    fn matches_text(&self, host: &str) -> bool {
        let name =
            if self.wildcard { host.split_once('.').map(|(_, parent)| parent) } else { Some(host) };
        name == Some(self.domain.as_str())
    }
}

impl FromStr for MxPattern {
    type Err = PatternFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.domain)
    }
}

impl From<Domain> for MxPattern {
    fn from(domain: Domain) -> Self {
        Self { wildcard: false, domain }
    }
}

/// Tells what a text that is no pattern was meant to be.
fn classify(value: &[u8], error: DomainError) -> PatternFault {
    let Ok(text) = std::str::from_utf8(value) else { return PatternFault::Domain(error) };
    if text.is_empty() {
        PatternFault::Empty
    } else if text.contains("://") {
        PatternFault::Url
    } else if is_address(text) {
        PatternFault::Address
    } else if text.contains([',', ';']) {
        PatternFault::List
    } else if text.contains([' ', '\t']) {
        classify_words(text)
    } else if text.strip_suffix('.').is_some_and(is_pattern) {
        PatternFault::TrailingDot
    } else if text.strip_prefix('.').is_some_and(is_pattern) {
        PatternFault::LeadingDot
    } else if !text.is_ascii() && without_star(text).parse::<Domain>().is_ok() {
        PatternFault::ULabel
    } else if text.contains('*') {
        PatternFault::Wildcard
    } else {
        PatternFault::Domain(error)
    }
}

/// Several names, or one with a word before it as in `10 mail.example.com`.
fn classify_words(text: &str) -> PatternFault {
    let mut words = text.split_ascii_whitespace();
    let names = words.clone().filter(|word| word.contains('.')).count();
    match words.next() {
        _ if names > 1 => PatternFault::List,
        Some(first) if names == 1 && !first.contains('.') => PatternFault::Preference,
        _ => PatternFault::Domain(DomainError::Character(' ')),
    }
}

fn is_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let literal = inner.strip_prefix("IPv6:").unwrap_or(inner);
    literal.parse::<IpAddr>().is_ok()
}

fn is_pattern(text: &str) -> bool {
    Domain::from_a_labels(without_star(text).as_bytes()).is_ok()
}

fn without_star(text: &str) -> &str {
    text.strip_prefix("*.").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::from_a_labels(text.as_bytes()).unwrap()
    }

    #[test]
    fn matches_whole_names_and_one_label_for_the_star() {
        let table = [
            ("mx.a.test", "mx.a.test", true, "the name itself"),
            ("MX.a.TEST", "mx.A.test", true, "case does not count"),
            ("*.a.test", "mx.a.test", true, "one label for the star"),
            ("*.a.test", "a.test", false, "the star is not nothing"),
            ("*.a.test", "x.mx.a.test", false, "the star is not two labels"),
            ("*.a.test", "mxa.test", false, "the star ends at a dot"),
            ("*.test", "a.test", true, "a star above a top-level name is legal"),
            ("a.test", "mx.a.test", false, "a name does not cover what is below it"),
            ("mx.a.test", "mx.a.test.b.example", false, "nor what merely begins with it"),
            ("mx.a.test", "mx-a.test", false, "a dot is a dot"),
            ("*.xn--strae-oqa.test", "mx.xn--strae-oqa.test", true, "A-labels are letters"),
        ];
        for (pattern, host, expected, reason) in table {
            let pattern = MxPattern::parse(pattern.as_bytes()).unwrap();
            assert_eq!(pattern.matches(&domain(host)), expected, "{reason}");
        }
    }

    #[test]
    fn matches_names_as_dns_has_them() {
        let star = MxPattern::parse(b"*.a.test").unwrap();
        let table = [
            ("MX.a.test.", true, "case and the trailing dot"),
            ("_mx.a.test", true, "any label for the star"),
            ("m\\046x.a.test", true, "a dot inside a label is no border"),
            ("mx\\046a.test", false, "and makes no border"),
            ("a.test", false, "no label for the star"),
            (".", false, "the root"),
        ];
        for (name, expected, reason) in table {
            assert_eq!(star.matches_name(&name.parse().unwrap()), expected, "{reason}");
        }
        assert!(!MxPattern::parse(b"test").unwrap().matches_name(&".".parse().unwrap()));
    }

    #[test]
    fn tells_what_a_broken_pattern_was_meant_to_be() {
        use PatternFault as F;
        let table = [
            ("", F::Empty),
            ("mx1.a.test, mx2.a.test", F::List),
            ("mx1.a.test,mx2.a.test", F::List),
            ("mx1.a.test;mx2.a.test", F::List),
            ("mx1.a.test mx2.a.test", F::List),
            ("10 mx.a.test", F::Preference),
            ("IN MX 10 mx.a.test", F::Preference),
            ("mx.a.test 10", F::Domain(DomainError::Character(' '))),
            ("https://mx.a.test/", F::Url),
            ("smtp://mx.a.test", F::Url),
            ("mx.a.test:25", F::Domain(DomainError::Character(':'))),
            ("[192.0.2.1]", F::Address),
            ("[IPv6:2001:db8::1]", F::Address),
            ("2001:db8::1", F::Address),
            ("mx.a.test.", F::TrailingDot),
            ("*.a.test.", F::TrailingDot),
            (".a.test", F::LeadingDot),
            ("*", F::Wildcard),
            ("*.", F::Wildcard),
            ("*a.test", F::Wildcard),
            ("mx*.a.test", F::Wildcard),
            ("*.*.a.test", F::Wildcard),
            ("mx.*.test", F::Wildcard),
            ("mx.straße.test", F::ULabel),
            ("*.straße.test", F::ULabel),
            ("“mx.a.test”", F::Domain(DomainError::Character('“'))),
            ("mx_1.a.test", F::Domain(DomainError::Character('_'))),
            ("mx..a.test", F::Domain(DomainError::EmptyLabel)),
            ("-mx.a.test", F::Domain(DomainError::Hyphen)),
            ("mx\0.a.test", F::Domain(DomainError::Character('\0'))),
        ];
        for (text, fault) in table {
            assert_eq!(MxPattern::parse(text.as_bytes()), Err(fault), "{text:?}");
        }
        let garbage = F::Domain(DomainError::Character(char::REPLACEMENT_CHARACTER));
        assert_eq!(MxPattern::parse(b"mx\xff.a.test"), Err(garbage));
    }

    #[test]
    fn numbers_make_a_name_and_perhaps_an_address() {
        let address = MxPattern::parse(b"192.0.2.1").unwrap();
        assert_eq!(address.as_ipv4(), Some(Ipv4Addr::new(192, 0, 2, 1)));
        assert_eq!(MxPattern::parse(b"1.2.3").unwrap().as_ipv4(), None);
        assert_eq!(MxPattern::parse(b"*.0.2.1").unwrap().as_ipv4(), None);
    }
}
