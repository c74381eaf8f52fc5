//! The handshake, over any byte stream, that keeps what it saw.

use crate::tls::certificate::Certificate;
use crate::tls::facts::{HandshakeFailure, TlsFacts, TlsVersion, Trust};
use crate::tls::failure;
use crate::tls::roots::Roots;
use crate::tls::trust::{Chain, trust};
use crate::tls::verifier::LookingVerifier;
use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::hash::HashAlgorithm;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, SupportedCipherSuite};
use rustls_pki_types::{DnsName, ServerName};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A session that stands, whatever its certificate is worth.
#[derive(Debug)]
pub(crate) struct Session<S> {
    /// The stream inside TLS.
    pub(crate) stream: TlsStream<S>,
    /// What the handshake showed.
    pub(crate) facts: TlsFacts,
}

/// What is to be spoken inside TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner {
    /// HTTP/1.1, which is announced by ALPN (RFC 7301).
    Http,
    /// SMTP, which has no ALPN name in use.
    Smtp,
}

/// Whom the handshake is for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The name that the certificate should bear; none if the host has no name that one could.
    pub(crate) reference: Option<ServerName<'static>>,
    /// Whether to send it (RFC 6066 §3). An IP address never is.
    pub(crate) send_name: bool,
}

impl Target {
    /// A host by its DNS name. One that is no host name (RFC 6066 §3) is neither sent nor matched.
    pub(crate) fn host(name: &str) -> Self {
        let reference = DnsName::try_from(name.to_owned()).ok().map(ServerName::DnsName);
        Self { reference, send_name: true }
    }

    fn sent_name(&self) -> Option<&ServerName<'static>> {
        let is_dns = |name: &&ServerName<'_>| matches!(name, ServerName::DnsName(_));
        self.reference.as_ref().filter(|_| self.send_name).filter(is_dns)
    }
}

/// Makes a handshake and judges the chain. No deadline of its own.
///
/// Whether to go on is for the caller to decide, by the facts.
pub(crate) async fn handshake<S>(
    stream: S,
    target: &Target,
    inner: Inner,
    roots: &Roots,
) -> Result<Session<S>, HandshakeFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let verifier = Arc::new(LookingVerifier::new(roots.algorithms()));
    let mut config = roots.config().clone();
    config.dangerous().set_certificate_verifier(verifier.clone());
    if inner == Inner::Http {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    // rustls sends no server name for an IP address, so this one stands for "no name".
    let unnamed = ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into());
    let name = target.sent_name().cloned().unwrap_or(unnamed);
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, stream).await.map_err(|e| failure::of_handshake(&e))?;
    let facts = look(stream.get_ref().1, target, &verifier, roots)?;
    Ok(Session { stream, facts })
}

/// The configuration that all handshakes share but for verifier and ALPN.
pub(super) fn client_config(mut provider: CryptoProvider) -> Result<ClientConfig, rustls::Error> {
    let verifier = LookingVerifier::new(provider.signature_verification_algorithms);
    // As browsers do: processors have instructions for SHA-256, and none for SHA-384, which would
    // cost a twentieth of a fetch.
    provider.cipher_suites.sort_by_key(|suite| hash_of(suite) != HashAlgorithm::SHA256);
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    // A resumed session shows no certificates.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn look(
    connection: &ClientConnection,
    target: &Target,
    verifier: &LookingVerifier,
    roots: &Roots,
) -> Result<TlsFacts, HandshakeFailure> {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
        _ => TlsVersion::Tls12,
    };
    let presented = connection.peer_certificates().unwrap_or_default();
    let chain = Chain::read(presented, roots.algorithms().all).ok_or_else(|| {
        let detail = "the server's certificate cannot be read".to_owned();
        HandshakeFailure::Other { detail }
    })?;
    let now = Timestamp::now();
    let trust = match (trust(&chain, now, roots), verifier.proof()) {
        (Trust::Trusted, Some(Ok(()))) => Trust::Trusted,
        (Trust::Trusted, _) => {
            Trust::Other("the server does not prove that it holds the certificate's key".to_owned())
        }
        (untrusted, _) => untrusted,
    };
    let reference = target.reference.as_ref();
    Ok(TlsFacts {
        version,
        cipher: cipher_name(connection),
        sni: target.sent_name().map(|name| name.to_str().into_owned()),
        chain: chain.certificates.iter().map(Certificate::facts).collect(),
        trust,
        name_matches: reference.is_some_and(|reference| chain.name_matches(reference)),
        validity: chain.validity(now),
    })
}

fn hash_of(suite: &SupportedCipherSuite) -> HashAlgorithm {
    let common = match suite {
        SupportedCipherSuite::Tls13(suite) => &suite.common,
        SupportedCipherSuite::Tls12(suite) => &suite.common,
    };
    common.hash_provider.algorithm()
}

fn cipher_name(connection: &ClientConnection) -> String {
    let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite());
    let name = suite.and_then(|suite| suite.as_str()).unwrap_or("unknown");
    // rustls writes `TLS13_` where the IANA registry has `TLS_`.
    name.strip_prefix("TLS13_").map_or_else(|| name.to_owned(), |rest| format!("TLS_{rest}"))
}
