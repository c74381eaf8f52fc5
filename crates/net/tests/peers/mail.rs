//! A mail host on loopback that follows a script.

use crate::pki::loopback_guard;
use ironpost_net::smtp::SmtpProber;
use ironpost_net::tls::roots::Roots;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a mail host does next.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends a line (or several) and its line end.
    Say(&'static str),
    /// Sends these octets as they are.
    Send(Vec<u8>),
    /// Sends these octets again and again, until nobody listens.
    Repeat(&'static str),
    /// The same, an octet at a time and slowly.
    Drip(&'static str),
    /// Expects this line.
    Hear(&'static str),
    /// Goes over to TLS; ends the script if the client does not want to.
    Tls(Arc<rustls::ServerConfig>),
    /// Lets another server go on.
    HandOver(SocketAddr),
    /// Reads and discards until the client closes.
    Wait,
}

/// Serves one connection after another, each by its script, and gives back each line heard.
pub(crate) async fn serve_mail(scripts: Vec<Vec<Step>>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut heard = Vec::new();
        for script in scripts {
            let (stream, _) = listener.accept().await.unwrap();
            follow(stream, script, &mut heard).await;
        }
        heard
    });
    (address, serving)
}

pub(crate) fn prober(roots: Roots, deadline: Duration) -> SmtpProber {
    SmtpProber {
        roots,
        guard: loopback_guard(),
        deadline,
        ehlo_name: "probe.example.org".to_owned(),
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn follow(stream: TcpStream, script: Vec<Step>, heard: &mut Vec<String>) {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    for step in script {
        match step {
            Step::Say(line) => stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap(),
            Step::Send(octets) => {
                // The client hangs up when it has had enough.
                let _ = stream.write_all(&octets).await;
            }
            Step::Repeat(text) => while stream.write_all(text.as_bytes()).await.is_ok() {},
            Step::Drip(text) => {
                let mut pace = tokio::time::interval(Duration::from_millis(10));
                for octet in text.as_bytes().iter().cycle() {
                    pace.tick().await;
                    if stream.write_all(&[*octet]).await.is_err() {
                        break;
                    }
                }
            }
            Step::Hear(line) => {
                let found = read_line(&mut stream).await;
                heard.push(found.clone());
                assert_eq!(found, line);
            }
            Step::Tls(config) => match TlsAcceptor::from(config).accept(stream).await {
                Ok(inside) => stream = Box::new(inside),
                Err(_) => return,
            },
            Step::HandOver(address) => {
                let mut other = TcpStream::connect(address).await.unwrap();
                // Either side may end by a reset.
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut other).await;
                return;
            }
            Step::Wait => {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
        let _ = stream.flush().await;
    }
    let _ = stream.shutdown().await;
}

/// A line without its line end; what there is of it if the client closes.
async fn read_line(stream: &mut dyn Stream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let Ok(octet) = stream.read_u8().await else { break };
        line.push(octet);
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}
