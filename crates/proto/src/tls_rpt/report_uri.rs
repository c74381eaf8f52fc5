//! The URIs of a `rua` field, RFC 8460 §3.

use super::uri::{Uri, UriFault, percent_decode};
use crate::domain::Domain;
use crate::visible::Visible;
use std::fmt;
use std::str::FromStr;

/// A URI of a `rua` field, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReportUri(Box<str>);

/// Where a report URI leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `mailto:` with an address; header fields are left out.
    Mail {
        /// The percent-decoded address, free of control characters, and of blanks outside of
        /// quotation marks.
        address: Visible,
        /// The domain after the `@`.
        domain: Domain,
    },
    /// `https:` with a host.
    Https {
        /// Host name or address as written, lower case; an IPv6 address in its brackets.
        host: Box<str>,
        /// The port, 443 unless given.
        port: u16,
        /// Path and query, `/` at least.
        path: Box<str>,
    },
    /// A scheme that RFC 8460 does not know, or a supported scheme with nothing to deliver to.
    Unsupported,
}

/// Why a text is no report URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReportUriError {
    /// Nothing there.
    #[error("the URI is empty")]
    Empty,
    /// No scheme, as in a bare address.
    #[error("the URI has no scheme")]
    NoScheme,
    /// A `!` that is not percent-encoded.
    #[error("an exclamation mark must be percent-encoded")]
    RawExclamation,
    /// A character or percent-encoding that RFC 3986 or RFC 8460 §3 does not allow.
    #[error("the URI holds a character that must be percent-encoded")]
    Invalid,
}

impl ReportUri {
    /// Reads one URI, without blanks around it.
    pub fn parse(text: &[u8]) -> Result<Self, ReportUriError> {
        if text.is_empty() {
            return Err(ReportUriError::Empty);
        }
        Uri::parse(text).map_err(|fault| match fault {
            UriFault::NoScheme => ReportUriError::NoScheme,
            UriFault::RawExclamation => ReportUriError::RawExclamation,
            UriFault::Invalid => ReportUriError::Invalid,
        })?;
        let text = std::str::from_utf8(text).map_err(|_| ReportUriError::Invalid)?;
        Ok(Self(text.into()))
    }

    /// As written in the record.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the schemes that reports use: `mailto` and `https`, in any case.
    pub fn has_known_scheme(&self) -> bool {
        let scheme = self.0.split(':').next().unwrap_or_default();
        ["mailto", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
    }

    /// Where it leads.
    pub fn target(&self) -> Target {
        let uri = Uri::parse(self.0.as_bytes()).ok();
        let target = uri.and_then(|uri| match uri.scheme.to_ascii_lowercase().as_str() {
            "mailto" => mail(&uri),
            "https" => https(&uri),
            _ => None,
        });
        target.unwrap_or(Target::Unsupported)
    }
}

impl FromStr for ReportUri {
    type Err = ReportUriError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for ReportUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// RFC 6068 §2: the address is the path, or the header field `to` behind the `?`.
fn mail(uri: &Uri<'_>) -> Option<Target> {
    if uri.authority.is_some() {
        return None;
    }
    let to = || {
        let fields = uri.query.unwrap_or_default().split('&');
        let mut fields = fields.filter_map(|field| field.split_once('='));
        fields.find(|(name, _)| name.eq_ignore_ascii_case("to")).map(|(_, value)| value)
    };
    let address = if uri.path.is_empty() { to()? } else { uri.path };
    let address = String::from_utf8(percent_decode(address)).ok()?;
    let (local, domain) = address.rsplit_once('@')?;
    if !is_local_part(local) {
        return None;
    }
    let domain = domain.parse().ok()?;
    Some(Target::Mail { address: Visible::from(address.as_str()), domain })
}

/// True for what can stand before the `@` in an SMTP command without ending it: quoted, or
/// free of blanks and quotation marks (RFC 5321 §4.1.2).
fn is_local_part(local: &str) -> bool {
    let Some(content) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        let parts = |c: char| c.is_control() || c.is_whitespace() || c == '"';
        return !local.is_empty() && !local.contains(parts);
    };
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' { chars.next() } else { Some(c).filter(|c| *c != '"') };
        if c.is_none_or(char::is_control) {
            return false;
        }
    }
    true
}

fn https(uri: &Uri<'_>) -> Option<Target> {
    let authority = uri.authority?;
    let host = authority.host;
    let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if host.is_empty() || !(named || host.starts_with('[')) {
        return None;
    }
    let port = match authority.port {
        None | Some("") => HTTPS_PORT,
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
    };
    let path = if uri.path.is_empty() { "/" } else { uri.path };
    let path = match uri.query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    Some(Target::Https { host: host.to_ascii_lowercase().into(), port, path: path.into() })
}

/// RFC 9110 §4.2.2.
const HTTPS_PORT: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;
    use ReportUriError as E;

    #[test]
    fn reads_what_rfc_3986_calls_a_uri() {
        let table = [
            ("mailto:tls@a.test", Ok(()), "an address"),
            ("MailTo:tls@a.test?subject=x%20y&cc=b@a.test", Ok(()), "header fields"),
            ("https://a.test", Ok(()), "no path"),
            ("https://u:p@a.test:8443/x/y?k=a=b&l=%2F#frag?/", Ok(()), "every part"),
            ("https://[2001:db8::1]:443/", Ok(()), "an IPv6 address"),
            ("https://[v1.x:y]/", Ok(()), "an address of the future"),
            ("x-y+z.1:anything", Ok(()), "any scheme"),
            ("mailto:", Ok(()), "an empty path is a path"),
            ("https:///x", Ok(()), "an empty host is a registered name"),
            ("a.test:25/x", Ok(()), "a host and port read as a scheme"),
            ("", Err(E::Empty), "nothing"),
            ("tls@a.test", Err(E::NoScheme), "a bare address"),
            ("//a.test/x", Err(E::NoScheme), "a relative reference"),
            ("1https://a.test", Err(E::NoScheme), "a scheme begins with a letter"),
            (":x", Err(E::NoScheme), "an empty scheme"),
            ("mailto:tls@a.test!10m", Err(E::RawExclamation), "the size suffix of DMARC"),
            ("https://a.test/%4", Err(E::Invalid), "half an encoded octet"),
            ("https://a.test/%4g", Err(E::Invalid), "no hex digit"),
            ("https://a.test/a b", Err(E::Invalid), "a blank"),
            ("https://a.test/\"", Err(E::Invalid), "a quote"),
            ("https://a.test/[x]", Err(E::Invalid), "brackets outside a host"),
            ("https://a.test/x#y#z", Err(E::Invalid), "two fragments"),
            ("https://a.test:8o/", Err(E::Invalid), "a port is digits"),
            ("https://a@b@a.test/", Err(E::Invalid), "two at signs before the host"),
            ("https://[2001:db8::1/", Err(E::Invalid), "an open bracket"),
            ("https://[2001:db8::1]x/", Err(E::Invalid), "something after the bracket"),
            ("https://[::1%25eth0]/", Err(E::Invalid), "a zone"),
            ("mailto:\u{fc}@a.test", Err(E::Invalid), "not ASCII"),
        ];
        for (text, expected, reason) in table {
            assert_eq!(ReportUri::parse(text.as_bytes()).map(|_| ()), expected, "{reason}: {text}");
        }
    }

    #[test]
    fn tells_where_reports_go() {
        let mail = |address: &str, domain: &str| Target::Mail {
            address: address.into(),
            domain: domain.parse().unwrap(),
        };
        let https = |host: &str, port, path: &str| Target::Https {
            host: host.into(),
            port,
            path: path.into(),
        };
        let table = [
            ("mailto:tls@A.test", mail("tls@A.test", "a.test")),
            ("MAILTO:tls@a.test?subject=x", mail("tls@a.test", "a.test")),
            ("mailto:a%21b%2Cc@a.test", mail("a!b,c@a.test", "a.test")),
            ("mailto:tls@b%C3%BCcher.test", mail("tls@bücher.test", "xn--bcher-kva.test")),
            ("mailto:%2540@a.test", mail("%40@a.test", "a.test")),
            ("https://R.a.test", https("r.a.test", 443, "/")),
            ("https://r.a.test:8443/x?y=z", https("r.a.test", 8443, "/x?y=z")),
            ("https://r.a.test?y", https("r.a.test", 443, "/?y")),
            ("https://r.a.test:/x#y", https("r.a.test", 443, "/x")),
            ("https://[2001:DB8::1]/", https("[2001:db8::1]", 443, "/")),
            ("http://r.a.test/", Target::Unsupported),
            ("https:r.a.test", Target::Unsupported),
            ("https:///x", Target::Unsupported),
            ("https://r.a.test:99999/", Target::Unsupported),
            ("https://r.a.test:0/", Target::Unsupported),
            ("https://a%0d%0ab/", Target::Unsupported),
            ("mailto:", Target::Unsupported),
            ("mailto:tls", Target::Unsupported),
            ("mailto:@a.test", Target::Unsupported),
            ("mailto:tls@", Target::Unsupported),
            ("mailto://tls@a.test", Target::Unsupported),
            ("mailto:?subject=x&To=tls%40a.test", mail("tls@a.test", "a.test")),
            ("mailto:?to=tls@a.test", mail("tls@a.test", "a.test")),
            ("mailto:%22a%20b%22@a.test", mail("\"a b\"@a.test", "a.test")),
            ("mailto:%22a%5C%22b%22@a.test", mail("\"a\\\"b\"@a.test", "a.test")),
            ("mailto:?cc=tls@a.test", Target::Unsupported),
            ("mailto:?to=", Target::Unsupported),
            ("mailto:a%20b@a.test", Target::Unsupported),
            ("mailto:%22a%22%3E%20x%22@a.test", Target::Unsupported),
            ("mailto:%22a%5C%22@a.test", Target::Unsupported),
            ("mailto:%22a%0D%0Ab%22@a.test", Target::Unsupported),
            ("mailto:%22@a.test", Target::Unsupported),
            ("mailto:tls%0D%0ARCPT@a.test", Target::Unsupported),
            ("mailto:tls%ff@a.test", Target::Unsupported),
        ];
        for (text, expected) in table {
            assert_eq!(ReportUri::parse(text.as_bytes()).unwrap().target(), expected, "{text}");
        }
    }
}
