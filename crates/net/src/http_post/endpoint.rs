//! Where to post to.

use super::PostError;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::Full;
use ironpost_proto::domain::{DnsName, Domain};
use rustls_pki_types::ServerName;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) host: Host,
    pub(super) port: u16,
    /// Path and query.
    path: String,
}

/// The host of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(DnsName),
    Address(IpAddr),
}

/// A text that is no `https` URL that can be posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL.
    #[error("not a URL")]
    Syntax,
    /// Its scheme is another one.
    #[error("only https URLs are posted to")]
    NotHttps,
    /// It has user and password in it.
    #[error("a URL with a user name or password is not posted to")]
    UserInfo,
    /// Its host is neither a DNS name nor an address.
    #[error("its host is neither a DNS name nor an IP address")]
    Host,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.trim().parse().map_err(|_| EndpointError::Syntax)?;
        if uri.scheme_str() != Some("https") {
            return Err(EndpointError::NotHttps);
        }
        let authority = uri.authority().ok_or(EndpointError::Syntax)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let host = Host::parse(authority.host()).ok_or(EndpointError::Host)?;
        Ok(Self { host, port: authority.port_u16().unwrap_or(HTTPS), path })
    }
}

impl fmt::Display for Endpoint {
    /// Without path and query, in which there may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

impl Endpoint {
    fn authority(&self) -> String {
        let host = match &self.host {
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
            host => host.to_string(),
        };
        // RFC 9110 §7.2: the port is named unless it is the scheme's own.
        if self.port == HTTPS { host } else { format!("{host}:{}", self.port) }
    }

    pub(super) fn request(
        &self,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, PostError> {
        let mut request = Request::post(&self.path)
            .header(header::HOST, self.authority())
            .header(header::USER_AGENT, concat!("ironpost/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "*/*")
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(Full::new(body)).map_err(|error| PostError::Http(error.to_string()))
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Some(Self::Address(address));
        }
        text.parse::<Domain>().ok().map(|domain| Self::Name(DnsName::from(&domain)))
    }

    /// What the certificate has to bear.
    pub(super) fn reference(&self) -> Option<ServerName<'static>> {
        ServerName::try_from(self.to_string()).ok()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(name.as_str()),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

const HTTPS: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let table = [
            ("https://hooks.example/a?b=c", "https://hooks.example", "/a?b=c"),
            ("https://HOOKS.example:8443", "https://hooks.example:8443", "/"),
            ("https://192.0.2.1:443/x", "https://192.0.2.1", "/x"),
            ("https://[2001:db8::1]:444/", "https://[2001:db8::1]:444", "/"),
        ];
        for (url, shown, path) in table {
            let endpoint: Endpoint = url.parse().unwrap();
            assert_eq!(endpoint.to_string(), shown, "{url}");
            assert_eq!(endpoint.path, path, "{url}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let table = [
            ("", EndpointError::Syntax),
            ("hooks.example", EndpointError::NotHttps),
            ("http://hooks.example/", EndpointError::NotHttps),
            ("https://user:word@hooks.example/", EndpointError::UserInfo),
            ("https://not_a_host!/", EndpointError::Host),
            ("https://a.example/\r\nX: y", EndpointError::Syntax),
        ];
        for (url, error) in table {
            assert_eq!(url.parse::<Endpoint>(), Err(error), "{url}");
        }
    }
}
