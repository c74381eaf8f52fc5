//! Which domains can be hosted at all.

use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::{Domain, DomainError};
use ironpost_proto::visible::Visible;
use std::net::IpAddr;

/// A text that names no domain that can be hosted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotHostable {
    /// Not a domain name.
    #[error("{text} is not a domain: {error}; give the part behind the @ of the mail addresses")]
    NotADomain {
        /// What was given.
        text: Visible,
        /// What is wrong with it.
        error: DomainError,
    },
    /// An address.
    #[error("{text} is an address; give the domain, as in the mail addresses")]
    Address {
        /// What was given.
        text: Visible,
    },
    /// A single label.
    #[error("{domain} is a single label: no mail domain of the public Internet")]
    SingleLabel {
        /// The label.
        domain: Domain,
    },
    /// The public suffix list has it.
    #[error(
        "{domain} is a public suffix ({section}), below which others register names: \
         give one of these"
    )]
    PublicSuffix {
        /// The suffix.
        domain: Domain,
        /// Of which part of the list.
        section: Section,
    },
    /// A name of the protocol below a domain (RFC 8461 §10.3).
    #[error("{text} is a name that the protocol uses below a domain; give the domain itself")]
    ProtocolName {
        /// What was given.
        text: Visible,
    },
    /// In the zone that domains lead to.
    #[error("{domain} lies in {zone}, the zone that hosted domains lead to: it hosts none itself")]
    OurZone {
        /// The domain.
        domain: Domain,
        /// The zone.
        zone: Domain,
    },
    /// RFC 1035 §2.3.4.
    #[error(
        "{domain} is too long: with {longest} before it the name has {octets} octets, \
         and DNS allows 253"
    )]
    TooLong {
        /// The domain.
        domain: Domain,
        /// The name to be put before it.
        longest: String,
        /// What comes of it.
        octets: usize,
    },
}

/// The parts of the public suffix list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Suffixes of registries.
    Icann,
    /// Suffixes of those who let others register below their own domain.
    Private,
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Icann => "of a registry",
            Self::Private => "of a provider",
        })
    }
}

/// Reads the name of a domain that is to be hosted, as a person types it. U-labels are converted:
/// where the result is another text, show it, as everything from there on goes by the A-labels.
pub fn hostable(text: &str, zone: &Domain) -> Result<Domain, NotHostable> {
    let text = text.trim();
    if is_address(text) {
        return Err(NotHostable::Address { text: shown(text) });
    }
    // `_mta-sts` has an underscore and is no domain; the reason is worth more than that.
    let first = text.split('.').next().unwrap_or_default();
    if PROTOCOL_LABELS.iter().any(|label| first.eq_ignore_ascii_case(label)) {
        return Err(NotHostable::ProtocolName { text: shown(text) });
    }
    let domain = text
        .parse::<Domain>()
        .map_err(|error| NotHostable::NotADomain { text: shown(text), error })?;
    if domain.parent().is_none() {
        return Err(NotHostable::SingleLabel { domain });
    }
    // A top-level domain of digits is none (RFC 3696 §2): this is an address written in part.
    if domain.labels().next_back().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit())) {
        return Err(NotHostable::Address { text: shown(text) });
    }
    // What was mapped to such a label while it was read.
    if domain.labels().next().is_some_and(|first| PROTOCOL_LABELS.contains(&first)) {
        return Err(NotHostable::ProtocolName { text: shown(text) });
    }
    if let Some(section) = public_suffix(&domain) {
        return Err(NotHostable::PublicSuffix { domain, section });
    }
    if domain.is_within(zone) {
        return Err(NotHostable::OurZone { domain, zone: zone.clone() });
    }
    fits(domain)
}

fn is_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    // RFC 5321 §4.1.3: an address literal of IPv6 says so.
    let inner = inner.strip_prefix("IPv6:").unwrap_or(inner);
    inner.parse::<IpAddr>().is_ok()
}

fn public_suffix(domain: &Domain) -> Option<Section> {
    let suffix = psl::suffix(domain.as_str().as_bytes())?;
    if suffix.as_bytes() != domain.as_str().as_bytes() {
        return None;
    }
    suffix.typ().map(|typ| match typ {
        psl::Type::Icann => Section::Icann,
        psl::Type::Private => Section::Private,
    })
}

fn fits(domain: Domain) -> Result<Domain, NotHostable> {
    let owners = Target::ALL.map(|target| target.owner(&domain).as_str().len());
    let octets = owners.into_iter().max().unwrap_or_default();
    if octets <= MAX_NAME {
        return Ok(domain);
    }
    let longest = Target::Challenge.owner(&domain);
    let longest = longest.as_str().strip_suffix(domain.as_str()).unwrap_or_default().to_owned();
    Err(NotHostable::TooLong { domain, longest, octets })
}

fn shown(text: &str) -> Visible {
    Visible::excerpt(text.as_bytes(), MAX_SHOWN)
}

/// True if a zone leaves room for the labels below it.
pub fn zone_fits(zone: &Domain) -> bool {
    let token = Token::from_bytes([0; 10]);
    Target::ALL.iter().all(|target| target.name(token, zone).as_str().len() <= MAX_NAME)
}

/// RFC 8461 §10.3: whoever gets such a name speaks for the domain above it.
const PROTOCOL_LABELS: [&str; 5] = ["mta-sts", "_mta-sts", "_smtp", "_tls", "_acme-challenge"];
/// RFC 1035 §2.3.4: 255 octets on the wire are 253 in text.
const MAX_NAME: usize = 253;
/// Characters of a text shown in an error.
const MAX_SHOWN: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use NotHostable as N;

    fn read(text: &str) -> Result<String, NotHostable> {
        hostable(text, &"sts.host.test".parse().unwrap()).map(|domain| domain.to_string())
    }

    #[test]
    fn what_is_no_domain_to_host_says_why() {
        let long = format!("{}.test", vec!["a".repeat(56); 4].join("."));
        let table = [
            ("example.com", "ok example.com", "a domain"),
            (" Example.COM. ", "ok example.com", "as people type it"),
            ("bücher.example", "ok xn--bcher-kva.example", "a U-label"),
            ("lists.example.co.uk", "ok lists.example.co.uk", "a mail subdomain"),
            ("example.test", "ok example.test", "below a name that no list has"),
            ("", "not a domain", "nothing"),
            ("user@example.com", "not a domain", "a mail address"),
            ("https://example.com/", "not a domain", "a URL"),
            ("a..b.example", "not a domain", "two dots"),
            ("192.0.2.1", "address", "an IPv4 address"),
            ("2001:db8::1", "address", "an IPv6 address"),
            ("[192.0.2.1]", "address", "a literal"),
            ("[IPv6:2001:db8::1]", "address", "a literal"),
            ("192.0.2", "address", "part of one"),
            ("localhost", "single label", "one label"),
            ("com", "single label", "a top-level domain"),
            ("co.uk", "suffix of a registry", "of a registry"),
            ("github.io", "suffix of a provider", "of a provider"),
            ("xn--55qx5d.cn", "suffix of a registry", "an internationalised suffix"),
            ("mta-sts.example.com", "protocol", "the policy host"),
            ("_MTA-STS.example.com", "protocol", "the record"),
            ("ｍｔａ－ｓｔｓ.example.com", "protocol", "the policy host in full width"),
            ("_smtp._tls.example.com", "protocol", "the record of reports"),
            ("sts.host.test", "our zone", "our zone"),
            ("a.sts.host.test", "our zone", "below our zone"),
            ("host.test", "ok host.test", "above our zone"),
            (&long, "too long", "no room for the names below"),
        ];
        for (text, expected, reason) in table {
            let found = match read(text) {
                Ok(domain) => format!("ok {domain}"),
                Err(N::NotADomain { .. }) => "not a domain".to_owned(),
                Err(N::Address { .. }) => "address".to_owned(),
                Err(N::SingleLabel { .. }) => "single label".to_owned(),
                Err(N::PublicSuffix { section, .. }) => format!("suffix {section}"),
                Err(N::ProtocolName { .. }) => "protocol".to_owned(),
                Err(N::OurZone { .. }) => "our zone".to_owned(),
                Err(N::TooLong { .. }) => "too long".to_owned(),
            };
            assert_eq!(found, expected, "{reason}");
        }
    }

    #[test]
    fn what_is_shown_of_a_text_does_nothing() {
        let text = format!("a\u{1b}[2J{}", "x".repeat(1000));
        let words = read(&text).unwrap_err().to_string();
        assert!(!words.contains('\u{1b}') && words.len() < 300, "{words}");
    }

    #[test]
    fn the_longest_domain_is_hosted_and_one_octet_more_is_not() {
        // 24 octets of `_acme-challenge.mta-sts.` leave 229.
        let domain = |last| format!("{}.{}", vec!["a".repeat(49); 4].join("."), "b".repeat(last));
        assert_eq!(domain(29).len(), 229);
        assert!(read(&domain(29)).is_ok());
        let words = read(&domain(30)).unwrap_err().to_string();
        assert!(words.contains("_acme-challenge.mta-sts. before it the name has 254"), "{words}");
    }
}
