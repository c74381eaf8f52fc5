//! The server's side of the handshake, sound and broken.

mod raw;

use crate::certificates::Identity;
use crate::error::LabError;
use crate::peers::TlsManners;
use crate::seen::{Seen, SeenLog};
use crate::stream::Peer;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{Acceptor, ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// What a server does with a connection on which TLS is due.
pub(crate) struct TlsFront {
    manners: TlsManners,
    config: Arc<ServerConfig>,
    /// What a server that knows no TLS says to a ClientHello.
    plain_answer: &'static [u8],
}

/// A session and the server name that the client asked for.
pub(crate) struct Established {
    pub(crate) stream: TlsStream<Peer>,
    pub(crate) sni: Option<String>,
}

impl TlsFront {
    pub(crate) fn new(
        provider: &Arc<CryptoProvider>,
        manners: TlsManners,
        resolver: Arc<dyn ResolvesServerCert>,
        plain_answer: &'static [u8],
    ) -> Result<Self, LabError> {
        let versions: &[&rustls::SupportedProtocolVersion] = match manners {
            TlsManners::Tls12Only => &[&rustls::version::TLS12],
            TlsManners::Sound
            | TlsManners::Tls11Only
            | TlsManners::Tls11OnlyAlert
            | TlsManners::AcceptsOld
            | TlsManners::Alert
            | TlsManners::NeedsSni
            | TlsManners::Plain
            | TlsManners::Close
            | TlsManners::Silent => &[&rustls::version::TLS13, &rustls::version::TLS12],
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        // Probes want a full handshake each time, and the lab wants to stay small.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self { manners, config: Arc::new(config), plain_answer })
    }

    /// Makes the handshake, or spoils it; `None` when there is no session and the connection
    /// is over.
    pub(crate) async fn establish(
        &self,
        mut peer: Peer,
        address: Ipv4Addr,
        seen: &SeenLog,
    ) -> Option<Established> {
        match self.manners {
            TlsManners::Sound | TlsManners::Tls12Only | TlsManners::NeedsSni => {}
            TlsManners::Silent => {
                std::future::pending::<()>().await;
            }
            TlsManners::Tls11Only
            | TlsManners::Tls11OnlyAlert
            | TlsManners::AcceptsOld
            | TlsManners::Alert
            | TlsManners::Plain
            | TlsManners::Close => {
                let hello = raw::read_client_hello(&mut peer).await.ok()?;
                if let Some(answer) = self.spoiled_answer(&hello) {
                    let sent = peer.write_all(&answer).await;
                    if sent.is_ok() {
                        peer.finish().await;
                    }
                    return None;
                }
                peer.unread(hello);
            }
        }
        let start = LazyConfigAcceptor::new(Acceptor::default(), peer).await.ok()?;
        let sni = start.client_hello().server_name().map(str::to_owned);
        seen.push(Seen::ClientHello { peer: address.into(), sni: sni.clone() });
        if self.manners == TlsManners::NeedsSni && sni.is_none() {
            let mut peer = start.io;
            if peer.write_all(&raw::alert(raw::UNRECOGNIZED_NAME)).await.is_ok() {
                peer.finish().await;
            }
            return None;
        }
        let stream = start.into_stream(Arc::clone(&self.config)).await.ok()?;
        Some(Established { stream, sni })
    }

    /// What is sent instead of a handshake; `None` to go on with it.
    fn spoiled_answer(&self, hello: &[u8]) -> Option<Vec<u8>> {
        match self.manners {
            TlsManners::Sound
            | TlsManners::Tls12Only
            | TlsManners::NeedsSni
            | TlsManners::Silent => None,
            TlsManners::AcceptsOld => {
                let wanted = raw::client_version(hello)?;
                (wanted < raw::TLS12).then(|| raw::server_hello(wanted))
            }
            // rustls speaks nothing older than 1.2. A client that would not talk 1.1 itself
            // never gets past the ServerHello, so no more of it is needed.
            TlsManners::Tls11Only => {
                let wanted = raw::client_version(hello).unwrap_or(raw::TLS11);
                Some(raw::server_hello(wanted.min(raw::TLS11)))
            }
            TlsManners::Tls11OnlyAlert => Some(raw::alert(raw::PROTOCOL_VERSION)),
            TlsManners::Alert => Some(raw::alert(raw::HANDSHAKE_FAILURE)),
            TlsManners::Plain => Some(self.plain_answer.to_vec()),
            TlsManners::Close => Some(Vec::new()),
        }
    }
}

/// Sends the same certificate to everyone, as a server with one certificate does: with SNI,
/// without it (RFC 8461 §7.1) or with a name it does not know.
#[derive(Debug)]
pub(crate) struct OneCertificate(Arc<CertifiedKey>);

impl OneCertificate {
    pub(crate) fn new(identity: &Identity) -> Arc<Self> {
        Arc::new(Self(Arc::clone(&identity.certified)))
    }
}

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
