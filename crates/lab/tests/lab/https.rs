//! What policy hosts do.

use crate::client::{address, addresses, fetch, fetch_from, handshake, whole_lab};
use ironpost_lab::{Lab, LabOptions, Seen};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MTA: &str = "some-mta/1.0";

#[tokio::test]
async fn a_sound_host_serves_the_file_octet_for_octet() {
    let lab = whole_lab().await;
    let response = fetch(&lab, "mta-sts.sound-enforce.example", MTA).await.expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain\r\n"), "{head}");
    let path = "../../fixtures/scenarios/sound-enforce/mta-sts.txt";
    assert_eq!(body.as_bytes(), std::fs::read(path).expect("the scenario's policy"));

    let peer = address(&lab, "mta-sts.sound-enforce.example").await.into();
    let requests = lab.requests();
    let sni = Some("mta-sts.sound-enforce.example".to_owned());
    assert!(requests.contains(&Seen::ClientHello { peer, sni }), "{requests:?}");
    let heads: Vec<_> = requests
        .iter()
        .filter_map(|seen| match seen {
            Seen::Http { head, .. } => Some(head.join("\n")),
            _ => None,
        })
        .collect();
    let expected = "GET /.well-known/mta-sts.txt HTTP/1.1\nHost: mta-sts.sound-enforce.example\n\
                    User-Agent: some-mta/1.0";
    assert_eq!(heads, [expected]);
    lab.stop().await;
}

#[tokio::test]
async fn certificates_have_the_fault_they_should_have() {
    let lab = whole_lab().await;
    let table = [
        ("mta-sts.host-expired.example", "Expired"),
        ("mta-sts.host-not-yet-valid.example", "NotValidYet"),
        ("mta-sts.host-private-ca.example", "UnknownIssuer"),
        ("mta-sts.host-chain.example", "UnknownIssuer"),
        ("mta-sts.host-name.example", "NotValidForName"),
        ("mta-sts.host-common-name.example", "NotValidForName"),
        ("mta-sts.mail.host-deep-wildcard.example", "NotValidForName"),
        ("mta-sts.host-self-signed.example", "CaUsedAsEndEntity"),
        ("mta-sts.host-old-tls.example", "ServerDoesNotSupportTls12Or13"),
        ("mta-sts.host-old-tls-alert.example", "ProtocolVersion"),
        ("mta-sts.host-alert.example", "HandshakeFailure"),
        ("mta-sts.host-plain-http.example", "InvalidContentType"),
    ];
    for (host, expected) in table {
        let error = fetch(&lab, host, MTA).await.expect_err(host);
        let error = format!("{:?}", error.get_ref());
        assert!(error.contains(expected), "{host}: {error}");
    }
    for host in ["mta-sts.sound-wildcard-certificate.example", "mta-sts.host-expires-soon.example"]
    {
        fetch(&lab, host, MTA).await.expect(host);
    }
    lab.stop().await;
}

#[tokio::test]
async fn answers_have_the_fault_they_should_have() {
    let lab = whole_lab().await;
    let table: [(&str, &str, &str); 9] = [
        ("host-not-found", "HTTP/1.1 404 ", ""),
        ("host-unavailable", "HTTP/1.1 503 ", ""),
        ("host-redirect", "HTTP/1.1 301 ", "\r\nLocation: https://www.host-redirect.example/"),
        ("host-browsers-only", "HTTP/1.1 403 ", "text/html"),
        ("host-content-type", "HTTP/1.1 200 ", "\r\nContent-Type: application/octet-stream\r\n"),
        ("host-no-content-type", "HTTP/1.1 200 ", "ironpost-lab\r\nContent-Length"),
        ("policy-html", "HTTP/1.1 200 ", "<!DOCTYPE html>"),
        ("policy-empty", "HTTP/1.1 200 ", "\r\nContent-Length: 0\r\n"),
        ("host-oversized", "HTTP/1.1 200 ", "\r\nmx: mx1.host-oversized.example\r\n"),
    ];
    for (scenario, start, part) in table {
        let host = format!("mta-sts.{scenario}.example");
        let response = fetch(&lab, &host, MTA).await.expect("a response");
        assert!(response.starts_with(start) && response.contains(part), "{host}: {response}");
        assert_eq!(response.len() > 64 * 1024, scenario == "host-oversized", "{host}");
    }
    let browser = fetch(&lab, "mta-sts.host-browsers-only.example", "Mozilla/5.0").await;
    assert!(browser.expect("a response").contains("version: STSv1"));
    lab.stop().await;
}

#[tokio::test]
async fn addresses_of_one_host_may_differ() {
    let lab = whole_lab().await;
    let host = "mta-sts.host-partial-body.example";
    let mut bodies = Vec::new();
    for address in addresses(&lab, host).await {
        bodies.push(fetch_from(&lab, address, host, MTA).await.expect("a response"));
    }
    assert!(bodies[0].contains("mode: enforce") && bodies[1].contains("mode: testing"));

    let closed = addresses(&lab, "mta-sts.host-partial.example").await[1];
    let refused = TcpStream::connect((closed, lab.ports().https)).await.expect_err("closed");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    lab.stop().await;
}

#[tokio::test]
async fn sound_domains_have_certificates_of_their_own() {
    let options = LabOptions { sound_domains: 10, ..LabOptions::default() };
    let lab = Lab::start(options).await.expect("the lab starts");
    for domain in lab.sound_domains() {
        let host = format!("mta-sts.{domain}");
        let response = fetch(&lab, &host, MTA).await.expect("a response");
        assert!(response.contains(&format!("\r\nmx: mx.{domain}\r\n")), "{response}");
    }
    let any = address(&lab, "mta-sts.sound-000001.bulk.example").await;
    let stream = TcpStream::connect((any, lab.ports().https)).await.expect("a connection");
    let stranger = handshake(&lab, stream, "mta-sts.sound-000011.bulk.example").await;
    assert!(stranger.is_err(), "RFC 8461 §7.1: no certificate for a name that is not served");
    lab.stop().await;
}

#[tokio::test]
async fn a_request_that_is_none_is_not_answered() {
    let lab = whole_lab().await;
    let host = "mta-sts.sound-enforce.example";
    let address = address(&lab, host).await;
    for request in [&b"\r\n\r\n"[..], b"GET", &[b'x'; 10_000]] {
        let stream = TcpStream::connect((address, lab.ports().https)).await.expect("connected");
        let mut stream = handshake(&lab, stream, host).await.expect("a session");
        // The host may have gone before all of it is sent.
        let _ = stream.write_all(request).await;
        let _ = stream.shutdown().await;
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        assert!(!response.starts_with(b"HTTP/1.1 200"), "{response:?}");
    }
    fetch(&lab, host, MTA).await.expect("the host is still there");
    lab.stop().await;
}
