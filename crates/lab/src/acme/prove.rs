//! Looking whether a name is whose client says (RFC 8555 §8, RFC 8737 §3).

use super::ledger::Kind;
use super::{AcmeCaOptions, Names};
use crate::acme::jws::encode;
use domain::base::iana::{Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name};
use domain::rdata::{A, Aaaa, Txt};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What is to be found.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) token: String,
    /// The key authorization (RFC 8555 §8.1).
    pub(super) answer: String,
}

/// The type of a problem, and what there is to say of it.
type Fault = (String, String);

impl Wanted {
    pub(super) async fn look(&self, options: &AcmeCaOptions) -> Result<(), Fault> {
        let looking = async {
            match self.kind {
                Kind::Http => self.http(options).await,
                Kind::Alpn => self.alpn(options).await,
                Kind::Dns => self.dns(options).await,
            }
        };
        match timeout(DEADLINE, looking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(fault("connection", format!("{} did not answer in time", self.name))),
        }
    }

    async fn http(&self, options: &AcmeCaOptions) -> Result<(), Fault> {
        let address = self.address(options).await?;
        let broken = |error: io::Error| fault("connection", format!("{address}: {error}"));
        let to = SocketAddr::new(address, options.http_port);
        let mut stream = TcpStream::connect(to).await.map_err(broken)?;
        let request = format!(
            "GET /.well-known/acme-challenge/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.token, self.name
        );
        stream.write_all(request.as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut answer).await.map_err(broken)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        if head.starts_with("HTTP/1.1 200 ") && body.trim_end() == self.answer {
            return Ok(());
        }
        let said = head.lines().next().unwrap_or_default();
        Err(fault("unauthorized", format!("{} answered with {said:?} and {body:?}", self.name)))
    }

    async fn alpn(&self, options: &AcmeCaOptions) -> Result<(), Fault> {
        let address = self.address(options).await?;
        let broken = |error: io::Error| fault("connection", format!("{address}: {error}"));
        let to = SocketAddr::new(address, options.tls_port);
        let stream = TcpStream::connect(to).await.map_err(broken)?;
        let name = ServerName::try_from(self.name.clone());
        let name = name.map_err(|error| fault("malformed", error.to_string()))?;
        let connector = connector().map_err(|error| fault("serverInternal", error.to_string()))?;
        let session = connector.connect(name, stream).await;
        let session = session.map_err(|error| fault("tls", error.to_string()))?;
        let (_, session) = session.get_ref();
        if session.alpn_protocol() != Some(ALPN) {
            return Err(fault("unauthorized", "acme-tls/1 was not agreed on".to_owned()));
        }
        let leaf = session.peer_certificates().and_then(|chain| chain.first());
        let leaf = leaf.map_or(&[][..], |leaf| leaf.as_ref());
        // RFC 8737 §3: a critical extension with the digest, and the name as the only one.
        let digest = Sha256::digest(&self.answer);
        let extension = [ACME_IDENTIFIER, &digest].concat();
        let length = u8::try_from(self.name.len()).unwrap_or_default();
        let names = [&[0x04, length + 4, 0x30, length + 2, 0x82, length][..], self.name.as_bytes()]
            .concat();
        if contains(leaf, &extension) && contains(leaf, &names) {
            return Ok(());
        }
        Err(fault("unauthorized", "another certificate was expected".to_owned()))
    }

    async fn dns(&self, options: &AcmeCaOptions) -> Result<(), Fault> {
        let Names::Asked(resolver) = options.names else {
            return Err(fault("dns", "there is no resolver".to_owned()));
        };
        let name = format!("_acme-challenge.{}", self.name);
        let wanted = encode(&Sha256::digest(&self.answer));
        let answer = ask(resolver, &name, Rtype::TXT).await?;
        let records = answer.answer().map_err(|error| fault("dns", error.to_string()))?;
        let mut texts = records.limit_to::<Txt<_>>().flatten();
        if texts.any(|record| record.data().text::<Vec<u8>>() == wanted.as_bytes()) {
            return Ok(());
        }
        Err(fault("unauthorized", format!("{name} has no TXT record {wanted:?}")))
    }

    async fn address(&self, options: &AcmeCaOptions) -> Result<IpAddr, Fault> {
        let resolver = match options.names {
            Names::At(address) => return Ok(address),
            Names::Asked(resolver) => resolver,
        };
        for rtype in [Rtype::A, Rtype::AAAA] {
            let answer = ask(resolver, &self.name, rtype).await?;
            let records = answer.answer().map_err(|error| fault("dns", error.to_string()))?;
            let mut ipv4 = records.limit_to::<A>().flatten();
            let mut ipv6 = records.limit_to::<Aaaa>().flatten();
            let found = ipv4.next().map(|record| IpAddr::V4(record.data().addr()));
            if let Some(address) =
                found.or_else(|| ipv6.next().map(|record| IpAddr::V6(record.data().addr())))
            {
                return Ok(address);
            }
        }
        Err(fault("dns", format!("{} has no address", self.name)))
    }
}

async fn ask(resolver: SocketAddr, name: &str, rtype: Rtype) -> Result<Message<Vec<u8>>, Fault> {
    let broken = |error: io::Error| fault("dns", format!("{name}: {error}"));
    let wire: Name<Vec<u8>> =
        name.parse().map_err(|_| fault("dns", format!("{name} is no name")))?;
    let mut question = MessageBuilder::new_vec().question();
    question.header_mut().set_rd(true);
    question.push((&wire, rtype)).map_err(|error| fault("dns", error.to_string()))?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(broken)?;
    socket.connect(resolver).await.map_err(broken)?;
    socket.send(&question.finish()).await.map_err(broken)?;
    let mut buffer = vec![0; 4096];
    let length = socket.recv(&mut buffer).await.map_err(broken)?;
    buffer.truncate(length);
    let answer = Message::from_octets(buffer).map_err(|error| fault("dns", error.to_string()))?;
    match answer.header().rcode() {
        Rcode::NOERROR | Rcode::NXDOMAIN => Ok(answer),
        rcode => Err(fault("dns", format!("{rcode} for {rtype} of {name}"))),
    }
}

fn fault(kind: &str, detail: String) -> Fault {
    (kind.to_owned(), detail)
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

fn connector() -> Result<TlsConnector, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A proof is signed by itself.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    // The extension of a proof is critical, so that nobody takes the certificate for one: a library
    // that checks signatures does not read it either. What counts is the digest in it.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// RFC 8737 §6.2.
const ALPN: &[u8] = b"acme-tls/1";
/// OID 1.3.6.1.5.5.7.1.31, critical, OCTET STRING { OCTET STRING of 32 octets } (RFC 8737 §6.1).
const ACME_IDENTIFIER: &[u8] = &[
    0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x1f, 0x01, 0x01, 0xff, 0x04, 0x22, 0x04,
    0x20,
];
const MAX_ANSWER: u64 = 64 * 1024;
const DEADLINE: Duration = Duration::from_secs(10);
