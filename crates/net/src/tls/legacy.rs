//! What a server has beside what rustls speaks: TLS 1.0 and 1.1, which RFC 8996 retires, and TLS 1.2
//! with cipher suites of their time. A hand-made ClientHello asks; nothing more is spoken.

use crate::tls::facts::{HandshakeFailure, TlsVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Offers `version` (at most TLS 1.2) as the newest and reads what comes first: the version of the
/// ServerHello, if it is one. No deadline of its own.
pub(crate) async fn negotiate<S>(mut stream: S, version: TlsVersion) -> Option<TlsVersion>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(&client_hello(wire_version(version))).await.ok()?;
    stream.flush().await.ok()?;
    // Record header, handshake header, server_version (RFC 5246 §6.2.1, §7.4, §7.4.1.3).
    let mut start = [0_u8; 11];
    stream.read_exact(&mut start).await.ok()?;
    server_version(start)
}

/// True if a server with this failure may yet have a TLS version or a cipher suite in common with
/// older clients. One that has no supported version need not say so by protocol_version: it may
/// settle on TLS 1.0 and then find no cipher suite for it.
pub(crate) fn is_worth_asking(failure: &HandshakeFailure) -> bool {
    match failure {
        HandshakeFailure::Alert { alert } => {
            alert == "handshake_failure" || alert == "insufficient_security"
        }
        HandshakeFailure::Closed => true,
        HandshakeFailure::Version
        | HandshakeFailure::NotTls
        | HandshakeFailure::Timeout
        | HandshakeFailure::Other { .. } => false,
    }
}

/// What a failed handshake was about, given the newest version that the server takes when it may
/// choose its cipher suite freely.
pub(crate) fn reconsidered(
    failure: HandshakeFailure,
    newest: Option<TlsVersion>,
) -> HandshakeFailure {
    match newest {
        None | Some(TlsVersion::Tls13) => failure,
        Some(TlsVersion::Tls10 | TlsVersion::Tls11) => HandshakeFailure::Version,
        Some(TlsVersion::Tls12) => HandshakeFailure::Other {
            detail: "TLS 1.2 is offered, but none of its cipher suites with authenticated \
                     encryption and forward secrecy (RFC 9325 §4.2)"
                .to_owned(),
        },
    }
}

fn server_version(start: [u8; 11]) -> Option<TlsVersion> {
    let [content, 3, _, _, _, kind, _, _, _, version @ ..] = start else { return None };
    if content != RECORD_HANDSHAKE || kind != SERVER_HELLO {
        return None;
    }
    let known = [TlsVersion::Tls10, TlsVersion::Tls11, TlsVersion::Tls12];
    known.into_iter().find(|known| wire_version(*known) == version)
}

fn wire_version(version: TlsVersion) -> [u8; 2] {
    match version {
        TlsVersion::Tls10 => [3, 1],
        TlsVersion::Tls11 => [3, 2],
        // RFC 8446 §4.1.2: what TLS 1.3 writes here, too.
        TlsVersion::Tls12 | TlsVersion::Tls13 => [3, 3],
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

/// What servers of that time have: AES and 3DES in CBC mode (RFC 5246 §A.5, RFC 4492 §6, RFC 3268),
/// AES-GCM without forward secrecy (RFC 5288), and the sign that renegotiation is secure (RFC 5746
/// §3.3).
const CIPHER_SUITES: [u16; 22] = [
    0x009f, // TLS_DHE_RSA_WITH_AES_256_GCM_SHA384
    0x009e, // TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
    0xc024, // TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384
    0xc023, // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
    0xc028, // TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
    0xc027, // TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
    0x009d, // TLS_RSA_WITH_AES_256_GCM_SHA384
    0x009c, // TLS_RSA_WITH_AES_128_GCM_SHA256
    0x003c, // TLS_RSA_WITH_AES_128_CBC_SHA256
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

/// supported_groups (x25519, secp256r1, secp384r1) and ec_point_formats (uncompressed) of RFC 8422
/// §5.1, signature_algorithms (RSA and ECDSA with SHA-256, SHA-384, SHA-1) of RFC 5246 §7.4.1.4.1.
/// No server name: what is asked is the server, not one of its hosts.
const EXTENSIONS: [u8; 36] = [
    0, 10, 0, 8, 0, 6, 0, 29, 0, 23, 0, 24, //
    0, 11, 0, 2, 1, 0, //
    0, 13, 0, 14, 0, 12, 4, 1, 4, 3, 5, 1, 5, 3, 2, 1, 2, 3,
];
