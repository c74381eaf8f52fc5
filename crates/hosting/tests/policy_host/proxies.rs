//! The PROXY protocol.

use crate::client::{Asks, exchange, get, rest, tcp_from};
use crate::host::{Host, PATH, PATIENT};
use ironpost_hosting::policy_host::{Event, Limits};
use ironpost_proto::proxy_protocol::Header;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const HERE: &str = "mta-sts.a.test";

fn client(source: &str) -> Vec<u8> {
    let source = source.parse().unwrap();
    Header::Client { source, destination: "192.0.2.80:443".parse().unwrap() }.to_bytes()
}

async fn fetch(host: &Host, mut stream: TcpStream, header: &[u8]) -> std::io::Result<u16> {
    stream.write_all(header).await.unwrap();
    let stream = host.shake_on(stream, Asks::default()).await?;
    Ok(exchange(stream, &get(HERE, PATH)).await.status)
}

#[tokio::test]
async fn a_proxy_introduces_its_clients() {
    let host = Host::with(PATIENT, &["127.0.0.1/32"]).await;
    let mut with_addition = client("192.0.2.1:1024");
    with_addition.extend_from_slice(b"\x04\0\x01\xff");
    with_addition[15] += 4;
    let mut of_nobody = Header::Local.to_bytes();
    of_nobody[13] = 0xff;
    for (header, reason) in [
        (client("192.0.2.1:1024"), "IPv4"),
        (client("[2001:db8::1]:1024"), "IPv6"),
        (with_addition, "an addition"),
        (Header::Local.to_bytes(), "the proxy itself"),
        (of_nobody, "the proxy itself, of whatever family"),
        (Header::Unknown.to_bytes(), "a client without an address"),
    ] {
        assert_eq!(fetch(&host, host.tcp().await, &header).await.unwrap(), 200, "{reason}");
    }
    let mut http = TcpStream::connect(host.http).await.unwrap();
    http.write_all(&client("192.0.2.1:1024")).await.unwrap();
    assert_eq!(exchange(http, &get(HERE, "/")).await.status, 404, "on port 80 as well");
}

#[tokio::test]
async fn a_proxy_has_to() {
    let host = Host::with(PATIENT, &["127.0.0.1/32"]).await;
    assert!(host.shake(Asks::default()).await.is_err());
    let mut broken = client("192.0.2.1:1024");
    broken[13] = 0x1f;
    let mut endless = client("192.0.2.1:1024");
    endless[14] = 0xff;
    for header in [b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".to_vec(), broken, endless] {
        let mut stream = host.tcp().await;
        stream.write_all(&header).await.unwrap();
        assert_eq!(rest(&mut stream).await, b"");
    }
    assert_eq!(host.count(Event::BadProxyHeader), 4);
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let host = Host::with(PATIENT, &["127.0.0.2/32"]).await;
    assert!(fetch(&host, host.tcp().await, &client("192.0.2.1:1024")).await.is_err());
    assert_eq!(host.count(Event::BadHello), 1);
    let stream = tcp_from("127.0.0.2", host.https).await;
    assert_eq!(fetch(&host, stream, &client("192.0.2.1:1024")).await.unwrap(), 200);
}

#[tokio::test]
async fn clients_of_a_proxy_are_counted_apart() {
    let limits = Limits { connections_per_client: 1, ..PATIENT };
    let host = Host::with(limits, &["127.0.0.1/32"]).await;
    let mut open = Vec::new();
    for (source, welcome) in [
        ("192.0.2.1:1", true),
        ("192.0.2.1:2", false),
        ("192.0.2.2:1", true),
        ("[2001:db8::1]:1", true),
        ("[2001:db8::2]:1", false),
        ("[2001:db8:0:1::1]:1", true),
    ] {
        let mut stream = host.tcp().await;
        stream.write_all(&client(source)).await.unwrap();
        let shaken = host.shake_on(stream, Asks::default()).await;
        assert_eq!(shaken.is_ok(), welcome, "{source}");
        open.extend(shaken);
    }
    assert_eq!(host.count(Event::ClientOverLimit), 2);
}
