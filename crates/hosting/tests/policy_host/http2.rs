//! HTTP/2.

use crate::client::{Asks, rest};
use crate::host::{Host, PATH, PATIENT, POLICY};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ironpost_hosting::policy_host::{Event, Limits};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;

type Client = SendRequest<Empty<Bytes>>;

async fn client(host: &Host) -> (Client, JoinHandle<hyper::Result<()>>) {
    let stream = host.shake(Asks { alpn: &[b"h2"], ..Asks::default() }).await.unwrap();
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(connection))
}

async fn ask(client: &mut Client, method: &str, target: &str) -> (Response<()>, Bytes) {
    let request = Request::builder().method(method).uri(target);
    let response = client.send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn each_request_gets_what_it_deserves() {
    let host = Host::start().await;
    let (mut client, _connection) = client(&host).await;
    let here = "https://mta-sts.a.test/.well-known/mta-sts.txt";
    let (response, body) = ask(&mut client, "GET", here).await;
    assert_eq!((response.status().as_u16(), &body[..]), (200, POLICY.as_bytes()));
    let mut fields: Vec<_> =
        response.headers().keys().map(hyper::http::HeaderName::as_str).collect();
    fields.sort_unstable();
    let expected =
        ["cache-control", "content-length", "content-type", "date", "x-content-type-options"];
    assert_eq!(fields, expected);
    let (response, body) = ask(&mut client, "HEAD", here).await;
    assert_eq!((&response.headers()["content-length"], body.len()), (&65.into(), 0));
    for (method, target, status, reason) in [
        ("GET", "https://mta-sts.a.test/", 404, "another path"),
        ("POST", here, 405, "another method"),
        ("GET", "https://mta-sts.b.test/.well-known/mta-sts.txt", 421, "another host"),
        ("GET", "http://mta-sts.a.test/.well-known/mta-sts.txt", 421, "another scheme"),
        ("GET", "https://mta-sts.a.test:8443/.well-known/mta-sts.txt", 200, "a port"),
    ] {
        let (response, _) = ask(&mut client, method, target).await;
        assert_eq!(response.status().as_u16(), status, "{reason}");
    }
    assert_eq!(host.count(Event::Http2), 7);
    assert_eq!(host.count(Event::Misdirected), 2);
}

#[tokio::test]
async fn a_connection_has_its_last_request() {
    let host = Host::with(Limits { requests: 2, ..PATIENT }, &[]).await;
    let (mut client, connection) = client(&host).await;
    let here = format!("https://mta-sts.a.test{PATH}");
    for _ in 0..2 {
        assert_eq!(ask(&mut client, "GET", &here).await.0.status().as_u16(), 200);
    }
    // It is told to go, and goes.
    connection.await.unwrap().unwrap();
    assert_eq!(host.count(Event::ManyRequests), 1);
}

/// CVE-2023-44487: streams that are opened and reset at once, without end.
#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let host = Host::start().await;
    let mut stream = host.shake(Asks { alpn: &[b"h2"], ..Asks::default() }).await.unwrap();
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in (1..200_000_u32).step_by(2) {
        // :method GET, :scheme https, :path /, without an end; then RST_STREAM with CANCEL.
        flood.extend_from_slice(b"\0\0\x03\x01\x04");
        flood.extend_from_slice(&stream.to_be_bytes());
        flood.extend_from_slice(b"\x82\x87\x84\0\0\x04\x03\0");
        flood.extend_from_slice(&stream.to_be_bytes());
        flood.extend_from_slice(b"\0\0\0\x08");
    }
    // The other side hangs up before all is written.
    let _ = stream.write_all(&flood).await;
    rest(&mut stream).await;
    assert!(host.count(Event::Http2) <= u64::from(PATIENT.requests));
    assert_eq!(host.fetch("a.test").await.status, 200, "nobody else is hurt");
}
