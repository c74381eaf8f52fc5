//! TLS hellos, good and bad.

use crate::client::{Asks, rest};
use crate::host::{Host, POLICY, site};
use ironpost_hosting::policy_host::Event;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, Error, ProtocolVersion};
use tokio::io::AsyncWriteExt;

/// What rustls makes of a failed handshake.
fn alert(error: &std::io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

#[tokio::test]
async fn both_versions_of_tls_and_both_of_http() {
    let host = Host::start().await;
    for (version, number) in
        [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)]
    {
        for alpn in [&b"h2"[..], b"http/1.1"] {
            let asks = Asks { versions: &[version], alpn: &[alpn], ..Asks::default() };
            let mut stream = host.shake(asks).await.unwrap();
            let (_, session) = stream.get_ref();
            assert_eq!(session.protocol_version(), Some(number));
            assert_eq!(session.alpn_protocol(), Some(alpn));
            let chain = session.peer_certificates().unwrap();
            assert_eq!(chain.len(), 2, "the intermediate comes along");
            stream.shutdown().await.unwrap();
            rest(&mut stream).await;
        }
    }
    assert_eq!([Event::Tls12, Event::Tls13].map(|event| host.count(event)), [2, 2]);
}

#[tokio::test]
async fn http_2_is_preferred() {
    let host = Host::start().await;
    let asks = Asks { alpn: &[b"http/1.1", b"h2"], ..Asks::default() };
    let stream = host.shake(asks).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn names_that_are_not_hosted_are_refused() {
    let host = Host::start().await;
    for name in ["mta-sts.b.test", "a.test", "x.mta-sts.a.test"] {
        let error = host.shake(Asks { name, ..Asks::default() }).await.unwrap_err();
        assert_eq!(alert(&error), Some(AlertDescription::UnrecognisedName), "{name}");
    }
    // An address is no name: rustls sends none.
    let error = host.shake(Asks { name: "127.0.0.1", ..Asks::default() }).await.unwrap_err();
    assert_eq!(alert(&error), Some(AlertDescription::UnrecognisedName));
    assert_eq!(host.count(Event::RefusedName), 4);
    assert_eq!(host.count(Event::Connection), 4);
}

#[tokio::test]
async fn names_have_no_case_and_no_trailing_dot() {
    let host = Host::start().await;
    let mut hello = client_hello(&host, "mta-sts.a.test");
    replace(&mut hello, b"mta-sts.a.test", b"MTA-STS.a.TEST");
    assert_eq!(answer_to(&host, &hello).await[0], 22, "a handshake record");
    for odd in [b"mta-sts.atest.", b"mta-sts..atest", b"mta-sts.a\0test", b"mta-sts.a_test"] {
        let mut hello = client_hello(&host, "mta-sts.a.test");
        replace(&mut hello, b"mta-sts.a.test", odd);
        let answer = answer_to(&host, &hello).await;
        assert_eq!(answer[0], 21, "an alert: {answer:?}");
        assert_eq!(answer.len(), 7, "and nothing else");
    }
}

#[tokio::test]
async fn a_site_without_a_certificate_is_refused() {
    let host = Host::start().await;
    host.served.put(site(2, "b.test", POLICY));
    let asks = Asks { name: "mta-sts.b.test", ..Asks::default() };
    let error = host.shake(asks).await.unwrap_err();
    assert_eq!(alert(&error), Some(AlertDescription::HandshakeFailure));
    assert_eq!(host.count(Event::NoCertificate), 1);
}

#[tokio::test]
async fn a_hello_may_come_in_pieces() {
    let host = Host::start().await;
    let hello = client_hello(&host, "mta-sts.a.test");
    let mut stream = host.tcp().await;
    for octet in &hello {
        stream.write_all(&[*octet]).await.unwrap();
        stream.flush().await.unwrap();
    }
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await[0], 22);
}

#[tokio::test]
async fn what_is_no_hello_is_refused() {
    let host = Host::start().await;
    let mut server_hello = client_hello(&host, "mta-sts.a.test");
    server_hello[5] = 2;
    let mut cut = client_hello(&host, "mta-sts.a.test");
    cut.truncate(100);
    let endless = [&b"\x16\x03\x01\x40\0\x01\xff\xff\xff"[..], &vec![0; 70_000]].concat();
    let refused = [
        b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.a.test\r\n\r\n".to_vec(),
        b"\x16\x03\x01\0\x05\x01\0\0\x01\0".to_vec(),
        vec![0x80, 0x2e, 0x01, 0x00, 0x02],
        vec![0xff; 1000],
        Vec::new(),
        server_hello,
        cut,
        endless,
    ];
    for hello in &refused {
        let answer = answer_to(&host, hello).await;
        assert!(answer.is_empty() || answer[0] == 21 && answer.len() == 7, "{answer:?}");
    }
    assert_eq!(host.count(Event::BadHello), u64::try_from(refused.len()).unwrap());
    assert_eq!(host.fetch("a.test").await.status, 200, "nobody else is hurt");
}

#[tokio::test]
async fn no_session_is_resumed() {
    let host = Host::start().await;
    for version in [&TLS12, &TLS13] {
        let config = host.client_config(&Asks { versions: &[version], ..Asks::default() });
        for _ in 0..2 {
            let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::clone(&config));
            let name = "mta-sts.a.test".try_into().unwrap();
            let stream = connector.connect(name, host.tcp().await).await.unwrap();
            let kind = stream.get_ref().1.handshake_kind();
            assert_eq!(kind, Some(rustls::HandshakeKind::Full));
        }
    }
}

/// What rustls says first.
fn client_hello(host: &Host, name: &'static str) -> Vec<u8> {
    let config = host.client_config(&Asks::default());
    let mut client = rustls::ClientConnection::new(config, name.try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

fn replace(octets: &mut [u8], from: &[u8], to: &[u8]) {
    let at = octets.windows(from.len()).position(|window| window == from).unwrap();
    octets[at..at + to.len()].copy_from_slice(to);
}

async fn answer_to(host: &Host, octets: &[u8]) -> Vec<u8> {
    let mut stream = host.tcp().await;
    // The other side may have hung up before all is written.
    let _ = stream.write_all(octets).await;
    let _ = stream.shutdown().await;
    rest(&mut stream).await
}
