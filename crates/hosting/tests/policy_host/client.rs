//! Clients.

use crate::host::{Host, PATH};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, SupportedProtocolVersion};
use rustls_pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How a handshake is asked for.
pub(crate) struct Asks<'a> {
    pub(crate) name: &'a str,
    pub(crate) alpn: &'a [&'a [u8]],
    pub(crate) versions: &'a [&'static SupportedProtocolVersion],
}

impl Default for Asks<'_> {
    fn default() -> Self {
        Self { name: "mta-sts.a.test", alpn: &[b"http/1.1"], versions: rustls::ALL_VERSIONS }
    }
}

impl Host {
    /// A TLS connection to `mta-sts.a.test` for HTTP/1.1.
    pub(crate) async fn connect(&self) -> TlsStream<TcpStream> {
        self.shake(Asks::default()).await.unwrap()
    }

    pub(crate) async fn shake(&self, asks: Asks<'_>) -> io::Result<TlsStream<TcpStream>> {
        self.shake_on(self.tcp().await, asks).await
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.https).await.unwrap()
    }

    pub(crate) async fn shake_on(
        &self,
        stream: TcpStream,
        asks: Asks<'_>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(asks.name.to_owned()).unwrap();
        TlsConnector::from(self.client_config(&asks)).connect(name, stream).await
    }

    pub(crate) fn client_config(&self, asks: &Asks<'_>) -> Arc<ClientConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(asks.versions)
            .unwrap();
        let mut config = config.with_root_certificates(self.ca.roots()).with_no_client_auth();
        config.alpn_protocols = asks.alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    /// The policy of a domain, over a connection of its own.
    pub(crate) async fn fetch(&self, domain: &str) -> Reply {
        let name = format!("mta-sts.{domain}");
        let stream = self.shake(Asks { name: &name, ..Asks::default() }).await.unwrap();
        exchange(stream, &get(&name, PATH)).await
    }
}

/// From another address of loopback.
pub(crate) async fn tcp_from(client: &str, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(client.parse().unwrap(), 0)).unwrap();
    socket.connect(server).await.unwrap()
}

pub(crate) fn get(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

/// A reply in HTTP/1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// As they came, without `date`.
    pub(crate) fields: Vec<String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|known| known == field)
    }
}

/// Sends `request` and reads what comes until the other side ends.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
) -> Reply {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (reply, rest) = take_reply(&text, request.starts_with("HEAD "));
    assert_eq!(rest, "", "nothing comes after the reply");
    reply
}

/// The first reply, and what comes after it.
pub(crate) fn take_reply(text: &str, is_bodiless: bool) -> (Reply, &str) {
    let (head, rest) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {text:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let fields: Vec<_> =
        lines.map(str::to_ascii_lowercase).filter(|field| !field.starts_with("date:")).collect();
    let length = fields.iter().find_map(|field| field.strip_prefix("content-length: "));
    let length = length.filter(|_| !is_bodiless).map_or(0, |length| length.parse().unwrap());
    let (body, rest) = rest.split_at(length);
    (Reply { status, fields, body: body.to_owned() }, rest)
}

/// Reads one reply with a body from a connection that stays.
pub(crate) async fn read_reply(stream: &mut (impl AsyncRead + Unpin)) -> Reply {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(text.clone()).unwrap().to_ascii_lowercase();
    let (_, length) = head.split_once("content-length: ").unwrap();
    let (length, _) = length.split_once("\r\n").unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    text.append(&mut body);
    take_reply(&String::from_utf8(text).unwrap(), false).0
}

/// Everything that comes until the other side ends, in whatever way.
pub(crate) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut octets = Vec::new();
    // A reset ends it as well.
    let _ = stream.read_to_end(&mut octets).await;
    octets
}
