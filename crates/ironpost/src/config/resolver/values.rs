//! Values of `[resolver]` that may also stand in an option.

use ironpost_proto::delivery::Precedence;
use ironpost_proto::mta_sts::discovery::{RefreshScope, WithoutDns};
use ironpost_resolver::answer::Dialect;
use ironpost_resolver::server::listen::Address;
use ironpost_resolver::settings::Testing;
use ironpost_resolver::shared::{self, AddressError};
use serde::Deserialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where to listen: `inet:127.0.0.1:8461`, `inet:[::1]:8461`, `unix:/run/ironpost/resolver.sock`,
/// as Postfix writes it; the address or the absolute path alone says as much.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ListenAddress(pub(crate) Address);

/// The path of a Unix socket, with or without `unix:` before it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct SocketPath(pub(crate) PathBuf);

/// Permission bits of a Unix socket: octal digits in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SocketMode(pub(crate) u32);

/// The group of a Unix socket: a name of `/etc/group`, or a number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Group(pub(crate) String);

/// The address of Redis or Valkey. It may hold a password, so it never prints.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct CacheUrl(String);

/// Whether DANE is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DaneUse {
    /// Before MTA-STS.
    First,
    /// Not at all.
    Off,
}

/// Which decides where DANE passes and an enforced policy would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PrecedenceChoice {
    Dane,
    Both,
}

/// What to do with mail if DNS fails and no policy is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WithoutDnsChoice {
    Deliver,
    Defer,
}

/// Which policies a background refresh fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RefreshChoice {
    AnyRecord,
    ValidRecord,
}

/// How a policy in mode testing is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TestingChoice {
    NotFound,
    May,
}

/// What the MTA behind tcp_table understands, which has no map name to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum DialectChoice {
    #[serde(rename = "postfix-3.0")]
    Postfix30,
    #[serde(rename = "postfix-3.4")]
    Postfix34,
    #[serde(rename = "postfix-3.10")]
    Postfix310,
}

/// A value that does not read as what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error(
        "expected an address to listen on, like inet:127.0.0.1:8461 or unix:/run/ironpost/resolver.sock"
    )]
    Listen,
    #[error("expected the permission bits of a socket in octal, like \"0660\"")]
    Mode,
}

impl FromStr for ListenAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inet = |text: &str| text.parse::<SocketAddr>().map(Address::Inet).ok();
        let address = if let Some(path) = text.strip_prefix("unix:") {
            (!path.is_empty()).then(|| Address::Unix(PathBuf::from(path)))
        } else if let Some(address) = text.strip_prefix("inet:") {
            inet(address)
        } else if text.starts_with('/') {
            Some(Address::Unix(PathBuf::from(text)))
        } else {
            inet(text)
        };
        address.map(Self).ok_or(ValueError::Listen)
    }
}

impl ListenAddress {
    /// The same with a relative path taken from `base`.
    pub(crate) fn relative_to(self, base: &Path) -> Self {
        Self(match self.0 {
            Address::Unix(path) => Address::Unix(base.join(path)),
            address @ Address::Inet(_) => address,
        })
    }
}

impl SocketPath {
    /// The same with a relative path taken from `base`.
    pub(crate) fn relative_to(self, base: &Path) -> Self {
        Self(base.join(self.0))
    }
}

impl From<String> for SocketPath {
    fn from(text: String) -> Self {
        Self(PathBuf::from(text.strip_prefix("unix:").unwrap_or(&text)))
    }
}

impl From<&str> for SocketPath {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for SocketMode {
    type Error = ValueError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let bits = octal.then(|| u32::from_str_radix(&text, 8).ok()).flatten();
        bits.filter(|bits| *bits <= 0o777).map(Self).ok_or(ValueError::Mode)
    }
}

impl From<String> for Group {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl CacheUrl {
    /// The address, password included.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for CacheUrl {
    // It says nothing of what the address holds.
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<shared::Address>().map(|_| Self(text.to_owned()))
    }
}

impl TryFrom<String> for CacheUrl {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Debug for CacheUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheUrl(..)")
    }
}

impl From<PrecedenceChoice> for Precedence {
    fn from(choice: PrecedenceChoice) -> Self {
        match choice {
            PrecedenceChoice::Dane => Self::Dane,
            PrecedenceChoice::Both => Self::Both,
        }
    }
}

impl From<WithoutDnsChoice> for WithoutDns {
    fn from(choice: WithoutDnsChoice) -> Self {
        match choice {
            WithoutDnsChoice::Deliver => Self::Deliver,
            WithoutDnsChoice::Defer => Self::Defer,
        }
    }
}

impl From<RefreshChoice> for RefreshScope {
    fn from(choice: RefreshChoice) -> Self {
        match choice {
            RefreshChoice::AnyRecord => Self::AnyRecord,
            RefreshChoice::ValidRecord => Self::ValidRecord,
        }
    }
}

impl From<TestingChoice> for Testing {
    fn from(choice: TestingChoice) -> Self {
        match choice {
            TestingChoice::NotFound => Self::NotFound,
            TestingChoice::May => Self::May,
        }
    }
}

impl From<DialectChoice> for Dialect {
    fn from(choice: DialectChoice) -> Self {
        match choice {
            DialectChoice::Postfix30 => Self::Postfix30,
            DialectChoice::Postfix34 => Self::Postfix34,
            DialectChoice::Postfix310 => Self::Postfix310,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_as_postfix_writes_them() {
        let inet = |text: &str| Some(Address::Inet(text.parse().unwrap()));
        let unix = |text: &str| Some(Address::Unix(text.into()));
        let table = [
            ("inet:127.0.0.1:8461", inet("127.0.0.1:8461")),
            ("127.0.0.1:8461", inet("127.0.0.1:8461")),
            ("inet:[::1]:8461", inet("[::1]:8461")),
            ("unix:/run/ironpost/resolver.sock", unix("/run/ironpost/resolver.sock")),
            ("/run/ironpost/resolver.sock", unix("/run/ironpost/resolver.sock")),
            ("unix:resolver.sock", unix("resolver.sock")),
            ("unix:", None),
            ("inet:8461", None),
            ("inet:localhost:8461", None),
            ("resolver.sock", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<ListenAddress>().ok().map(|a| a.0), expected, "{text}");
        }
    }

    #[test]
    fn modes_are_octal() {
        let table = [
            ("0660", Some(0o660)),
            ("600", Some(0o600)),
            ("0888", None),
            ("+660", None),
            ("1777", None),
            ("6", None),
        ];
        for (text, expected) in table {
            assert_eq!(SocketMode::try_from(text.to_owned()).ok().map(|m| m.0), expected, "{text}");
        }
    }

    #[test]
    fn a_password_never_prints() {
        let url: CacheUrl = "redis://:hunter2@192.0.2.1/0".parse().unwrap();
        assert_eq!(format!("{url:?}"), "CacheUrl(..)");
        for bad in ["hunter2", "http://:hunter2@192.0.2.1", "redis://", ""] {
            let error = bad.parse::<CacheUrl>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{bad}");
        }
    }
}
