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
    assert_eq!(alert(&error), Some(AlertDescription::MissingExtension));
    let asks = Asks { name: "127.0.0.1", versions: &[&TLS12], ..Asks::default() };
    let error = host.shake(asks).await.unwrap_err();
    assert_eq!(alert(&error), Some(AlertDescription::UnrecognisedName));
    assert_eq!(host.count(Event::RefusedName), 5);
    assert_eq!(host.count(Event::Connection), 5);
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

/// Hellos that no library makes any more: what they have, the alert, reason.
#[tokio::test]
async fn what_is_too_old_is_told_so() {
    const SIGNATURES: (u16, &[u8]) = (13, b"\0\x04\x04\x03\x08\x04");
    const HERE: (u16, &[u8]) = (0, b"\0\x11\0\0\x0emta-sts.a.test");
    const ELSEWHERE: (u16, &[u8]) = (0, b"\0\x11\0\0\x0emta-sts.b.test");
    const ADDRESS: (u16, &[u8]) = (0, b"\0\x0c\0\0\x09127.0.0.1");
    const ONLY_11: (u16, &[u8]) = (43, b"\x04\x0a\x0a\x03\x02");
    const ONLY_12: (u16, &[u8]) = (43, b"\x02\x03\x03");
    const BOTH: (u16, &[u8]) = (43, b"\x06\x7a\x7a\x03\x04\x03\x03");
    let (too_old, nameless, unknown, failure) = (70, 109, 112, 40);
    let host = Host::start().await;
    for (version, extensions, alert, reason) in [
        (0x0300, &[][..], too_old, "SSL 3"),
        (0x0301, &[], too_old, "TLS 1.0 without extensions"),
        (0x0302, &[HERE], too_old, "TLS 1.1 knows of no such signatures"),
        (0x0302, &[HERE, SIGNATURES], too_old, "and if it does"),
        (0x0302, &[ELSEWHERE], too_old, "whatever it asks for"),
        (0x0303, &[HERE, SIGNATURES, ONLY_11], too_old, "RFC 8446 §4.2.1: a list is a list"),
        (0x0303, &[HERE], failure, "RFC 5246 §7.4.1.4.1: SHA-1 alone"),
        (0x0303, &[SIGNATURES], unknown, "TLS 1.2 without a name"),
        (0x0303, &[ONLY_12, SIGNATURES], unknown, "the same in the new way"),
        (0x0304, &[SIGNATURES], unknown, "a later version that does not say so properly"),
        (0x0303, &[BOTH, SIGNATURES], nameless, "TLS 1.3 without a name"),
        (0x0303, &[BOTH, SIGNATURES, ELSEWHERE], unknown, "with one that is not hosted"),
        (0x0303, &[BOTH, SIGNATURES, ADDRESS], unknown, "with what is no name"),
    ] {
        let hello = old_hello(version, extensions);
        let in_one = [&[22, 3, 1][..], &length(&hello), &hello].concat();
        let in_pieces: Vec<u8> = hello.iter().flat_map(|octet| [22, 3, 1, 0, 1, *octet]).collect();
        for records in [in_one, in_pieces] {
            let answer = answer_to(&host, &records).await;
            assert_eq!(answer, [21, 3, 3, 0, 2, 2, alert], "{reason}");
        }
    }
    assert_eq!(host.count(Event::FailedHandshake), 12);
    assert_eq!(host.count(Event::RefusedName), 12);
    assert_eq!(host.count(Event::BadHello), 2);
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

/// A client hello with a suite of TLS 1.2.
fn old_hello(version: u16, extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut hello = [&version.to_be_bytes()[..], &[7; 32]].concat();
    hello.extend_from_slice(b"\0\0\x02\xc0\x2b\x01\0");
    if !extensions.is_empty() {
        let extension = |(number, data): &(u16, &[u8])| {
            [&number.to_be_bytes()[..], &length(data), data].concat()
        };
        let extensions: Vec<u8> = extensions.iter().flat_map(extension).collect();
        hello.extend([&length(&extensions)[..], &extensions].concat());
    }
    [&[1, 0][..], &length(&hello), &hello].concat()
}

fn length(octets: &[u8]) -> [u8; 2] {
    u16::try_from(octets.len()).unwrap().to_be_bytes()
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
