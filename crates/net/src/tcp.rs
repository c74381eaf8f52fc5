//! TCP connections past the address guard.

use crate::address_guard::{AddressGuard, Forbidden};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DialError {
    /// The guard forbids the address.
    Forbidden(Forbidden),
    /// Refused by the peer.
    Refused,
    /// This machine has no route to the address.
    Unroutable,
    /// Nothing came back in time.
    TimedOut,
    /// Another error, in words.
    Other(String),
}

/// Connects to `address`, within [`PATIENCE`].
pub(crate) async fn dial(
    address: SocketAddr,
    guard: &AddressGuard,
) -> Result<TcpStream, DialError> {
    dial_within(PATIENCE, address, guard).await
}

/// Connects to `address`, within `patience`.
pub(crate) async fn dial_within(
    patience: Duration,
    address: SocketAddr,
    guard: &AddressGuard,
) -> Result<TcpStream, DialError> {
    guard.check(address.ip()).map_err(DialError::Forbidden)?;
    let connecting = timeout(patience, TcpStream::connect(address)).await;
    let connected = connecting.map_err(|_| DialError::TimedOut)?;
    let stream = connected.map_err(|error| reason(&error))?;
    // The last flight of a handshake and the first command after it are two small writes: with
    // Nagle's algorithm the second would wait for a delayed acknowledgement.
    stream.set_nodelay(true).map_err(|error| reason(&error))?;
    Ok(stream)
}

fn reason(error: &io::Error) -> DialError {
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => return DialError::Refused,
        // ENETUNREACH and EADDRNOTAVAIL come from this machine's own routing table, not from the
        // network: without IPv6 here nothing can be said about an IPv6 address.
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
            return DialError::Unroutable;
        }
        io::ErrorKind::TimedOut => return DialError::TimedOut,
        io::ErrorKind::HostUnreachable => "the host is unreachable",
        io::ErrorKind::ConnectionReset => "the connection was reset",
        _ => return DialError::Other(error.to_string()),
    };
    DialError::Other(words.to_owned())
}

/// How long a connection may take: time for a lost SYN to be sent again three times, after 1, 3 and 7
/// seconds (RFC 6298 §5.5). Own limit.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
