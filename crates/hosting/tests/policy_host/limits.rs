//! Clients that take too much.

use crate::client::{Asks, get, read_reply, rest, tcp_from};
use crate::host::{Host, PATH, PATIENT, SOON};
use futures_util::FutureExt;
use ironpost_hosting::policy_host::{Event, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_handshake_has_its_time() {
    let host = Host::with(Limits { handshake: SOON, ..PATIENT }, &["127.0.0.2/32"]).await;
    for (client, said) in
        [("127.0.0.1", &b""[..]), ("127.0.0.1", b"\x16\x03\x01"), ("127.0.0.2", b"\r\n")]
    {
        let mut stream = tcp_from(client, host.https).await;
        stream.write_all(said).await.unwrap();
        assert_eq!(rest(&mut stream).await, b"");
    }
    assert_eq!(host.count(Event::SlowHandshake), 3);
}

/// Without a request, with half a head, and after a request.
#[tokio::test]
async fn a_request_has_its_time() {
    let limits = Limits { patience: SOON, farewell: SOON, ..PATIENT };
    let host = Host::with(limits, &[]).await;
    for said in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: mta-sts.a.test\r\nX: "] {
        let mut stream = host.connect().await;
        stream.write_all(said.as_bytes()).await.unwrap();
        // RFC 8446 §6.1: an end without close_notify would be an error here.
        assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0, "{said:?}");
        let mut stream = TcpStream::connect(host.http).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut stream).await, b"");
    }
    let mut stream = host.connect().await;
    let request = get("mta-sts.a.test", PATH).replace("Connection: close\r\n", "");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_reply(&mut stream).await.status, 200);
    assert_eq!(rest(&mut stream).await, b"");
    let mut idle = host.shake(Asks { alpn: &[b"h2"], ..Asks::default() }).await.unwrap();
    idle.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    rest(&mut idle).await;
    assert_eq!(host.count(Event::Slow), 8);
}

/// A client that asks and asks and reads nothing.
#[tokio::test]
async fn a_reply_has_to_be_taken() {
    let limits = Limits { patience: SOON, farewell: SOON, requests: u32::MAX, ..PATIENT };
    let host = Host::with(limits, &[]).await;
    host.serve(1, "a.test", &"mx: mail.a.test\n".repeat(4_000));
    let mut stream = host.connect().await;
    let request = get("mta-sts.a.test", PATH).replace("Connection: close\r\n", "");
    // Writing comes to an end when the other side hangs up: not before.
    while stream.write_all(request.as_bytes()).await.is_ok() {}
    assert_eq!(host.count(Event::Slow), 1);
    assert_eq!(host.fetch("a.test").await.status, 200, "nobody else is hurt");
}

#[tokio::test]
async fn a_client_has_its_share() {
    let limits = Limits { connections_per_client: 2, ..PATIENT };
    let host = Host::with(limits, &[]).await;
    let first = host.connect().await;
    let mut second = host.connect().await;
    assert!(host.shake(Asks::default()).await.is_err(), "a third");
    let other = tcp_from("127.0.0.2", host.https).await;
    assert!(host.shake_on(other, Asks::default()).await.is_ok(), "somebody else");
    let mut plain = TcpStream::connect(host.http).await.unwrap();
    assert_eq!(rest(&mut plain).await, b"", "it counts on both ports");
    assert_eq!(host.count(Event::ClientOverLimit), 2);
    // The host has seen it go when it has closed its side as well.
    second.shutdown().await.unwrap();
    assert_eq!(rest(&mut second).await, b"");
    drop(first);
    while host.connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(host.shake(Asks::default()).await.is_ok());
}

#[tokio::test]
async fn all_together_have_theirs_and_the_rest_wait() {
    let host = Host::with(Limits { connections: 2, ..PATIENT }, &[]).await;
    let open = [host.connect().await, host.connect().await];
    assert_eq!(host.connections(), 2);
    // Connected by the system, and not looked at.
    let mut third = host.tcp().await;
    let asks = Asks::default();
    let mut shaking = Box::pin(host.shake_on(host.tcp().await, asks));
    assert!((&mut shaking).now_or_never().is_none());
    third.shutdown().await.unwrap();
    drop(open);
    assert!(shaking.await.is_ok());
    assert_eq!(rest(&mut third).await, b"");
}
