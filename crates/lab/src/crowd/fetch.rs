//! Fetching a policy: one connection, one request.

use crate::error::LabError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

/// Fetches policies.
pub(super) struct Fetcher(TlsConnector);

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetcher")
    }
}

impl Fetcher {
    /// Believes these authorities, PEM.
    pub(super) fn new(roots: &str) -> Result<Self, LabError> {
        let mut store = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(roots.as_bytes());
        store.add_parsable_certificates(certificates.filter_map(Result::ok));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// `Some` if a policy came.
    pub(super) async fn fetch(
        &self,
        from: IpAddr,
        to: SocketAddr,
        host: &str,
        agent: &str,
    ) -> Option<()> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind((from, 0).into()).ok()?;
        let stream = socket.connect(to).await.ok()?;
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let mut stream = self.0.connect(name, stream).await.ok()?;
        let agent =
            if agent.is_empty() { String::new() } else { format!("User-Agent: {agent}\r\n") };
        let request = format!(
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\n{agent}Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        (head.starts_with("HTTP/1.1 200 ") && body.contains("version: STSv1")).then_some(())
    }
}

/// RFC 8461 §3.3: 64 KiB of policy, and its head.
const MAX_ANSWER: u64 = 80 * 1024;
