//! TCP connections past the address guard.

use crate::address_guard::{AddressGuard, Forbidden};
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DialError {
    /// The guard forbids the address.
    Forbidden(Forbidden),
    /// Refused by the peer.
    Refused,
    /// This machine has no route to the address.
    Unroutable,
    /// The system gave up waiting.
    TimedOut,
    /// Another error, in words.
    Other(String),
}

/// Connects to `address`. No deadline but the system's.
pub(crate) async fn dial(
    address: SocketAddr,
    guard: &AddressGuard,
) -> Result<TcpStream, DialError> {
    guard.check(address.ip()).map_err(DialError::Forbidden)?;
    let stream = TcpStream::connect(address).await.map_err(|error| reason(&error))?;
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
