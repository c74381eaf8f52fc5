//! Can an https report endpoint be reached? (RFC 8460 §3)

use crate::address_guard::AddressGuard;
use crate::tcp::{DialError, dial};
use crate::tls::connect::{Inner, Target, handshake};
use crate::tls::facts::{HandshakeFailure, TlsFacts};
use crate::tls::roots::Roots;
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

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
    /// Connects to `address` and makes a handshake for `host`, a DNS name or an IP address.
    pub async fn probe(&self, host: &str, address: SocketAddr) -> ReportTargetProbe {
        let mut is_connected = false;
        match timeout(self.deadline, self.run(host, address, &mut is_connected)).await {
            Ok(outcome) => outcome.unwrap_or_else(|failure| failure),
            Err(_) if is_connected => ReportTargetProbe::Handshake(HandshakeFailure::Timeout),
            Err(_) => ReportTargetProbe::Unreachable("no connection in time".to_owned()),
        }
    }

    async fn run(
        &self,
        host: &str,
        address: SocketAddr,
        is_connected: &mut bool,
    ) -> Result<ReportTargetProbe, ReportTargetProbe> {
        let stream = dial(address, &self.guard).await?;
        *is_connected = true;
        let reference = ServerName::try_from(host.to_owned()).ok();
        let target = Target { reference, send_name: true };
        let session = handshake(stream, &target, Inner::Http, &self.roots)
            .await
            .map_err(ReportTargetProbe::Handshake)?;
        Ok(ReportTargetProbe::Reached(Box::new(session.facts)))
    }
}

impl From<DialError> for ReportTargetProbe {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Forbidden(why) => Self::Forbidden(why),
            DialError::Refused => Self::Unreachable("connection refused".to_owned()),
            DialError::Unroutable => {
                Self::Unreachable("this machine has no route to the address".to_owned())
            }
            DialError::TimedOut => Self::Unreachable("no connection in time".to_owned()),
            DialError::Other(words) => Self::Unreachable(words),
        }
    }
}
