//! From the first octets of a client to a TLS connection.

use super::answer::domain_of;
use super::conversation::Speaking;
use super::counts::Event;
use super::hello::{Hello, HelloError, Said, Version};
use super::identities::Identities;
use crate::served::{Served, Site};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs::{self, sign::any_ecdsa_type};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ALL_VERSIONS, CipherSuite, Error, ProtocolVersion, ServerConfig};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;
use tokio_rustls::server::TlsStream;

/// How handshakes are made.
#[derive(Debug)]
pub(super) struct Handshakes {
    served: Served,
    config: Arc<ServerConfig>,
}

/// A handshake that is over.
pub(super) enum Shaken {
    /// HTTP comes next.
    Https(Box<Https>),
    /// A validation of TLS-ALPN-01: nothing comes next.
    Validated,
}

/// A TLS connection of a client.
pub(super) struct Https {
    pub(super) stream: TlsStream<TcpStream>,
    /// The name it asked for, in lower case: `mta-sts.` and a domain that is hosted.
    pub(super) name: Box<str>,
    pub(super) version: Option<ProtocolVersion>,
    /// What they agreed on (RFC 7301); HTTP/1.1 if the client offers nothing.
    pub(super) speaking: Speaking,
}

/// Why a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    #[error(transparent)]
    Hello(#[from] HelloError),
    #[error("a name that is not hosted")]
    Name,
    #[error("no certificate to present")]
    NoCertificate,
    #[error("no certificate could be made for TLS-ALPN-01: {0}")]
    Challenge(Error),
    #[error("the handshake failed: {0}")]
    Failed(io::Error),
}

impl HandshakeError {
    /// What it is counted as.
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Hello(HelloError::Tls(_) | HelloError::Read(_)) => Event::BadHello,
            Self::Name => Event::RefusedName,
            Self::NoCertificate => Event::NoCertificate,
            Self::Hello(HelloError::Version) | Self::Challenge(_) | Self::Failed(_) => {
                Event::FailedHandshake
            }
        }
    }
}

impl Handshakes {
    pub(super) fn new(served: Served, unpacked_certificates: usize) -> Result<Self, Error> {
        let identities = Identities::new(served.clone(), unpacked_certificates);
        let config = config(Arc::new(identities), &[HTTP2, HTTP1, HTTP10])?;
        Ok(Self { served, config })
    }

    /// Makes a handshake. The caller sets the deadline.
    pub(super) async fn shake(&self, stream: TcpStream) -> Result<Shaken, HandshakeError> {
        let Hello { accepted, said } = Hello::read(&stream).await.inspect_err(|error| {
            if let HelloError::Version = error {
                say(&stream, PROTOCOL_VERSION);
            }
        })?;
        let hello = accepted.client_hello();
        let Some((name, site)) = self.site(&hello) else {
            say(&stream, unnamed(said));
            return Err(HandshakeError::Name);
        };
        if let Some(digest) = site.alpn_challenge.filter(|_| is_validation(&hello)) {
            let config = validation(&name, digest).inspect_err(|_| say(&stream, INTERNAL_ERROR))?;
            let stream = StartHandshake::from_parts(accepted, stream).into_stream(config).await;
            let mut stream = stream.map_err(HandshakeError::Failed)?;
            // RFC 8737 §3: the connection is of no further use, however it ends.
            let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
            return Ok(Shaken::Validated);
        }
        if site.certificate.is_none() {
            say(&stream, HANDSHAKE_FAILURE);
            return Err(HandshakeError::NoCertificate);
        }
        let config = Arc::clone(&self.config);
        let stream = StartHandshake::from_parts(accepted, stream).into_stream(config).await;
        let stream = stream.map_err(HandshakeError::Failed)?;
        let (_, session) = stream.get_ref();
        let speaking = match session.alpn_protocol() {
            Some(HTTP2) => Speaking::Http2,
            _ => Speaking::Http1,
        };
        let version = session.protocol_version();
        Ok(Shaken::Https(Box::new(Https { stream, name, version, speaking })))
    }

    /// RFC 8461 §7.1: what is not hosted gets no certificate at all, let alone another domain's.
    fn site(&self, hello: &ClientHello<'_>) -> Option<(Box<str>, Arc<Site>)> {
        let name = hello.server_name()?;
        let site = self.served.by_domain(domain_of(name)?)?;
        Some((name.into(), site))
    }
}

/// RFC 8737 §3: a list of this one protocol.
fn is_validation(hello: &ClientHello<'_>) -> bool {
    let mut offered = hello.alpn().into_iter().flatten();
    offered.next() == Some(ACME_TLS) && offered.next().is_none()
}

/// RFC 8737 §3: a self-signed certificate for the name alone, with the digest of the key
/// authorization in a critical extension.
fn validation(name: &str, digest: [u8; 32]) -> Result<Arc<ServerConfig>, HandshakeError> {
    let made = |name: &str| {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(&digest)];
        Ok((params.self_signed(&key)?.der().clone(), key))
    };
    let made: Result<_, rcgen::Error> = made(name);
    let (certificate, key) =
        made.map_err(|error| HandshakeError::Challenge(Error::General(error.to_string())))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Not compared with each other: rustls would stumble over the critical extension.
    let config = any_ecdsa_type(&key).and_then(|key| {
        let identity = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
        config(Arc::new(identity), &[ACME_TLS])
    });
    config.map_err(HandshakeError::Challenge)
}

fn config(
    identities: Arc<dyn ResolvesServerCert>,
    protocols: &[&[u8]],
) -> Result<Arc<ServerConfig>, Error> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| !PREFERRED.contains(&suite.suite()));
    // RFC 9325 §3.1.1: TLS 1.2 and 1.3.
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(ALL_VERSIONS)?;
    let mut config = config.with_no_client_auth().with_cert_resolver(identities);
    config.ignore_client_order = true;
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    // Nothing to resume a session with: a sender is back when its day is over, and is to see the
    // certificate then (RFC 8461 §3.3).
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// What a client is told whose name is not hosted, or that gives none.
fn unnamed(said: Option<Said>) -> [u8; 7] {
    match said {
        // RFC 8446 §9.2.
        Some(Said { version: Version::Tls13, has_name: false }) => MISSING_EXTENSION,
        // RFC 6066 §3.
        Some(_) | None => UNRECOGNIZED_NAME,
    }
}

/// Says a last word. It fits into the empty buffer of the socket, or the client has left.
fn say(stream: &TcpStream, alert: [u8; 7]) {
    let _ = stream.try_write(&alert);
}

/// Used if a client has them, which RFC 8446 §9.1 demands: what is sent is public, and with SHA-384
/// in the place of SHA-256 a handshake costs a sixth more. All others come after these.
const PREFERRED: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];
const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// Of old programs, and of those that like to be answered by a close.
const HTTP10: &[u8] = b"http/1.0";
const ACME_TLS: &[u8] = b"acme-tls/1";
/// A fatal alert in a record of its own (RFC 8446 §5.1, §6): RFC 6066 §3.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];
/// The same: RFC 8446 §6.2.
const MISSING_EXTENSION: [u8; 7] = [21, 3, 3, 0, 2, 2, 109];
/// The same.
const PROTOCOL_VERSION: [u8; 7] = [21, 3, 3, 0, 2, 2, 70];
/// The same.
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];
/// The same.
const INTERNAL_ERROR: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];
