//! A sender that fetches policies over TLS 1.3.
//!
//! It shares the machine with what it measures, so it verifies what it is shown as a sender would
//! only now and then; the name in the certificate, the status and every octet of the policy always.

use super::installation::Domain;
use anyhow::{Context, Result, anyhow, bail, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How it speaks TLS: one cipher suite and one group, so that every server does the same work, and
/// never a session that is resumed.
pub(crate) fn config(root: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).map_err(|error| anyhow!("{error}"))?)?;
    let provider = Arc::new(CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
        kx_groups: vec![aws_lc_rs::kx_group::X25519],
        ..aws_lc_rs::default_provider()
    });
    let sender = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
    let verifier =
        Sampling { sender: sender.build()?, certificates: 0.into(), signatures: 0.into() };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A TLS connection on which policies of one domain are asked for.
pub(crate) struct Conversation {
    tls: ClientConnection,
    request: Vec<u8>,
    reply: Vec<u8>,
    buffer: Box<[u8]>,
}

impl Conversation {
    /// One that has yet to begin.
    pub(crate) fn new(config: &Arc<ClientConfig>, domain: &Domain) -> Result<Self> {
        let host = domain.host();
        let request = format!(
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\nUser-Agent: benchmark\r\n\r\n"
        );
        let tls = ClientConnection::new(Arc::clone(config), ServerName::try_from(host)?)?;
        let buffer = vec![0; BUFFER].into();
        Ok(Self { tls, request: request.into_bytes(), reply: Vec::new(), buffer })
    }

    /// Asks for the policy; at first the handshake comes before that.
    pub(crate) fn ask(&mut self, stream: &mut impl Write) -> Result<()> {
        self.reply.clear();
        self.tls.writer().write_all(&self.request)?;
        self.write(stream)
    }

    /// Reads what has come: the policy, once it is whole. Without waiting, if the stream does not.
    pub(crate) fn hear(&mut self, stream: &mut (impl Read + Write)) -> Result<Option<&str>> {
        loop {
            match self.tls.read_tls(stream) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error).context("a connection failed"),
            }
            self.tls.process_new_packets().context("a handshake failed")?;
            self.write(stream)?;
            loop {
                match self.tls.reader().read(&mut self.buffer) {
                    Ok(0) => bail!("the server ended a conversation"),
                    Ok(length) => {
                        self.reply.extend_from_slice(self.buffer.get(..length).unwrap_or_default());
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error).context("a conversation failed"),
                }
            }
            if let Some(length) = whole(&self.reply)? {
                let body = self.reply.get(length..).unwrap_or_default();
                return Ok(Some(str::from_utf8(body)?));
            }
        }
    }

    /// Says goodbye.
    pub(crate) fn end(&mut self, stream: &mut impl Write) -> Result<()> {
        self.tls.send_close_notify();
        self.write(stream)
    }

    fn write(&mut self, stream: &mut impl Write) -> Result<()> {
        while self.tls.wants_write() {
            // So few octets always find room in the buffer of a socket.
            self.tls.write_tls(stream).context("a request got stuck")?;
        }
        Ok(())
    }
}

/// The first octets of a client that asks for this name.
pub(crate) fn hello(config: &Arc<ClientConfig>, host: String) -> Result<Vec<u8>> {
    let mut tls = ClientConnection::new(Arc::clone(config), ServerName::try_from(host)?)?;
    let mut hello = Vec::new();
    tls.write_tls(&mut hello)?;
    Ok(hello)
}

/// The octets of the head of a reply, if all of it has come.
fn whole(reply: &[u8]) -> Result<Option<usize>> {
    let Some(end) = reply.windows(4).position(|octets| octets == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = str::from_utf8(reply.get(..end).unwrap_or_default())?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "not the policy: {head:?}");
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    let length = fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = length.context("a reply without a length")?;
    let length: usize = length.parse()?;
    Ok((reply.len() >= end + 4 + length).then_some(end + 4))
}

/// Verifies one certificate and one signature in [`SAMPLE`] as a sender does.
#[derive(Debug)]
struct Sampling {
    sender: Arc<WebPkiServerVerifier>,
    certificates: AtomicU32,
    signatures: AtomicU32,
}

impl ServerCertVerifier for Sampling {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if is_sampled(&self.certificates) {
            let sender = &self.sender;
            let name = server_name;
            return sender.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        }
        let name = server_name.to_str();
        if end_entity.windows(name.len()).any(|octets| octets == name.as_bytes()) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::NotValidForName.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.sender.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if is_sampled(&self.signatures) {
            return self.sender.verify_tls13_signature(message, cert, dss);
        }
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.sender.supported_verify_schemes()
    }
}

fn is_sampled(count: &AtomicU32) -> bool {
    count.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE)
}

/// A signature costs a client three times what it costs the server.
const SAMPLE: u32 = 32;

/// Larger than a reply.
const BUFFER: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_whole_when_all_of_it_has_come() {
        let reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 3\r\n\r\nabc";
        assert_eq!(whole(reply).unwrap(), Some(reply.len() - 3));
        for end in 0..reply.len() {
            assert_eq!(whole(&reply[..end]).unwrap(), None, "{end}");
        }
        assert!(whole(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "without a length");
    }
}
