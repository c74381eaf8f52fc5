//! The first message of a client: all that is known when most are refused.

use rustls::Error;
use rustls::server::{Accepted, Acceptor};
use std::io::{self, Read, Write};
use tokio::net::TcpStream;

/// A client hello that can be gone on with.
pub(super) struct Hello {
    pub(super) accepted: Accepted,
    /// `None` if it is longer than anybody's.
    pub(super) said: Option<Said>,
}

/// What the TLS library keeps to itself of a client hello, and a refusal depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) version: Version,
    /// It has a `server_name` extension (RFC 6066 §3).
    pub(super) has_name: bool,
}

/// The latest version of TLS that a client offers and a server of TLS 1.2 and 1.3 can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Tls13,
    Tls12,
    /// Older ones alone.
    Neither,
}

/// Why there is no hello.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelloError {
    #[error("versions that are too old")]
    Version,
    /// The client has been told.
    #[error("no TLS client hello: {0}")]
    Tls(Error),
    #[error("no TLS client hello: {0}")]
    Read(#[from] io::Error),
}

impl Hello {
    /// Reads until there is one. The caller sets the deadline.
    pub(super) async fn read(stream: &TcpStream) -> Result<Self, HelloError> {
        let mut acceptor = Acceptor::default();
        let mut socket = Socket { stream, seen: Vec::new() };
        loop {
            stream.readable().await?;
            match acceptor.read_tls(&mut socket) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            let Some(accepted) = acceptor.accept().transpose() else { continue };
            let said = Said::of(&socket.seen);
            // RFC 8446 §4.2.1 and appendix D.2. The library looks at the version after much else
            // that old clients lack.
            if said.is_some_and(|said| said.version == Version::Neither) {
                return Err(HelloError::Version);
            }
            return match accepted {
                Ok(accepted) => Ok(Self { accepted, said }),
                Err((error, mut alert)) => {
                    // It fits into the empty buffer of the socket, or the client has left.
                    let _ = alert.write_all(&mut socket);
                    Err(HelloError::Tls(error))
                }
            };
        }
    }
}

impl Said {
    /// Of the TLS records that hold a client hello (RFC 8446 §4.1.2, §5.1); `None` if they do not
    /// hold all of it.
    fn of(records: &[u8]) -> Option<Self> {
        let message = joined(records);
        let ([CLIENT_HELLO, l1, l2, l3], rest) = message.split_first_chunk()? else { return None };
        let length = u32::from_be_bytes([0, *l1, *l2, *l3]);
        let mut hello = rest.get(..usize::try_from(length).ok()?)?;
        let legacy = number(&mut hello)?;
        hello.split_off(..RANDOM)?;
        let _session = short(&mut hello)?;
        let _ciphers = long(&mut hello)?;
        let _compressions = short(&mut hello)?;
        let version = if legacy < TLS12 { Version::Neither } else { Version::Tls12 };
        let mut said = Self { version, has_name: false };
        // RFC 5246 §7.4.1.2: old clients have none.
        let mut extensions = if hello.is_empty() { hello } else { long(&mut hello)? };
        while !extensions.is_empty() {
            let extension = number(&mut extensions)?;
            let mut data = long(&mut extensions)?;
            match extension {
                SERVER_NAME => said.has_name = true,
                // RFC 8446 §4.2.1: where it is, it alone counts.
                SUPPORTED_VERSIONS => said.version = Version::among(short(&mut data)?),
                _ => {}
            }
        }
        Some(said)
    }
}

impl Version {
    fn among(offered: &[u8]) -> Self {
        let offers = |version: u16| offered.chunks(2).any(|other| other == version.to_be_bytes());
        if offers(TLS13) {
            Self::Tls13
        } else if offers(TLS12) {
            Self::Tls12
        } else {
            Self::Neither
        }
    }
}

/// A socket, without waiting.
struct Socket<'a> {
    stream: &'a TcpStream,
    /// What was read, up to [`KEPT`].
    seen: Vec<u8>,
}

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.try_read(buffer)?;
        let kept = read.min(KEPT.saturating_sub(self.seen.len()));
        self.seen.extend_from_slice(buffer.get(..kept).unwrap_or_default());
        Ok(read)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.try_write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What handshake records hold, without their heads (RFC 8446 §5.1).
fn joined(mut records: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(records.len());
    while let Some(([HANDSHAKE, _, _, l1, l2], rest)) = records.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([*l1, *l2]));
        let Some((fragment, rest)) = rest.split_at_checked(length) else { break };
        message.extend_from_slice(fragment);
        records = rest;
    }
    message
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    rest.split_off(..2)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// A vector with a length of one octet.
fn short<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = *rest.split_off_first()?;
    rest.split_off(..usize::from(length))
}

/// A vector with a length of two octets.
fn long<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(rest)?;
    rest.split_off(..usize::from(length))
}

/// Octets of a hello that are looked at. One with keys for half a dozen groups, of which the newest
/// take a KiB each, has half of that. Own limit.
const KEPT: usize = 16 * 1024;
/// RFC 8446 §5.1.
const HANDSHAKE: u8 = 22;
/// RFC 8446 §4.
const CLIENT_HELLO: u8 = 1;
/// RFC 8446 §4.1.2.
const RANDOM: usize = 32;
const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;
/// RFC 8446 §4.2.
const SERVER_NAME: u16 = 0;
const SUPPORTED_VERSIONS: u16 = 43;
