//! Values that may stand in an option as well as in the configuration file.

use ipnet::IpNet;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::tls::roots::RootSource;
use ironpost_proto::domain::Domain;
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A recursive resolver: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`, `2001:db8::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DnsServer(pub(crate) SocketAddr);

/// A network, or a single address without a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network(pub(crate) IpNet);

/// `auto`, `validate`, `trust-ad` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DnssecMode {
    /// Trust the AD bit of a resolver on loopback that validates, else validate here
    Auto,
    /// Validate here, from the root's trust anchor or that of --trust-anchor
    Validate,
    /// Trust the AD bit of the resolver
    TrustAd,
    /// Ask for no DNSSEC; DANE is then not tested
    Off,
}

/// `bundled`, `system`, or the path of a PEM file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Roots(pub(crate) RootSource);

/// The name given in EHLO: a domain or an address literal (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct EhloName(String);

/// A mail host that tells whether port 25 is open from here: `HOST[:PORT]`, an IPv6 address
/// in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Canary {
    /// Host name or address.
    pub(crate) host: CanaryHost,
    /// The port, the one of all MX hosts unless given.
    pub(crate) port: Option<u16>,
}

/// Where a canary is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CanaryHost {
    /// To be looked up.
    Name(Domain),
    /// To be connected to.
    Address(IpAddr),
}

/// A value that does not read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error(
        "expected an address with or without a port, like 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53"
    )]
    DnsServer,
    #[error("expected a network or an address, like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")]
    Network,
    #[error("expected a host name or an address literal, like probe.example.com or [192.0.2.1]")]
    EhloName,
    #[error(
        "expected a host with or without a port, like mx.example.com, mx.example.com:25 or [2001:db8::1]:25"
    )]
    Canary,
    #[error("a port is a number from 1 to 65535")]
    Port,
}

/// The port of DNS.
const DNS_PORT: u16 = 53;

impl FromStr for DnsServer {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = if let Ok(address) = text.parse::<IpAddr>() {
            (address, None)
        } else {
            let (host, port) = split_port(text)?;
            (bare_address(host).ok_or(ValueError::DnsServer)?, port)
        };
        Ok(Self(SocketAddr::new(host, port.unwrap_or(DNS_PORT))))
    }
}

impl FromStr for Network {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network| Self(network.trunc())).map_err(|_| ValueError::Network)
    }
}

impl From<String> for Roots {
    fn from(text: String) -> Self {
        Self(match text.as_str() {
            "bundled" => RootSource::Bundled,
            "system" => RootSource::System,
            path => RootSource::File(PathBuf::from(path)),
        })
    }
}

impl Roots {
    /// The same with a relative path taken from `base`, the folder of the configuration file.
    pub(crate) fn relative_to(self, base: &Path) -> Self {
        Self(match self.0 {
            RootSource::File(path) => RootSource::File(base.join(path)),
            source @ (RootSource::Bundled | RootSource::System) => source,
        })
    }
}

impl EhloName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EhloName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let valid = match literal {
            // RFC 5321 §4.1.3: IPv6 literals carry a tag.
            Some(literal) => literal.strip_prefix("IPv6:").map_or_else(
                || literal.parse::<IpAddr>().is_ok_and(|a| a.is_ipv4()),
                |v6| v6.parse::<Ipv6Addr>().is_ok(),
            ),
            None => Domain::from_a_labels(text.as_bytes()).is_ok(),
        };
        if valid { Ok(Self(text.to_owned())) } else { Err(ValueError::EhloName) }
    }
}

impl FromStr for Canary {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { host: CanaryHost::Address(address), port: None });
        }
        let (host, port) = split_port(text)?;
        let host = match bare_address(host) {
            Some(address) => CanaryHost::Address(address),
            None => CanaryHost::Name(host.parse().map_err(|_| ValueError::Canary)?),
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            CanaryHost::Name(name) => f.write_str(name.as_str())?,
            CanaryHost::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            CanaryHost::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl TryFrom<String> for DnsServer {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Network {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for EhloName {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Canary {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl DnssecMode {
    /// The mode with its trust anchor; `auto` with an anchor of one's own validates here, for
    /// only there the anchor is of use.
    pub(crate) fn with_anchor(self, trust_anchor: Option<PathBuf>) -> Dnssec {
        match (self, trust_anchor) {
            (Self::Auto, None) => Dnssec::Auto,
            (Self::Auto | Self::Validate, trust_anchor) => Dnssec::Validate { trust_anchor },
            (Self::TrustAd, _) => Dnssec::TrustAd,
            (Self::Off, _) => Dnssec::Off,
        }
    }
}

/// Cuts `host:port`, `[v6]:port`, `[v6]` or `host`.
fn split_port(text: &str) -> Result<(&str, Option<u16>), ValueError> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port {
        // No sign: `parse` would take a plus.
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0).ok_or(ValueError::Port)?)
        }
        Some(_) => return Err(ValueError::Port),
        None => None,
    };
    Ok((host, port))
}

/// An IPv4 address, or an IPv6 address in brackets.
fn bare_address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_are_addresses_with_or_without_a_port() {
        let table = [
            ("192.0.2.1", Some("192.0.2.1:53")),
            ("192.0.2.1:5353", Some("192.0.2.1:5353")),
            ("[2001:db8::1]", Some("[2001:db8::1]:53")),
            ("[2001:db8::1]:5353", Some("[2001:db8::1]:5353")),
            ("2001:db8::1", Some("[2001:db8::1]:53")),
            ("dns.example.com", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:0", None),
            ("192.0.2.1:65536", None),
            ("192.0.2.1:+53", None),
            ("[192.0.2.1]:53", None),
            ("", None),
        ];
        for (text, expected) in table {
            let got = text.parse::<DnsServer>().ok().map(|server| server.0.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn networks_are_cut_to_their_prefix() {
        let table = [
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("::1", Some("::1/128")),
            ("fd00::/8", Some("fd00::/8")),
            ("10.0.0.0/33", None),
            ("example.com", None),
        ];
        for (text, expected) in table {
            let got = text.parse::<Network>().ok().map(|network| network.0.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_ehlo_name_cannot_carry_a_command() {
        for good in ["probe.example.com", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            assert!(good.parse::<EhloName>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\r\nMAIL FROM:<>", "[a]", "[2001:db8::1]", "-a.example"] {
            assert!(bad.parse::<EhloName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_canary_reads_as_it_writes() {
        for text in ["mx.example.com", "mx.example.com:2525", "192.0.2.1:25", "[2001:db8::1]:25"] {
            assert_eq!(text.parse::<Canary>().map(|c| c.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", ":25", "mx.example.com:", "mx.example.com:x", "a b", "[x]:25"] {
            assert!(bad.parse::<Canary>().is_err(), "{bad:?}");
        }
    }
}
