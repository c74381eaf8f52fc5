//! Values of hosting that stand in options as well as in the configuration file.

use ironpost_proto::domain::{DnsName, Domain};
use ironpost_store::database::{AddressError, DatabaseAddress};
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where hosted domains are kept: a path, or `postgres://user:password@host/database`. It may hold
/// a password, so it never prints.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DatabaseValue(DatabaseAddress);

/// Where to listen: `:443` for every address of this host, `192.0.2.1:443`, `[2001:db8::1]:443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Listen {
    /// Every address, IPv6 and IPv4.
    Every(u16),
    /// This one.
    At(SocketAddr),
}

/// What a node does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Serve policies over HTTPS, and the answers of HTTP-01
    Policy,
    /// Answer for the zone
    Dns,
    /// Order certificates, check domains, tell alerts
    Jobs,
}

/// The name of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ZoneName(pub(crate) Domain);

/// The name of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HostName(pub(crate) DnsName);

/// An address at which the outside finds something of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Reachable(pub(crate) IpAddr);

/// A mail address: `hostmaster@example.net`, with or without `mailto:`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct MailAddress(String);

/// An `https://` URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HttpsUrl(String);

/// The name of this node among the others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct NodeName(String);

/// Seconds for which others may keep an answer of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Ttl(pub(crate) u32);

/// A value that does not read as what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("expected an address to listen on, like :443, 192.0.2.1:443 or [2001:db8::1]:443")]
    Listen,
    #[error("expected the name of a zone of at least two labels, like sts.example.net")]
    Zone,
    #[error("expected the name of a host, like ns1.example.net")]
    Host,
    #[error("expected an address at which others find this host, like 192.0.2.1 or 2001:db8::1")]
    Reachable,
    #[error("expected a mail address, like hostmaster@example.net")]
    Mail,
    #[error("expected a URL that begins with https://")]
    Url,
    #[error("expected a name of up to 63 letters, digits, dots and hyphens")]
    Node,
    #[error("expected seconds from {MIN_TTL} to {MAX_TTL}")]
    Ttl,
}

impl DatabaseValue {
    /// The address, password included.
    pub(crate) fn address(&self) -> &DatabaseAddress {
        &self.0
    }

    /// The same with a relative path taken from `base`.
    pub(crate) fn relative_to(self, base: &Path) -> Self {
        Self(match self.0 {
            DatabaseAddress::Sqlite(path) => DatabaseAddress::Sqlite(base.join(path)),
            address @ DatabaseAddress::Postgres(_) => address,
        })
    }
}

impl From<PathBuf> for DatabaseValue {
    fn from(path: PathBuf) -> Self {
        Self(DatabaseAddress::Sqlite(path))
    }
}

impl FromStr for DatabaseValue {
    // It says nothing of what the address holds.
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Debug for DatabaseValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseValue(..)")
    }
}

impl FromStr for Listen {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_prefix("inet:").unwrap_or(text);
        if let Some(port) = text.strip_prefix(':') {
            // No sign: `parse` would take a plus.
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            let port = digits.then(|| port.parse().ok()).flatten();
            return port.map(Self::Every).ok_or(ValueError::Listen);
        }
        text.parse().map(Self::At).map_err(|_| ValueError::Listen)
    }
}

impl Listen {
    /// Its port.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Every(port) => port,
            Self::At(address) => address.port(),
        }
    }

    /// True if both cannot be listened on.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let same_port = self.port() == other.port() && self.port() != 0;
        same_port
            && match (self, other) {
                (Self::At(one), Self::At(another)) => {
                    let (one, another) = (one.ip().to_canonical(), another.ip().to_canonical());
                    let wide = |ip: IpAddr, beside: IpAddr| {
                        ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
                            || (ip == IpAddr::V4(Ipv4Addr::UNSPECIFIED) && beside.is_ipv4())
                    };
                    one == another || wide(one, another) || wide(another, one)
                }
                (Self::Every(_), _) | (_, Self::Every(_)) => true,
            }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(port) => write!(f, ":{port}"),
            Self::At(address) => write!(f, "{address}"),
        }
    }
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Policy, Self::Dns, Self::Jobs];

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Dns => "dns",
            Self::Jobs => "jobs",
        }
    }
}

impl FromStr for ZoneName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let zone = text.parse::<Domain>().ok().filter(|zone| zone.parent().is_some());
        zone.map(Self).ok_or(ValueError::Zone)
    }
}

impl FromStr for HostName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.parse::<Domain>().map_err(|_| ValueError::Host)?;
        Ok(Self(DnsName::from(&name)))
    }
}

impl FromStr for Reachable {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.parse::<IpAddr>().map_err(|_| ValueError::Reachable)?;
        let none = address.is_unspecified() || address.is_multicast();
        (!none).then_some(Self(address.to_canonical())).ok_or(ValueError::Reachable)
    }
}

impl MailAddress {
    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 1035 §8: the mailbox as a name; a dot before the @ is escaped.
    pub(crate) fn as_name(&self) -> Option<DnsName> {
        let (local, domain) = self.0.rsplit_once('@')?;
        let domain = domain.parse::<Domain>().ok()?;
        let labels = std::iter::once(local.as_bytes()).chain(domain.labels().map(str::as_bytes));
        Some(DnsName::from_labels(labels))
    }
}

impl FromStr for MailAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.strip_prefix("mailto:").unwrap_or(text);
        let (local, domain) = address.rsplit_once('@').ok_or(ValueError::Mail)?;
        // RFC 5322 §3.2.3: what an atom is made of; nobody reads alerts under a quoted name.
        let is_atext =
            |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
        // RFC 5321 §4.5.3.1.1; as a label of a name it has one octet less (RFC 1035 §2.3.4).
        let fits = (1..=63).contains(&local.len()) && local.bytes().all(is_atext);
        let domain = domain.parse::<Domain>().ok().filter(|_| fits).ok_or(ValueError::Mail)?;
        Ok(Self(format!("{local}@{domain}")))
    }
}

impl HttpsUrl {
    /// The URL.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HttpsUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("https://").ok_or(ValueError::Url)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let is_fine = !authority.is_empty()
            && !authority.contains('@')
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        is_fine.then(|| Self(text.to_owned())).ok_or(ValueError::Url)
    }
}

impl NodeName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for NodeName {
    /// Of a host that does not say what it is called.
    fn default() -> Self {
        Self("node".to_owned())
    }
}

impl FromStr for NodeName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_fine = (1..=MAX_NODE).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        is_fine.then(|| Self(text.to_owned())).ok_or(ValueError::Node)
    }
}

impl TryFrom<u32> for Ttl {
    type Error = ValueError;
    fn try_from(seconds: u32) -> Result<Self, Self::Error> {
        (MIN_TTL..=MAX_TTL).contains(&seconds).then_some(Self(seconds)).ok_or(ValueError::Ttl)
    }
}

impl TryFrom<String> for DatabaseValue {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A text in the file reads as it does in an option.
macro_rules! read_as_option {
    ($($value:ty),*) => {$(
        impl TryFrom<String> for $value {
            type Error = ValueError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )*};
}
read_as_option!(Listen, ZoneName, HostName, Reachable, MailAddress, HttpsUrl, NodeName);

/// Below this every answer is a question to us. Own limit.
const MIN_TTL: u32 = 30;
/// A day: longer, and what is announced cannot be changed in time. Own limit.
const MAX_TTL: u32 = 86_400;
/// As long as a host name's label (RFC 1035 §2.3.4).
const MAX_NODE: usize = 63;

#[cfg(test)]
mod tests;
