//! TLS by hand, as far as the first two messages: what rustls would rather not say.

use crate::stream::Peer;
use std::io;
use tokio::io::AsyncReadExt;

/// A protocol version as it stands on the wire.
pub(crate) type WireVersion = [u8; 2];

pub(crate) const TLS11: WireVersion = [3, 2];
pub(crate) const TLS12: WireVersion = [3, 3];

/// Alert descriptions, RFC 8446 §6.
pub(crate) const HANDSHAKE_FAILURE: u8 = 40;
pub(crate) const PROTOCOL_VERSION: u8 = 70;
pub(crate) const UNRECOGNIZED_NAME: u8 = 112;

/// Reads the first record, header and all; whatever comes if it is none.
pub(crate) async fn read_client_hello(peer: &mut Peer) -> io::Result<Vec<u8>> {
    let mut record = vec![0; HEADER];
    peer.read_exact(&mut record).await?;
    if record[0] == HANDSHAKE {
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        record.resize(HEADER + length.min(MAX_RECORD), 0);
        peer.read_exact(&mut record[HEADER..]).await?;
    }
    Ok(record)
}

/// The version that a ClientHello names in its body, the highest one that a client of TLS 1.2
/// or older knows.
pub(crate) fn client_version(record: &[u8]) -> Option<WireVersion> {
    // Record header, then handshake type and a length of three octets, then the version.
    match record {
        [HANDSHAKE, _, _, _, _, CLIENT_HELLO, _, _, _, major, minor, ..] => Some([*major, *minor]),
        _ => None,
    }
}

/// A fatal alert.
pub(crate) fn alert(description: u8) -> Vec<u8> {
    vec![ALERT, 3, 3, 0, 2, FATAL, description]
}

/// A ServerHello of a version before 1.3, with TLS_RSA_WITH_AES_128_CBC_SHA (RFC 5246 §7.4.1.3).
pub(crate) fn server_hello(version: WireVersion) -> Vec<u8> {
    let [major, minor] = version;
    let mut record = vec![HANDSHAKE, major, minor, 0, 42, SERVER_HELLO, 0, 0, 38, major, minor];
    record.extend_from_slice(&[0x5a; 32]); // random
    record.extend_from_slice(&[0, 0x00, 0x2f, 0]); // no session id, cipher suite, no compression
    record
}

const HEADER: usize = 5;

/// RFC 8446 §5.1, and some room for old manners.
const MAX_RECORD: usize = 1 << 14;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const FATAL: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_hello_is_as_long_as_it_says() {
        let record = server_hello(TLS11);
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        assert_eq!(record.len(), HEADER + length);
        assert_eq!(usize::from(record[8]), length - 4, "the handshake's own length");
    }

    #[test]
    fn the_version_of_a_hello_is_the_one_in_its_body() {
        let hello = [22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3];
        assert_eq!(client_version(&hello), Some(TLS12));
        assert_eq!(client_version(b"EHLO host.example\r\n"), None);
    }
}
