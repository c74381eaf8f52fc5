//! Report endpoints.

use crate::https::{HASTY, PATIENT, serve_tcp, serve_tls};
use crate::pki::{Authority, loopback_guard};
use ironpost_net::address_guard::{AddressGuard, Forbidden};
use ironpost_net::report_target::{ReportTargetProbe, ReportTargetProber};
use ironpost_net::tls::facts::HandshakeFailure;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOST: &str = "reports.example.com";

fn prober(root: &Authority, deadline: Duration) -> ReportTargetProber {
    ReportTargetProber { roots: root.roots(), guard: loopback_guard(), deadline }
}

#[tokio::test]
async fn an_endpoint_is_reached_and_nothing_is_posted() {
    let root = Authority::root("Ironpost Test Root");
    for (name, host) in [(HOST, HOST), ("127.0.0.1", "127.0.0.1"), ("www.example.com", HOST)] {
        let (address, serving) = serve_tls(root.leaf(&[name]).with(&[]), |mut stream| async move {
            let mut sent = Vec::new();
            // The client leaves without a word, which TLS calls a truncation.
            let _ = stream.read_to_end(&mut sent).await;
            sent
        })
        .await;
        let probe = prober(&root, PATIENT).probe(host, address).await;
        let ReportTargetProbe::Reached(facts) = probe else { panic!("{probe:?}") };
        assert_eq!(facts.is_acceptable(), name == host);
        assert_eq!(facts.sni.as_deref(), (host == HOST).then_some(HOST));
        assert_eq!(serving.await.unwrap(), b"");
    }
}

#[tokio::test]
async fn a_dead_endpoint_is_told_from_one_without_tls() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tcp(|mut stream: TcpStream| async move {
        let mut hello = [0_u8; 4096];
        let _ = stream.read(&mut hello).await;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    let probe = prober(&root, PATIENT).probe(HOST, address).await;
    assert_eq!(probe, ReportTargetProbe::Handshake(HandshakeFailure::NotTls));
    serving.await.unwrap();

    // Its listener is gone by now.
    let probe = prober(&root, PATIENT).probe(HOST, address).await;
    assert_eq!(probe, ReportTargetProbe::Unreachable("connection refused".to_owned()));

    let (address, serving) = serve_tcp(|mut stream: TcpStream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let probe = prober(&root, HASTY).probe(HOST, address).await;
    assert_eq!(probe, ReportTargetProbe::Handshake(HandshakeFailure::Timeout));
    serving.await.unwrap();

    let prober = ReportTargetProber { guard: AddressGuard::default(), ..prober(&root, PATIENT) };
    let probe = prober.probe(HOST, address).await;
    assert_eq!(probe, ReportTargetProbe::Forbidden(Forbidden::Loopback));
}
