//! HTTP-01 (RFC 8555 §8.3).

use crate::client::{Reply, exchange, get};
use crate::host::Host;
use ironpost_hosting::policy_host::Event;
use tokio::net::TcpStream;

async fn ask(host: &Host, request: &str) -> Reply {
    exchange(TcpStream::connect(host.http).await.unwrap(), request).await
}

#[tokio::test]
async fn the_key_authorization_and_nothing_else() {
    let host = Host::start().await;
    host.served.put_http_challenge("to-Ken_1", "to-Ken_1.thumbprint");
    let path = "/.well-known/acme-challenge/to-Ken_1";
    let reply = ask(&host, &get("mta-sts.a.test", path)).await;
    let expected = Reply {
        status: 200,
        fields: [
            "content-type: application/octet-stream",
            "content-length: 19",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "connection: close",
        ]
        .map(str::to_owned)
        .into(),
        body: "to-Ken_1.thumbprint".to_owned(),
    };
    assert_eq!(reply, expected);
    for (name, path, status, reason) in [
        ("mta-sts.a.test:80", path, 200, "with a port"),
        ("MTA-STS.A.TEST", path, 200, "in upper case"),
        ("mta-sts.b.test", path, 404, "a domain that is not hosted"),
        ("a.test", path, 404, "not a policy host"),
        ("127.0.0.1", path, 404, "an address"),
        ("mta-sts.a.test", "/.well-known/acme-challenge/other", 404, "another token"),
        ("mta-sts.a.test", "/.well-known/acme-challenge/", 404, "no token"),
        ("mta-sts.a.test", "/.well-known/acme-challenge/to-Ken_1/", 404, "no base64url"),
        ("mta-sts.a.test", "/.well-known/mta-sts.txt", 404, "no policy without TLS, no redirect"),
        ("mta-sts.a.test", "/", 404, "nothing else either"),
        ("two hosts", path, 400, "what is no host"),
        ("", path, 400, "no host"),
    ] {
        let reply = ask(&host, &get(name, path)).await;
        assert_eq!(reply.status, status, "{reason}");
        assert!(!reply.fields.iter().any(|field| field.starts_with("location")), "{reason}");
    }
    let post = get("mta-sts.a.test", path).replace("GET", "POST");
    assert_eq!(ask(&host, &post).await.status, 405);
    assert_eq!(host.count(Event::HttpChallenge), 3);
    host.served.drop_http_challenge("to-Ken_1");
    assert_eq!(ask(&host, &get("mta-sts.a.test", path)).await.status, 404);
}
