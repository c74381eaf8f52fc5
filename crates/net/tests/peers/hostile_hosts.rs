//! Policy hosts that do not speak TLS, do not speak at all, or never stop.

use crate::https::{HASTY, HOST, PATIENT, POLICY, fetch, read_request, serve_tcp, serve_tls};
use crate::pki::Authority;
use ironpost_net::policy_fetch::{FetchFailure, Manner, PolicyFetch};
use ironpost_net::tls::facts::HandshakeFailure;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Reads the ClientHello and answers with `octets`.
async fn answered_with(octets: &'static [u8]) -> PolicyFetch {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tcp(move |mut stream| async move {
        let mut hello = [0_u8; 4096];
        assert!(stream.read(&mut hello).await.unwrap() > 0);
        stream.write_all(octets).await.unwrap();
        stream.shutdown().await.unwrap();
    })
    .await;
    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    serving.await.unwrap();
    fetch
}

#[tokio::test]
async fn what_is_not_tls_is_named() {
    for octets in [
        &b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..],
        b"220 mx.example.com ESMTP\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\0\0\0\0\0\0\0\0\0\0",
        b"\x16\x01\x01\x00\x05hello",
    ] {
        let fetch = answered_with(octets).await;
        assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::NotTls)));
        assert!(fetch.connected_after.is_some());
    }
}

#[tokio::test]
async fn alerts_are_named_as_in_the_rfc() {
    for (number, name) in [(40, "handshake_failure"), (112, "unrecognized_name"), (99, "number 99")]
    {
        let octets = Box::leak(Box::new([21, 3, 3, 0, 2, 2, number]));
        let fetch = answered_with(octets).await;
        let alert = HandshakeFailure::Alert { alert: name.to_owned() };
        assert_eq!(fetch.failure, Some(FetchFailure::Handshake(alert)));
    }
    let fetch = answered_with(&[21, 3, 1, 0, 2, 2, 70]).await;
    assert_eq!(
        fetch.failure,
        Some(FetchFailure::Handshake(HandshakeFailure::Version)),
        "protocol_version"
    );
}

#[tokio::test]
async fn a_server_hello_of_an_old_version_is_a_version_failure() {
    // TLS 1.1, TLS_RSA_WITH_AES_128_CBC_SHA, no session id, no extensions.
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let fetch = answered_with(hello.leak()).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::Version)));
}

#[tokio::test]
async fn a_host_that_hangs_up_is_named() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tcp(|stream: TcpStream| async move { drop(stream) }).await;
    let at_once = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    serving.await.unwrap();
    for fetch in [at_once, answered_with(b"").await, answered_with(b"\x16\x03\x03\x02").await] {
        assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::Closed)));
    }
}

#[tokio::test]
async fn a_silent_host_does_not_hold_us() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tcp(|mut stream: TcpStream| async move {
        let mut sink = Vec::new();
        // Until the client gives up; it may do so by a reset.
        let _ = stream.read_to_end(&mut sink).await;
    })
    .await;
    let fetch = fetch(root.roots(), address, Manner::Strict, HASTY).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::Timeout)));
    assert!(fetch.connected_after.is_some());
    serving.await.unwrap();
}

/// Writes an octet now and then until nobody listens any more.
async fn drip(stream: &mut (impl AsyncWrite + Unpin), octets: &[u8]) {
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    for octet in octets.iter().cycle() {
        pace.tick().await;
        if stream.write_all(&[*octet]).await.is_err() || stream.flush().await.is_err() {
            break;
        }
    }
}

#[tokio::test]
async fn a_dripped_handshake_does_not_hold_us() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tcp(|mut stream: TcpStream| async move {
        // A record of 16 KiB that comes an octet at a time.
        stream.write_all(&[22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]).await.unwrap();
        drip(&mut stream, &[3]).await;
    })
    .await;
    let fetch = fetch(root.roots(), address, Manner::Strict, HASTY).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::Timeout)));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_dripped_head_does_not_hold_us() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_tls(root.leaf(&[HOST]).with(&[]), |mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-Filler: ").await.unwrap();
        drip(&mut stream, b"x").await;
    })
    .await;
    let fetch = fetch(root.roots(), address, Manner::Strict, HASTY).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Timeout));
    assert!(fetch.tls.is_some() && fetch.response.is_none());
    serving.await.unwrap();
}

#[tokio::test]
async fn a_dripped_body_does_not_hold_us() {
    for (length, failure) in [(5000, FetchFailure::Timeout), (90_000, FetchFailure::TooLarge)] {
        let root = Authority::root("Ironpost Test Root");
        let certificate = root.leaf(&[HOST]).with(&[]);
        let (address, serving) = serve_tls(certificate, move |mut stream| async move {
            read_request(&mut stream).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(POLICY.as_bytes()).await.unwrap();
            drip(&mut stream, b"\n").await;
        })
        .await;
        let fetch = fetch(root.roots(), address, Manner::Strict, HASTY).await;
        assert_eq!(fetch.failure, Some(failure));
        let response = fetch.response.unwrap();
        assert!(response.body.starts_with(POLICY.as_bytes()), "what came is kept");
        assert!(!response.complete);
        serving.await.unwrap();
    }
}
