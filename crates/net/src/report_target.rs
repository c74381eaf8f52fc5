//! Can an https report endpoint be reached? (RFC 8460 §3)

use crate::address_guard::AddressGuard;
use crate::tls::facts::{HandshakeFailure, TlsFacts};
use crate::tls::roots::Roots;
use std::net::SocketAddr;
use std::time::Duration;

/// Connects to report endpoints and goes no further than the handshake: a report endpoint takes
/// POSTs, and nothing that is not a report should be posted to it.
#[derive(Debug, Clone)]
pub struct ReportTargetProber {
    /// Trust roots.
    pub roots: Roots,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Total time.
    pub deadline: Duration,
}

/// What one connection showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportTargetProbe {
    /// A handshake came to an end; the certificate may still be bad.
    Reached(Box<TlsFacts>),
    /// No TCP connection, in words.
    Unreachable(String),
    /// TCP, but no TLS.
    Handshake(HandshakeFailure),
    /// The guard forbids the address.
    Forbidden(crate::address_guard::Forbidden),
}

impl ReportTargetProber {
    /// Connects to `address` and makes a handshake for `host`.
    pub async fn probe(&self, _host: &str, _address: SocketAddr) -> ReportTargetProbe {
        todo!()
    }
}
