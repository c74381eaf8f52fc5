//! HTTP, byte by byte.

use crate::client::{Client, Server, Speaks, shown};
use std::collections::BTreeMap;
use tokio::io::AsyncReadExt;

struct Reply {
    status: String,
    fields: BTreeMap<String, String>,
    body: String,
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self { status, fields: lines.map(field).collect(), body: body.to_owned() }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// One request on a connection of its own.
async fn ask(server: &Server, method: &str, path: &str) -> Reply {
    let mut client = server.connect().await;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    client.send(head.as_bytes()).await;
    Reply::parse(&shown(&client.rest().await))
}

#[tokio::test]
async fn a_policy_is_an_object() {
    let server = Server::inet(Speaks::Http);
    for (path, status, body) in [
        ("a.example", "200 OK", r#"{"said":"a.example"}"#),
        ("%5Ba.example%5D:587", "200 OK", r#"{"said":"[a.example]:587"}"#),
        ("%3Cscript%3E%22", "200 OK", r#"{"said":"<script>\""}"#),
        ("temp", "503 Service Unavailable", r#"{"said":"later"}"#),
        ("perm", "400 Bad Request", r#"{"error":"no sense"}"#),
        ("a%zz", "400 Bad Request", r#"{"error":"the key is not percent-encoded well"}"#),
    ] {
        let reply = ask(&server, "GET", &format!("/v1/policy/{path}")).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.body, body, "{path}");
        assert_eq!(reply.field("content-type"), Some("application/json"));
        assert_eq!(reply.field("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.field("cache-control"), Some("no-store"));
        let later = status.starts_with("503").then_some("30");
        assert_eq!(reply.field("retry-after"), later);
    }
}

#[tokio::test]
async fn only_get_and_head_are_understood() {
    let server = Server::unix(Speaks::Http);
    for path in ["/v1/policy/a", "/metrics", "/health", "/ready"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
            let reply = ask(&server, method, path).await;
            assert_eq!(reply.status, "405 Method Not Allowed", "{method} {path}");
            assert_eq!(reply.field("allow"), Some("GET, HEAD"));
        }
    }
    for (method, path) in [("GET", "/"), ("POST", "/"), ("GET", "/v1/policy"), ("GET", "/v1/")] {
        assert_eq!(ask(&server, method, path).await.status, "404 Not Found", "{method} {path}");
    }
    let (get, head) =
        (ask(&server, "GET", "/v1/policy/a").await, ask(&server, "HEAD", "/v1/policy/a").await);
    assert_eq!((head.status, head.body), ("200 OK".to_owned(), String::new()));
    assert_eq!(head.fields["content-length"], get.body.len().to_string());
}

#[tokio::test]
async fn ready_is_said_when_what_was_stored_is_read() {
    let server = Server::inet(Speaks::Http);
    assert_eq!(ask(&server, "GET", "/ready").await.status, "200 OK");
    server.told.set_loading();
    let reply = ask(&server, "GET", "/ready").await;
    assert_eq!(reply.status, "503 Service Unavailable");
    assert_eq!(reply.field("retry-after"), Some("30"));
    assert_eq!(ask(&server, "GET", "/health").await.body, "running\n");
}

#[tokio::test]
async fn scrapers_get_the_format_they_ask_for() {
    let server = Server::inet(Speaks::Http);
    ask(&server, "GET", "/v1/policy/a").await;
    let text = ask(&server, "GET", "/metrics").await;
    assert_eq!(text.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "# TYPE ironpost_resolver_lookups_total counter",
        r#"ironpost_resolver_lookups_total{source="memory",status="found"} 1"#,
        r#"ironpost_resolver_connections_open{protocol="http"} 1"#,
        r#"ironpost_resolver_policies{mode="testing"} 2"#,
    ] {
        assert!(text.body.lines().any(|told| told == line), "{line}: {}", text.body);
    }
    let mut client = server.connect().await;
    client
        .send(
            b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
              accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1\r\n\r\n",
        )
        .await;
    let reply = Reply::parse(&shown(&client.rest().await));
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(reply.field("content-type"), Some(expected));
    assert!(reply.body.ends_with("# EOF\n"), "{}", reply.body);
}

#[tokio::test]
async fn a_connection_serves_many_requests_however_they_are_cut() {
    let server = Server::inet(Speaks::Http);
    let mut client = server.connect().await;
    let request = b"GET /v1/policy/a HTTP/1.1\r\nhost: a\r\n\r\n";
    for octet in request {
        client.send(&[*octet]).await;
    }
    let first = one_reply(&mut client).await;
    client.send(&[&request[..], request].concat()).await;
    for _ in 0..2 {
        assert_eq!(one_reply(&mut client).await.body, first.body);
    }
    client.send(b"GET /v1/policy/slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    client.finish().await;
    server.told.arrived(1).await;
    server.shut_down();
    server.told.open();
    let last = Reply::parse(&shown(&client.rest().await));
    assert_eq!(last.body, r#"{"said":"slow"}"#, "half-closed, and at the end of the server");
    server.ended().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = Server::inet(Speaks::Http);
    let large = format!("GET / HTTP/1.1\r\nhost: a\r\na: {}\r\n\r\n", "b".repeat(20_000));
    for (octets, status) in [
        ("\0\0\0\r\n\r\n", "400 Bad Request"),
        ("18:ironpost a.example,\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost a\r\n\r\n", "400 Bad Request"),
        (large.as_str(), "431 Request Header Fields Too Large"),
    ] {
        let mut client = server.connect().await;
        client.send(octets.as_bytes()).await;
        assert_eq!(Reply::parse(&shown(&client.rest().await)).status, status, "{octets}");
    }
}

#[tokio::test]
async fn a_request_that_does_not_end_is_not_waited_for() {
    let server = Server::inet(Speaks::Http);
    for octets in [&b""[..], b"GET /health HT", b"GET /health HTTP/1.1\r\nhost: a\r\n"] {
        let mut client = server.connect().await;
        client.send(octets).await;
        // Time passes as soon as everybody waits.
        tokio::time::pause();
        let rest = shown(&client.rest().await);
        tokio::time::resume();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 408 "), "{rest}");
    }
}

async fn one_reply(client: &mut Client) -> Reply {
    let mut read = Vec::new();
    loop {
        read.push(client.0.read_u8().await.unwrap());
        if read.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = Reply::parse(&shown(&read));
    let mut body = vec![0; head.field("content-length").unwrap().parse().unwrap()];
    client.0.read_exact(&mut body).await.unwrap();
    Reply { body: shown(&body), ..head }
}
