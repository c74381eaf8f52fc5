//! Which host a request names (RFC 9110 §7.2).

use hyper::header::HOST;
use hyper::{Request, Version};
use std::net::Ipv6Addr;

/// What a request says of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// This one, as it was written, without a port.
    Host(&'a str),
    /// None, as HTTP/1.0 permits.
    Nothing,
    /// None though it has to, several, or what is no host.
    Badly,
}

impl<'a> Named<'a> {
    pub(super) fn by<B>(request: &'a Request<B>) -> Self {
        let mut fields = request.headers().get_all(HOST).iter();
        let field = match (fields.next(), fields.next()) {
            (None, _) => None,
            (Some(field), None) => match field.to_str().ok().and_then(host) {
                Some(host) => Some(host),
                None => return Self::Badly,
            },
            // RFC 9112 §3.2: more than one is answered with 400.
            (Some(_), Some(_)) => return Self::Badly,
        };
        let target = match request.uri().authority() {
            Some(authority) => match host(authority.as_str()) {
                Some(host) => Some(host),
                None => return Self::Badly,
            },
            None => None,
        };
        match (target, field) {
            // RFC 9113 §8.3.1: they must not differ.
            (Some(target), Some(field))
                if request.version() == Version::HTTP_2 && !target.eq_ignore_ascii_case(field) =>
            {
                Self::Badly
            }
            // RFC 9112 §3.2: HTTP/1.1 has the field in any case, though §3.2.2 the target counts.
            (Some(_), None) if request.version() == Version::HTTP_11 => Self::Badly,
            (Some(host), _) | (None, Some(host)) => Self::Host(host),
            (None, None) if request.version() == Version::HTTP_10 => Self::Nothing,
            (None, None) => Self::Badly,
        }
    }
}

/// The host of `host [ ":" port ]` (RFC 3986 §3.2, without user information).
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some(_) if authority.ends_with(']') => (authority, ""),
        Some((host, port)) => (host, port),
        None => (authority, ""),
    };
    let sound = is_host(host) && port.bytes().all(|b| b.is_ascii_digit());
    sound.then_some(host)
}

/// A name that DNS can hold, with or without the dot at its end, or an address: nothing else is
/// the host of an `https` URI (RFC 9110 §4.2.2, RFC 3986 §3.2.2).
fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[') {
        return literal.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= MAX_NAME && name.split('.').all(is_label)
}

/// RFC 1035 §2.3.1 with what RFC 1123 §2.1 adds, and the underscore of names that are no hosts'.
fn is_label(label: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(known)
}

/// RFC 1035 §2.3.4, as text without the dot at the end.
const MAX_NAME: usize = 253;
/// RFC 1035 §2.3.4.
const MAX_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, target: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn a_request_names_one_host() {
        let here = Named::Host("a.test");
        let (v10, v11, v2) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
        let whole = "https://a.test/x";
        let (long_label, long_name) = ("a".repeat(64), format!("{}aaaa", "a.".repeat(125)));
        for (version, target, hosts, named, reason) in [
            (v11, "/x", &["a.test"][..], here, "the usual"),
            (v11, "/x", &["a.test:443"], here, "a port is no part of the name"),
            (v11, "/x", &["a.test:"], here, "RFC 3986 §3.2.3: a port may be empty"),
            (v11, "/x", &["[2001:db8::1]"], Named::Host("[2001:db8::1]"), "an IPv6 address"),
            (v11, "/x", &["[2001:db8::1]:443"], Named::Host("[2001:db8::1]"), "with a port"),
            (v11, "/x", &[], Named::Badly, "HTTP/1.1 names its host"),
            (v11, "/x", &[""], Named::Badly, "an empty one is none"),
            (v11, "/x", &[":443"], Named::Badly, "a port alone is none"),
            (v11, "/x", &["a.test", "a.test"], Named::Badly, "twice"),
            (v11, "/x", &["a.test:https"], Named::Badly, "a port is a number"),
            (v11, "/x", &["me@a.test"], Named::Badly, "nobody logs in"),
            (v11, "/x", &["192.0.2.1"], Named::Host("192.0.2.1"), "an IPv4 address"),
            (v11, "/x", &["a_b.test"], Named::Host("a_b.test"), "a name in DNS"),
            (v11, "/x", &["a.test."], Named::Host("a.test."), "to the root"),
            (v11, "/x", &["a b"], Named::Badly, "a blank"),
            (v11, "/x", &["a/b"], Named::Badly, "a path"),
            (v11, "/x", &["a,b.test"], Named::Badly, "two in one field"),
            (v11, "/x", &["a..test"], Named::Badly, "an empty label"),
            (v11, "/x", &["."], Named::Badly, "the root"),
            (v11, "/x", &["%61.test"], Named::Badly, "DNS knows no percent signs"),
            (v11, "/x", &["[2001:db8::1"], Named::Badly, "half a bracket"),
            (v11, "/x", &["2001:db8::1"], Named::Badly, "and without them, it is no address"),
            (v11, "/x", &["[a.test]"], Named::Badly, "no address in brackets"),
            (v11, "/x", &[long_label.as_str()], Named::Badly, "64 octets"),
            (v11, "/x", &[long_name.as_str()], Named::Badly, "254 octets"),
            (v11, whole, &["b.test"], here, "RFC 9112 §3.2.2: the target counts"),
            (v11, whole, &[], Named::Badly, "and yet the field must be there"),
            (v10, "/x", &[], Named::Nothing, "HTTP/1.0 need not"),
            (v10, "/x", &["a.test"], here, "but may"),
            (v2, whole, &[], here, "the pseudo-header"),
            (v2, whole, &["A.test"], here, "both, alike"),
            (v2, whole, &["b.test"], Named::Badly, "both, and they differ"),
            (v2, "/x", &["a.test"], here, "translated from HTTP/1.1"),
            (v2, "/x", &[], Named::Badly, "neither"),
        ] {
            let request = request(version, target, hosts);
            assert_eq!(Named::by(&request), named, "{reason}");
        }
    }
}
