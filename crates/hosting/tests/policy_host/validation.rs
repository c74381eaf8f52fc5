//! TLS-ALPN-01 (RFC 8737).

use crate::client::{Asks, rest};
use crate::host::{Host, POLICY, site};
use ironpost_hosting::policy_host::Event;
use ironpost_hosting::served::Site;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

const DIGEST: [u8; 32] = *b"0123456789abcdef0123456789abcdef";

fn challenged(host: &Host) {
    host.served.put(Site { alpn_challenge: Some(DIGEST), ..site(2, "b.test", POLICY) });
}

#[tokio::test]
async fn the_certificate_of_the_challenge() {
    let host = Host::start().await;
    challenged(&host);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let name = "mta-sts.b.test".try_into().unwrap();
    let mut stream = connector.connect(name, host.tcp().await).await.unwrap();
    let (_, session) = stream.get_ref();
    assert_eq!(session.alpn_protocol(), Some(&b"acme-tls/1"[..]));
    let [certificate] = session.peer_certificates().unwrap() else { panic!("one certificate") };
    // RFC 8737 §3: id-pe-acmeIdentifier (1.3.6.1.5.5.7.1.31), critical, the digest as an OCTET
    // STRING; and one dNSName.
    let extension =
        [&b"\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x1f\x01\x01\xff\x04\x22\x04\x20"[..], &DIGEST];
    assert!(contains(certificate, &extension.concat()));
    assert!(contains(certificate, b"\x30\x10\x82\x0emta-sts.b.test"));
    assert_eq!(rest(&mut stream).await, b"", "and it is closed");
    assert_eq!(host.count(Event::AlpnChallenge), 1);
}

#[tokio::test]
async fn only_who_asks_for_it_alone_gets_it() {
    let host = Host::start().await;
    challenged(&host);
    let ask = async |name, alpn| host.shake(Asks { name, alpn, ..Asks::default() }).await;
    let both: &[&[u8]] = &[b"acme-tls/1", b"http/1.1"];
    assert!(ask("mta-sts.b.test", both).await.is_err(), "there is no other certificate");
    assert!(ask("mta-sts.b.test", &[b"h2"]).await.is_err());
    assert_eq!(host.count(Event::NoCertificate), 2, "it was not shown that of the challenge");
    let stream = ask("mta-sts.a.test", both).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(ask("mta-sts.a.test", &[b"acme-tls/1"]).await.is_err(), "there is no challenge");
    assert_eq!(host.count(Event::AlpnChallenge), 0);
}

#[tokio::test]
async fn others_are_served_meanwhile() {
    let host = Host::start().await;
    let certificate = Some(host.certificate("mta-sts.a.test"));
    let site = Site { alpn_challenge: Some(DIGEST), certificate, ..site(1, "a.test", POLICY) };
    host.served.put(site);
    assert_eq!(host.fetch("a.test").await.status, 200);
}

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

/// A CA looks at the certificate itself.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}
