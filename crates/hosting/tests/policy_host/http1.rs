//! HTTP/1 over TLS.

use crate::client::{Asks, Reply, exchange, get, read_reply, rest};
use crate::host::{Host, PATH, PATIENT, POLICY, site};
use ironpost_hosting::policy_host::{Event, Limits};
use tokio::io::AsyncWriteExt;

const HERE: &str = "mta-sts.a.test";

#[tokio::test]
async fn the_policy_and_nothing_else_about_it() {
    let host = Host::start().await;
    let expected = Reply {
        status: 200,
        fields: [
            "content-type: text/plain; charset=utf-8",
            "content-length: 65",
            "cache-control: max-age=60",
            "x-content-type-options: nosniff",
            "connection: close",
        ]
        .map(str::to_owned)
        .into(),
        body: POLICY.to_owned(),
    };
    assert_eq!(host.fetch("a.test").await, expected);
    let head = get(HERE, PATH).replace("GET", "HEAD");
    let reply = exchange(host.connect().await, &head).await;
    assert_eq!(reply, Reply { body: String::new(), ..expected });
}

#[tokio::test]
async fn each_request_gets_what_it_deserves() {
    let host = Host::start().await;
    host.serve(2, "b.test", POLICY);
    let with = |line: &str, fields: &str| format!("{line}\r\n{fields}Connection: close\r\n\r\n");
    let to = |target: &str| with(&format!("GET {target} HTTP/1.1"), "Host: mta-sts.a.test\r\n");
    let named = |fields: &str| with(&format!("GET {PATH} HTTP/1.1"), fields);
    for (request, status, reason) in [
        (to("/"), 404, "another path"),
        (to("/.well-known/mta-sts.txt/"), 404, "a folder"),
        (to("/.well-known/mta-sts.txt?"), 404, "a query, if empty"),
        (to("/.well-known/MTA-STS.txt"), 404, "a path has its case"),
        (to("/%2ewell-known/mta%2Dsts.%74xt"), 200, "RFC 3986 §6.2.2.2: the same path"),
        (to("/.well-known%2Fmta-sts.txt"), 404, "an encoded slash is none"),
        (to("/.well-known/mta%252Dsts.txt"), 404, "nothing is decoded twice"),
        (to("/.well-known/mta%2gsts.txt"), 404, "no digit"),
        (to("/.well-known/mta-sts.tx%7"), 404, "half an octet"),
        (to("//.well-known/mta-sts.txt"), 404, "nothing is tidied up"),
        (to("/.well-known/acme-challenge/x"), 404, "that is for port 80"),
        (to("https://mta-sts.a.test/.well-known/mta-sts.txt"), 200, "absolute form"),
        (to("https://mta-sts.b.test/.well-known/mta-sts.txt"), 421, "of another host"),
        (to("http://mta-sts.a.test/.well-known/mta-sts.txt"), 421, "of another scheme"),
        (named("Host: MTA-STS.A.test\r\n"), 200, "a host has no case"),
        (named("Host: mta-sts.a.test:443\r\n"), 200, "a port"),
        (named("Host: mta-sts.a.test:8443\r\n"), 200, "whatever port somebody maps to us"),
        (named("Host: mta-sts.b.test\r\n"), 421, "another host, though it is hosted"),
        (named("Host: a.test\r\n"), 421, "the domain is not its policy host"),
        (named("Host: mta-sts.a.test.\r\n"), 421, "a name as DNS writes it"),
        (named(""), 400, "no host"),
        (named("Host:\r\n"), 400, "an empty host"),
        (named("Host: mta-sts.a.test/\r\n"), 400, "RFC 9112 §3.2: no host at all"),
        (named("Host: mta-sts.a.test\r\nHost: mta-sts.b.test\r\n"), 400, "two hosts"),
        (with(&format!("GET {PATH} HTTP/1.0"), ""), 200, "HTTP/1.0 names no host"),
        (with(&format!("GET {PATH} HTTP/1.0"), "Host: mta-sts.b.test\r\n"), 421, "or another"),
    ] {
        let reply = exchange(host.connect().await, &request).await;
        assert_eq!(reply.status, status, "{reason}: {request}");
        let cached = if status == 200 { "max-age=60" } else { "no-store" };
        assert!(reply.has(&format!("cache-control: {cached}")), "{reason}");
        assert!(reply.has("x-content-type-options: nosniff"), "{reason}");
    }
    assert_eq!(host.count(Event::Served), 6);
}

#[tokio::test]
async fn reading_is_all_there_is() {
    let host = Host::start().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PURGE"] {
        let request = get(HERE, PATH).replace("GET", method);
        let reply = exchange(host.connect().await, &request).await;
        assert_eq!(reply.status, 405, "{method}");
        assert!(reply.has("allow: get, head"), "{method}");
    }
    let request = get(HERE, "/elsewhere").replace("GET", "POST");
    assert_eq!(exchange(host.connect().await, &request).await.status, 404);
    assert_eq!(host.count(Event::BadMethod), 7);
}

#[tokio::test]
async fn a_site_without_a_policy_shows_none() {
    let host = Host::start().await;
    let certificate = Some(host.certificate("mta-sts.b.test"));
    host.served.put(ironpost_hosting::served::Site {
        certificate,
        policy: None,
        ..site(2, "b.test", "")
    });
    assert_eq!(host.fetch("b.test").await.status, 404);
    assert_eq!(host.count(Event::NotFound), 1);
}

#[tokio::test]
async fn open_connections_see_a_change() {
    let host = Host::start().await;
    let mut stream = host.connect().await;
    let request = get(HERE, PATH).replace("Connection: close\r\n", "");
    let mut ask = async || {
        stream.write_all(request.as_bytes()).await.unwrap();
        read_reply(&mut stream).await
    };
    assert_eq!(ask().await.body, POLICY);
    host.serve(1, "a.test", "version: STSv1\n");
    assert_eq!(ask().await.body, "version: STSv1\n");
    host.served.forget(ironpost_store::hosting::DomainId(1));
    assert_eq!(ask().await.status, 404);
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_order() {
    let host = Host::start().await;
    let mut stream = host.connect().await;
    let open = |path| get(HERE, path).replace("Connection: close\r\n", "");
    let requests = [open(PATH), open("/a"), open(PATH), open("/b")].concat();
    stream.write_all(requests.as_bytes()).await.unwrap();
    for status in [200, 404, 200, 404] {
        assert_eq!(read_reply(&mut stream).await.status, status);
    }
}

#[tokio::test]
async fn a_body_is_not_awaited() {
    let host = Host::start().await;
    let mut stream = host.connect().await;
    let request =
        format!("POST {PATH} HTTP/1.1\r\nHost: {HERE}\r\nContent-Length: 1000000\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_reply(&mut stream).await.status, 405);
}

#[tokio::test]
async fn a_head_has_its_size() {
    let host = Host::start().await;
    for long in [
        format!("GET /{} HTTP/1.1\r\nHost: {HERE}\r\n\r\n", "a".repeat(10_000)),
        format!("GET {PATH} HTTP/1.1\r\nHost: {HERE}\r\nX: {}\r\n\r\n", "a".repeat(10_000)),
        format!("GET {PATH} HTTP/1.1\r\nHost: {HERE}\r\n{}\r\n", "X: a\r\n".repeat(200)),
        "a".repeat(10_000),
    ] {
        let mut stream = host.connect().await;
        // The other side may have hung up before all is written.
        let _ = stream.write_all(long.as_bytes()).await;
        let reply = String::from_utf8(rest(&mut stream).await).unwrap();
        let refused = ["HTTP/1.1 431 ", "HTTP/1.1 414 ", "HTTP/1.1 400 "];
        assert!(refused.iter().any(|status| reply.starts_with(status)), "{reply:?}");
    }
    assert_eq!(host.fetch("a.test").await.status, 200, "nobody else is hurt");
}

#[tokio::test]
async fn a_connection_has_its_last_request() {
    let host = Host::with(Limits { requests: 2, ..PATIENT }, &[]).await;
    let mut stream = host.connect().await;
    let request = get(HERE, PATH).replace("Connection: close\r\n", "");
    for is_last in [false, true] {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read_reply(&mut stream).await.has("connection: close"), is_last);
    }
    assert_eq!(rest(&mut stream).await, b"");
}

#[tokio::test]
async fn a_client_that_offers_no_protocol_speaks_http_1() {
    let host = Host::start().await;
    let stream = host.shake(Asks { alpn: &[], ..Asks::default() }).await.unwrap();
    assert_eq!(exchange(stream, &get(HERE, PATH)).await.status, 200);
}
