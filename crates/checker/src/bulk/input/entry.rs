//! One entry of a list, or one argument: the domain in what a person wrote.

use ironpost_proto::domain::{Domain, DomainError};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Why an entry names no domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More than one field, and not `rank,domain`.
    #[error("more than a domain; write one domain a line")]
    Several,
    /// An IP address; policies are for domains (RFC 8461 §3).
    #[error("an IP address, not a domain")]
    Address,
    /// Not a domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

/// Finds the domain in `text`: a domain (U-labels, upper case, a trailing dot), the host of a
/// URL as it stands, the domain of an e-mail address, the second of `rank,domain`; each may be
/// quoted.
pub fn read_domain(text: &str) -> Result<Domain, EntryError> {
    let field = the_field(text.trim())?;
    let host = host(field);
    if is_address(host) {
        return Err(EntryError::Address);
    }
    Ok(host.parse()?)
}

/// The field with the domain in it.
fn the_field(text: &str) -> Result<&str, EntryError> {
    let separator = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let mut fields = text.split(separator).map(unquoted).filter(|field| !field.is_empty());
    match (fields.next(), fields.next(), fields.next()) {
        (None, ..) => Ok(""),
        (Some(only), None, _) => Ok(only),
        (Some(rank), Some(domain), None) if rank.bytes().all(|b| b.is_ascii_digit()) => Ok(domain),
        (Some(_), Some(_), _) => Err(EntryError::Several),
    }
}

fn unquoted(field: &str) -> &str {
    let mut field = field;
    for (open, close) in [('"', '"'), ('\'', '\''), ('<', '>')] {
        let inner = field.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        field = inner.unwrap_or(field);
    }
    field
}

/// The host of a URL, the domain of an address, or the text itself.
fn host(field: &str) -> &str {
    // RFC 3986 §3.2: the authority ends at a slash, a question mark or a number sign.
    let after_scheme = field.split_once("://").map_or(field, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        // A second colon: an IPv6 address.
        Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => {
            name
        }
        Some(_) | None => host,
    }
}

/// An address in any spelling that a browser would take for one.
fn is_address(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let bare = bare.strip_prefix("IPv6:").unwrap_or(bare);
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    bare.parse::<Ipv6Addr>().is_ok()
        || bare.parse::<Ipv4Addr>().is_ok()
        || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_domain() {
        let table = [
            ("example.com", "example.com", "as it is"),
            (" Example.COM. ", "example.com", "case, dot and blanks"),
            ("bücher.example", "xn--bcher-kva.example", "U-labels"),
            ("https://www.example.com/x?y#z", "www.example.com", "the host of a URL as it is"),
            ("HTTP://user:pw@example.com:8080", "example.com", "credentials and port"),
            ("//example.com/x", "", "no scheme"),
            ("example.com/path", "example.com", "a path without a scheme"),
            ("example.com:443", "example.com", "a port"),
            ("postmaster@example.com", "example.com", "an e-mail address"),
            ("mailto:postmaster@example.com", "example.com", "and as a link"),
            ("a#b@example.com", "", "a number sign ends an authority"),
            ("<joe@example.com>", "example.com", "angle brackets"),
            ("1,example.com", "example.com", "rank and domain"),
            ("\"17\",\"example.com\"", "example.com", "quoted"),
            ("3;example.com", "example.com", "another separator"),
            ("4\texample.com", "example.com", "and another"),
            ("'example.com'", "example.com", "single quotes"),
            ("example.com,", "example.com", "a comma at the end"),
        ];
        for (text, expected, reason) in table {
            let found = read_domain(text).map_or_else(|_| String::new(), |d| d.to_string());
            if expected.is_empty() {
                assert_ne!(found, text, "{reason}");
            } else {
                assert_eq!(found, expected, "{reason}");
            }
        }
    }

    #[test]
    fn names_what_is_none() {
        let table = [
            ("", EntryError::Domain(DomainError::Empty)),
            ("https://", EntryError::Domain(DomainError::Empty)),
            ("joe@", EntryError::Domain(DomainError::Empty)),
            ("192.0.2.1", EntryError::Address),
            ("http://[2001:db8::1]/", EntryError::Address),
            ("2001:db8::1", EntryError::Address),
            ("joe@[IPv6:2001:db8::1]", EntryError::Address),
            ("10.1", EntryError::Address),
            ("a.example b.example", EntryError::Several),
            ("a.example,b.example", EntryError::Several),
            ("1,2,c.example", EntryError::Several),
            ("*.example.com", EntryError::Domain(DomainError::Character('*'))),
            ("_mta-sts.example.com", EntryError::Domain(DomainError::Character('_'))),
            ("a..example", EntryError::Domain(DomainError::EmptyLabel)),
        ];
        for (text, expected) in table {
            assert_eq!(read_domain(text), Err(expected), "{text:?}");
        }
    }
}
