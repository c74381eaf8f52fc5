//! The generic syntax of URIs, RFC 3986, as far as a `rua` field allows it.

use std::net::Ipv6Addr;

/// A URI in its parts, none decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    pub(super) scheme: &'a str,
    pub(super) authority: Option<Authority<'a>>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
}

/// `[userinfo "@"] host [":" port]`, §3.2; user information is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
}

/// Why a text is no URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UriFault {
    /// It does not begin with a scheme and a colon (§3.1).
    NoScheme,
    /// A `!` that is not percent-encoded (RFC 8460 §3).
    RawExclamation,
    /// Anything else.
    Invalid,
}

impl<'a> Uri<'a> {
    /// Reads `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`. The comma, the semicolon
    /// and the exclamation mark must be percent-encoded in a record (RFC 8460 §3).
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, UriFault> {
        let colon = text.iter().position(|b| *b == b':').ok_or(UriFault::NoScheme)?;
        let (scheme, rest) = text.split_at(colon);
        if !is_scheme(scheme) {
            return Err(UriFault::NoScheme);
        }
        if rest.contains(&b'!') {
            return Err(UriFault::RawExclamation);
        }
        let text = std::str::from_utf8(text).map_err(|_| UriFault::Invalid)?;
        let (scheme, rest) = text.split_once(':').ok_or(UriFault::NoScheme)?;
        let (rest, fragment) = split_off(rest, '#');
        let (hier, query) = split_off(rest, '?');
        let (authority, path) = match hier.strip_prefix("//") {
            Some(hier) => {
                let end = hier.find('/').unwrap_or(hier.len());
                let (authority, path) = hier.split_at(end);
                (Some(Authority::parse(authority).ok_or(UriFault::Invalid)?), path)
            }
            None => (None, hier),
        };
        let tail = |part: Option<&str>| part.is_none_or(|part| consists_of(part, b":@/?"));
        if consists_of(path, b":@/") && tail(query) && tail(fragment) {
            Ok(Self { scheme, authority, path, query })
        } else {
            Err(UriFault::Invalid)
        }
    }
}

impl<'a> Authority<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (userinfo, host_port) = match text.split_once('@') {
            Some((userinfo, rest)) => (userinfo, rest),
            None => ("", text),
        };
        let after_literal = host_port.strip_prefix('[').and_then(|rest| rest.find(']'));
        // Past the bracket of an address, the first colon begins the port.
        let host_end = match after_literal {
            Some(bracket) => bracket + 2,
            None => host_port.find(':').unwrap_or(host_port.len()),
        };
        let (host, rest) = host_port.split_at_checked(host_end)?;
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(port),
            None if rest.is_empty() => None,
            None => return None,
        };
        let valid = consists_of(userinfo, b":")
            && is_host(host)
            && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()));
        valid.then_some(Self { host, port })
    }
}

/// Undoes percent-encoding, once (§2.1).
pub(super) fn percent_decode(text: &str) -> Vec<u8> {
    let mut octets = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(octet) = octets.next() {
        let pair = if octet == b'%' { octets.next().zip(octets.next()) } else { None };
        let value = pair.and_then(|(high, low)| Some(hex(high)? << 4 | hex(low)?));
        decoded.push(value.unwrap_or(octet));
    }
    decoded
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`, §3.1.
fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
}

/// `host = IP-literal / IPv4address / reg-name`, §3.2.2; the second is a case of the third.
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(is_ip_literal),
        None => consists_of(text, b""),
    }
}

fn is_ip_literal(text: &str) -> bool {
    let future = || {
        let (version, address) = text.strip_prefix(['v', 'V'])?.split_once('.')?;
        let valid = !version.is_empty()
            && version.bytes().all(|b| b.is_ascii_hexdigit())
            && !address.is_empty()
            && !address.contains('%')
            && consists_of(address, b":");
        Some(valid)
    };
    text.parse::<Ipv6Addr>().is_ok() || future().unwrap_or(false)
}

/// True if `text` is made of unreserved characters, percent-encoded octets, those sub-delims
/// that RFC 8460 leaves unencoded, and `also`.
fn consists_of(text: &str, also: &[u8]) -> bool {
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        let valid = match octet {
            b'%' => octets
                .next()
                .zip(octets.next())
                .is_some_and(|(high, low)| high.is_ascii_hexdigit() && low.is_ascii_hexdigit()),
            _ => {
                octet.is_ascii_alphanumeric()
                    || b"-._~".contains(&octet)
                    || b"$&'()*+=".contains(&octet)
                    || also.contains(&octet)
            }
        };
        if !valid {
            return false;
        }
    }
    true
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((text, rest)) => (text, Some(rest)),
        None => (text, None),
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
