//! Does a server still accept TLS 1.0 or 1.1? A hand-made ClientHello asks, and no more: what RFC
//! 8996 retires is not spoken here.

use crate::tls::facts::TlsVersion;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Offers `version`, TLS 1.0 or 1.1, as the newest and reads what comes first: true if it is a
/// ServerHello of that version. No deadline of its own.
pub(crate) async fn accepts<S>(mut stream: S, version: TlsVersion) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(number) = wire_version(version) else { return false };
    if stream.write_all(&client_hello(number)).await.is_err() || stream.flush().await.is_err() {
        return false;
    }
    // Record header, handshake header, server_version (RFC 4346 §6.2.1, §7.4, §7.4.1.3).
    let mut start = [0_u8; 11];
    stream.read_exact(&mut start).await.is_ok() && is_server_hello(start, number)
}

fn is_server_hello(start: [u8; 11], number: [u8; 2]) -> bool {
    let [content, major, _, _, _, kind, _, _, _, server_version @ ..] = start;
    content == RECORD_HANDSHAKE && major == 3 && kind == SERVER_HELLO && server_version == number
}

fn wire_version(version: TlsVersion) -> Option<[u8; 2]> {
    match version {
        TlsVersion::Tls10 => Some([3, 1]),
        TlsVersion::Tls11 => Some([3, 2]),
        TlsVersion::Tls12 | TlsVersion::Tls13 => None,
    }
}

/// A ClientHello in a record of its own (RFC 4346 §7.4.1.2, RFC 4492 §5.1).
fn client_hello(number: [u8; 2]) -> Vec<u8> {
    let mut suites = Vec::with_capacity(CIPHER_SUITES.len() * 2);
    for suite in CIPHER_SUITES {
        suites.extend(suite.to_be_bytes());
    }
    let mut body = Vec::from(number);
    // The session ends with the ServerHello and protects nothing, so its random need not be random.
    body.extend(*b"ironpost asks which TLS you have");
    body.extend(vector::<1>(&[]));
    body.extend(vector::<2>(&suites));
    body.extend(vector::<1>(&[0]));
    body.extend(vector::<2>(&EXTENSIONS));
    let mut handshake = vec![CLIENT_HELLO];
    handshake.extend(vector::<3>(&body));
    let mut record = vec![RECORD_HANDSHAKE, 3, 1];
    record.extend(vector::<2>(&handshake));
    record
}

/// A vector of TLS's presentation language, its length in `N` octets before it.
fn vector<const N: usize>(contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let mut vector = length[length.len() - N..].to_vec();
    vector.extend(contents);
    vector
}

const RECORD_HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// What servers of that time have: forward secret AES, plain RSA with AES, 3DES (RFC 4492 §6, RFC
/// 3268), and the sign that renegotiation is secure (RFC 5746 §3.3).
const CIPHER_SUITES: [u16; 13] = [
    0xc00a, // TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
    0xc009, // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
    0xc014, // TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
    0xc013, // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
    0x0039, // TLS_DHE_RSA_WITH_AES_256_CBC_SHA
    0x0033, // TLS_DHE_RSA_WITH_AES_128_CBC_SHA
    0x0035, // TLS_RSA_WITH_AES_256_CBC_SHA
    0x002f, // TLS_RSA_WITH_AES_128_CBC_SHA
    0xc012, // TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
    0xc008, // TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
    0x0016, // TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA
    0x000a, // TLS_RSA_WITH_3DES_EDE_CBC_SHA
    0x00ff, // TLS_EMPTY_RENEGOTIATION_INFO_SCSV
];

/// supported_groups (x25519, secp256r1, secp384r1) and ec_point_formats (uncompressed), RFC 8422
/// §5.1. No server name: what is asked is the server, not one of its hosts.
const EXTENSIONS: [u8; 18] = [
    0, 10, 0, 8, 0, 6, 0, 29, 0, 23, 0, 24, //
    0, 11, 0, 2, 1, 0,
];
