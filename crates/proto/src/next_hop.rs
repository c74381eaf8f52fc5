//! The next-hop as an MTA names it: what a policy lookup is asked for.

use crate::domain::Domain;
use std::fmt;
use std::net::IpAddr;

/// Where mail goes next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// The policy domain (RFC 8461 §3.4): the recipient's domain, or that of a smart host.
    pub domain: Domain,
    /// Whose addresses are connected to.
    pub route: Route,
    /// The TCP port, which is part of the TLSA name (RFC 7672 §2.2.3).
    pub port: u16,
}

/// Whose addresses are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Those of the domain's MX hosts, or its own if it has no MX records.
    Mx,
    /// The domain's own: the name stood in brackets.
    Host,
}

/// A key that names a next-hop, or something that has no policy of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A next-hop.
    NextHop(NextHop),
    /// An address literal, which has no policy (S4).
    AddressLiteral,
    /// A parent domain with its leading dot: policies are not inherited (S3).
    Parent,
    /// A name that DNS may know but that cannot be a policy domain, such as `my_relay`.
    NoDomain,
}

/// A key that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// Nothing, or nothing but a port.
    #[error("the key names no next-hop")]
    Empty,
    /// Brackets that do not pair.
    #[error("the brackets do not pair")]
    Brackets,
    /// Neither a port number nor a service that mail is sent to.
    #[error(
        "the port is neither a number from 1 to 65535 nor one of smtp, submission, submissions, smtps and lmtp"
    )]
    Port,
}

impl Key {
    /// Reads `d`, `d:port`, `[d]` and `[d]:port` in any case, with U-labels, with a trailing dot,
    /// and address literals (S1 to S5), with and without brackets.
    pub fn parse(key: &[u8]) -> Result<Self, KeyError> {
        let Ok(text) = std::str::from_utf8(key) else { return Ok(Self::NoDomain) };
        if text.starts_with('.') {
            return Ok(Self::Parent);
        }
        if is_address(text) {
            return Ok(Self::AddressLiteral);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (name, rest) = rest.split_once(']').ok_or(KeyError::Brackets)?;
            let port = match rest.strip_prefix(':') {
                Some(port) => parse_port(port)?,
                None if rest.is_empty() => SMTP_PORT,
                None => return Err(KeyError::Brackets),
            };
            return Self::named(name, Route::Host, port);
        }
        match text.rsplit_once(':') {
            // The socket of a local server.
            Some(_) if text.contains('/') => Ok(Self::NoDomain),
            Some((name, port)) => Self::named(name, Route::Mx, parse_port(port)?),
            None => Self::named(text, Route::Mx, SMTP_PORT),
        }
    }

    /// What stands before the port and within the brackets.
    fn named(name: &str, route: Route, port: u16) -> Result<Self, KeyError> {
        if name.is_empty() {
            return Err(KeyError::Empty);
        }
        if name.contains(['[', ']']) {
            return Err(KeyError::Brackets);
        }
        if is_address(name) {
            return Ok(Self::AddressLiteral);
        }
        // A name that claims to be an A-label and is none can still be in DNS, and publish a
        // policy there: RFC 5891 §5.3 leaves it to the reader whether to decode.
        let relative = name.strip_suffix('.').unwrap_or(name);
        let domain = name.parse().or_else(|_| Domain::from_a_labels(relative.as_bytes()));
        Ok(match domain {
            // `192.0.2.1.`, or full-width digits.
            Ok(domain) if is_address(domain.as_str()) => Self::AddressLiteral,
            Ok(domain) => Self::NextHop(NextHop { domain, route, port }),
            Err(_) => Self::NoDomain,
        })
    }
}

/// The key itself if it is a domain in the form that [`Key::parse`] would give it, to be reached by
/// way of its MX hosts on port 25: nothing is allocated. `None` for every other key, and for the
/// few that take a closer look: A-labels, and names that end in a digit as addresses do.
pub fn plain(key: &[u8]) -> Option<&str> {
    let plain = key.len() <= MAX_NAME
        && !key.last().is_some_and(u8::is_ascii_digit)
        && key.split(|byte| *byte == b'.').all(is_plain_label);
    std::str::from_utf8(key).ok().filter(|_| plain)
}

fn is_plain_label(label: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (1..=MAX_LABEL).contains(&label.len())
        && label.iter().all(allowed)
        && !label.starts_with(b"-")
        && !label.ends_with(b"-")
        && !label.starts_with(b"xn--")
}

/// RFC 5321 §4.1.3, with or without the tag of IPv6, whose case does not count.
fn is_address(text: &str) -> bool {
    let tagged = text.split_at_checked(IPV6_TAG.len());
    match tagged {
        Some((tag, address)) if tag.eq_ignore_ascii_case(IPV6_TAG) => {
            address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6())
        }
        Some(_) | None => text.parse::<IpAddr>().is_ok(),
    }
}

/// A number from 1 to 65535, or the name of a service that mail is sent to.
fn parse_port(text: &str) -> Result<u16, KeyError> {
    let named = SERVICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    if let Some((_, port)) = named {
        return Ok(*port);
    }
    // `u16` reads a sign, too.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0).ok_or(KeyError::Port)
}

impl fmt::Display for NextHop {
    /// The key in its canonical form: `d`, `d:port`, `[d]`, `[d]:port`; port 25 is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, route, port } = self;
        match route {
            Route::Mx => write!(f, "{domain}")?,
            Route::Host => write!(f, "[{domain}]")?,
        }
        if *port == SMTP_PORT { Ok(()) } else { write!(f, ":{port}") }
    }
}

/// RFC 5321 §4.5.4.2.
pub const SMTP_PORT: u16 = 25;

/// The names of ports in the registry of RFC 6335 that mail is sent to, and the older name of 465.
const SERVICES: [(&str, u16); 5] =
    [("smtp", SMTP_PORT), ("submission", 587), ("submissions", 465), ("smtps", 465), ("lmtp", 24)];

/// RFC 5321 §4.1.3.
const IPV6_TAG: &str = "IPv6:";

/// RFC 1035 §2.3.4: octets of a label.
const MAX_LABEL: usize = 63;

/// RFC 1035 §2.3.4: octets of a name in text.
const MAX_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn next_hop(domain: &str, route: Route, port: u16) -> Key {
        let domain = Domain::from_a_labels(domain.as_bytes()).unwrap();
        Key::NextHop(NextHop { domain, route, port })
    }

    #[test]
    fn keys_are_read_as_an_mta_writes_them() {
        use Route::{Host, Mx};
        let mx = |domain| Ok(next_hop(domain, Mx, 25));
        let label = "a".repeat(63);
        let long = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        let (too_long, unicode) = (format!("{long}a"), "ü".repeat(2000));
        let table: &[(&[u8], Result<Key, KeyError>, &str)] = &[
            (b"a.example", mx("a.example"), "a domain"),
            (b"localhost", mx("localhost"), "one label"),
            (b"MX.A.Example", mx("mx.a.example"), "upper case"),
            (b"a.example.", mx("a.example"), "a trailing dot"),
            ("bücher.example".as_bytes(), mx("xn--bcher-kva.example"), "a U-label (S5)"),
            (b"XN--BCHER-KVA.example.", mx("xn--bcher-kva.example"), "the same as an A-label"),
            ("ａ。example".as_bytes(), mx("a.example"), "full-width letters and dot"),
            (b"xn--0.example", mx("xn--0.example"), "an A-label that is none"),
            (b"r3---sn.example", mx("r3---sn.example"), "hyphens in the third and fourth place"),
            (b"1.example", mx("1.example"), "digits"),
            (b"192.0.2", mx("192.0.2"), "three numbers are no address"),
            (long.as_bytes(), mx(&long), "253 octets"),
            (b"a.example:25", mx("a.example"), "the port of SMTP"),
            (b"a.example:smtp", mx("a.example"), "the same by name"),
            (b"a.example:587", Ok(next_hop("a.example", Mx, 587)), "a port"),
            (b"a.example:Submission", Ok(next_hop("a.example", Mx, 587)), "a service in any case"),
            (b"a.example:submissions", Ok(next_hop("a.example", Mx, 465)), "RFC 8314"),
            (b"a.example:smtps", Ok(next_hop("a.example", Mx, 465)), "its older name"),
            (b"a.example:lmtp", Ok(next_hop("a.example", Mx, 24)), "local delivery"),
            (b"a.example.:00587", Ok(next_hop("a.example", Mx, 587)), "a dot, leading zeros"),
            (b"[mx.a.example]", Ok(next_hop("mx.a.example", Host, 25)), "no MX lookup"),
            (b"[MX.A.example.]:587", Ok(next_hop("mx.a.example", Host, 587)), "with a port"),
            (
                "[bücher.example]".as_bytes(),
                Ok(next_hop("xn--bcher-kva.example", Host, 25)),
                "U-label",
            ),
            (b"192.0.2.1", Ok(Key::AddressLiteral), "an address (S4)"),
            (b"192.0.2.1.", Ok(Key::AddressLiteral), "with a dot"),
            ("１９２.0.2.1".as_bytes(), Ok(Key::AddressLiteral), "in full-width digits"),
            (b"192.0.2.1:25", Ok(Key::AddressLiteral), "with a port"),
            (b"[192.0.2.1]", Ok(Key::AddressLiteral), "in brackets"),
            (b"[192.0.2.1]:587", Ok(Key::AddressLiteral), "in brackets with a port"),
            (b"2001:db8::1", Ok(Key::AddressLiteral), "IPv6"),
            (b"::1", Ok(Key::AddressLiteral), "IPv6, short"),
            (b"[2001:db8::1]:25", Ok(Key::AddressLiteral), "IPv6 in brackets"),
            (b"[IPv6:2001:db8::1]", Ok(Key::AddressLiteral), "tagged"),
            (b"[ipv6:2001:DB8::1]:587", Ok(Key::AddressLiteral), "tagged, case folded"),
            (b"ipv6:2001:db8::1", Ok(Key::AddressLiteral), "tagged, no brackets"),
            (b".a.example", Ok(Key::Parent), "a parent (S3)"),
            (b".", Ok(Key::Parent), "the root's"),
            (b".[", Ok(Key::Parent), "whatever follows the dot"),
            (b"my_relay", Ok(Key::NoDomain), "an underscore"),
            (b"a b.example", Ok(Key::NoDomain), "a blank"),
            (b" a.example", Ok(Key::NoDomain), "a leading blank"),
            (b"a.example\0", Ok(Key::NoDomain), "NUL"),
            (b"a\x1b.example", Ok(Key::NoDomain), "a control character"),
            (b"a\xff.example", Ok(Key::NoDomain), "no UTF-8"),
            ("a\u{202e}.example".as_bytes(), Ok(Key::NoDomain), "a direction override"),
            (b"a..example", Ok(Key::NoDomain), "an empty label"),
            (b"a.example..", Ok(Key::NoDomain), "two dots"),
            (b"-a.example", Ok(Key::NoDomain), "a hyphen in front"),
            (b"*.example", Ok(Key::NoDomain), "a star"),
            (b"user@a.example", Ok(Key::NoDomain), "a mail address"),
            (b"[ipv6:nonsense]", Ok(Key::NoDomain), "no address"),
            (b"a:b:25", Ok(Key::NoDomain), "colons"),
            (b"[fe80::1%eth0]", Ok(Key::NoDomain), "a zone"),
            (b"unix:/run/lmtp", Ok(Key::NoDomain), "a local server"),
            (b"unix:private/lmtp", Ok(Key::NoDomain), "a local server, relative"),
            (too_long.as_bytes(), Ok(Key::NoDomain), "254 octets"),
            (&[b'a'; 4096], Ok(Key::NoDomain), "far too long"),
            (unicode.as_bytes(), Ok(Key::NoDomain), "far too long, as U-labels"),
            (b"", Err(KeyError::Empty), "nothing"),
            (b":25", Err(KeyError::Empty), "nothing but a port"),
            (b"[]", Err(KeyError::Empty), "nothing in brackets"),
            (b"[]:25", Err(KeyError::Empty), "nothing but a port after brackets"),
            (b"[a.example", Err(KeyError::Brackets), "not closed"),
            (b"a.example]", Err(KeyError::Brackets), "not opened"),
            (b"[[a.example]]", Err(KeyError::Brackets), "twice"),
            (b"[a.example]x", Err(KeyError::Brackets), "something after them"),
            (b"[a.example]25", Err(KeyError::Brackets), "a port without a colon"),
            (b"a[.example]:25", Err(KeyError::Brackets), "in the middle"),
            (b"a.example:", Err(KeyError::Port), "no port"),
            (b"[a.example]:", Err(KeyError::Port), "no port after brackets"),
            (b"a.example:0", Err(KeyError::Port), "port 0"),
            (b"a.example:65536", Err(KeyError::Port), "beyond the last"),
            (b"a.example:+25", Err(KeyError::Port), "a sign"),
            (b"a.example:-1", Err(KeyError::Port), "negative"),
            (b"a.example:http", Err(KeyError::Port), "no mail service"),
            (b"a.example: 25", Err(KeyError::Port), "a blank"),
        ];
        for (key, expected, reason) in table {
            assert_eq!(Key::parse(key), *expected, "{reason}");
            if let Some(domain) = plain(key) {
                assert_eq!(mx(domain), *expected, "{reason}");
            }
        }
    }

    #[test]
    fn plain_keys_are_their_own_domain() {
        let label = "a".repeat(63);
        let long = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        for key in ["a.example", "localhost", "a-b.1.example", "r3---sn.example", &long] {
            assert_eq!(plain(key.as_bytes()), Some(key));
        }
        let table = [
            ("", "nothing"),
            ("A.example", "upper case"),
            ("a.example.", "a trailing dot"),
            (".example", "a parent"),
            ("a..example", "an empty label"),
            ("-a.example", "a hyphen in front"),
            ("a-.example", "a hyphen at the end"),
            ("a.example:25", "a port"),
            ("[a.example]", "brackets"),
            ("a_b.example", "an underscore"),
            ("bücher.example", "a U-label"),
            ("xn--bcher-kva.example", "an A-label takes a closer look"),
            ("192.0.2.1", "an address"),
            (&format!("{long}a"), "254 octets"),
            (&format!("{label}a.example"), "a label of 64"),
        ];
        for (key, reason) in table {
            assert_eq!(plain(key.as_bytes()), None, "{reason}");
        }
    }

    #[test]
    fn the_canonical_form_leaves_out_port_25() {
        let table = [
            ("A.example:smtp", "a.example"),
            ("a.example:587", "a.example:587"),
            ("[a.example]:25", "[a.example]"),
            ("[a.example]:submission", "[a.example]:587"),
        ];
        for (key, canonical) in table {
            let Ok(Key::NextHop(next_hop)) = Key::parse(key.as_bytes()) else { panic!("{key}") };
            assert_eq!(next_hop.to_string(), canonical);
        }
    }
}
