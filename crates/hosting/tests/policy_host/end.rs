//! The end of a host.

use crate::client::{Asks, exchange, get, read_reply, rest};
use crate::host::{Host, PATH, PATIENT, SOON};
use ironpost_hosting::policy_host::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn what_is_under_way_is_finished() {
    let host = Host::start().await;
    let request = get("mta-sts.a.test", PATH).replace("Connection: close\r\n", "");
    let mut idle = host.connect().await;
    idle.write_all(request.as_bytes()).await.unwrap();
    assert!(!read_reply(&mut idle).await.has("connection: close"));
    let mut fresh = host.connect().await;
    let silent = host.tcp().await;
    while host.connections() < 3 {
        tokio::task::yield_now().await;
    }
    host.end.cancel();
    assert_eq!(rest(&mut idle).await, b"", "whoever is idle is sent away");
    // Whoever has just come still asks, and is told that this was the last.
    fresh.write_all(request.as_bytes()).await.unwrap();
    assert!(read_reply(&mut fresh).await.has("connection: close"));
    assert_eq!(rest(&mut fresh).await, b"");
    let mut late = host.shake_on(silent, Asks::default()).await.unwrap();
    late.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_reply(&mut late).await.status, 200, "the handshake was under way");
    assert!(TcpStream::connect(host.https).await.is_err(), "nobody else is let in");
    drop(late);
    host.ended().await;
}

/// Connections that the system has accepted are not reset.
#[tokio::test]
async fn whoever_waits_at_the_door_is_let_in() {
    let host = Host::start().await;
    let waiting: Vec<_> = futures_util::future::join_all((0..20).map(|_| host.tcp())).await;
    host.end.cancel();
    for stream in waiting {
        let stream = host.shake_on(stream, Asks::default()).await.unwrap();
        assert_eq!(exchange(stream, &get("mta-sts.a.test", PATH)).await.status, 200);
    }
    host.ended().await;
}

#[tokio::test]
async fn whoever_takes_too_long_is_cut_off() {
    let host = Host::with(Limits { farewell: SOON, ..PATIENT }, &[]).await;
    let mut silent = host.tcp().await;
    let mut fresh = host.connect().await;
    let mut http2 = host.shake(Asks { alpn: &[b"h2"], ..Asks::default() }).await.unwrap();
    while host.connections() < 3 {
        tokio::task::yield_now().await;
    }
    host.end.cancel();
    assert_eq!(rest(&mut silent).await, b"");
    assert_eq!(rest(&mut fresh).await, b"");
    rest(&mut http2).await;
    host.ended().await;
}
