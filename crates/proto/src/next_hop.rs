//! The next-hop as an MTA names it: what a policy lookup is asked for.

use crate::domain::Domain;
use std::fmt;

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
    /// and address literals (S1 to S5).
    pub fn parse(key: &[u8]) -> Result<Self, KeyError> {
        let _ = key;
        todo!()
    }
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
