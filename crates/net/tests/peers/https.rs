//! A policy host on loopback.

use crate::pki::{Always, loopback_guard, server_config};
use ironpost_net::policy_fetch::{Manner, PolicyFetch, PolicyFetcher};
use ironpost_net::tls::roots::Roots;
use rustls::sign::CertifiedKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) const BOTH: &[&rustls::SupportedProtocolVersion] =
    &[&rustls::version::TLS13, &rustls::version::TLS12];

/// Long enough for anything that is not meant to be slow.
pub(crate) const PATIENT: Duration = Duration::from_mins(1);
/// For peers that are meant to outlast it.
pub(crate) const HASTY: Duration = Duration::from_secs(1);

/// Takes one connection, leads it into `conversation`, and keeps what that returns.
pub(crate) async fn serve_tcp<F, T>(
    conversation: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, JoinHandle<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        conversation(stream).await
    });
    (address, serving)
}

/// The same inside TLS.
pub(crate) async fn serve_tls<F, T>(
    certificate: Arc<CertifiedKey>,
    conversation: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static,
) -> (SocketAddr, JoinHandle<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let acceptor = TlsAcceptor::from(server_config(Arc::new(Always(certificate)), BOTH));
    serve_tcp(|stream| async move { conversation(acceptor.accept(stream).await.unwrap()).await })
        .await
}

/// A policy host that answers whatever is asked with `answer`, and then closes as TLS wants it.
/// Gives back the request.
pub(crate) async fn serve_answer(
    certificate: Arc<CertifiedKey>,
    answer: impl Into<Vec<u8>>,
) -> (SocketAddr, JoinHandle<String>) {
    let answer = answer.into();
    serve_tls(certificate, |mut stream| async move {
        let request = read_request(&mut stream).await;
        // The client hangs up on answers that are too long.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        request
    })
    .await
}

/// Reads up to the blank line, or to the end.
pub(crate) async fn read_request(stream: &mut TlsStream<TcpStream>) -> String {
    let mut request = Vec::new();
    let mut chunk = [0_u8; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        if count == 0 {
            break;
        }
        request.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(request).unwrap()
}

/// A fetch of example.com's policy.
pub(crate) async fn fetch(
    roots: Roots,
    address: SocketAddr,
    manner: Manner,
    deadline: Duration,
) -> PolicyFetch {
    let fetcher = PolicyFetcher { roots, guard: loopback_guard(), deadline };
    fetcher.fetch(&"example.com".parse().unwrap(), address, manner).await
}

pub(crate) const HOST: &str = "mta-sts.example.com";
pub(crate) const POLICY: &str =
    "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n";

/// A sound answer with `body`.
pub(crate) fn answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
