//! An SMTP server that takes one mail at a time and keeps it.

use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// What came in one session, as far as it went.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) tls: bool,
    /// Commands, but for those of the handshakes.
    pub(crate) commands: Vec<String>,
    pub(crate) mail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    StartTls,
    Tls,
    Plain,
}

pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    sessions: mpsc::UnboundedReceiver<Session>,
}

impl MailServer {
    pub(crate) async fn start(speaks: Speaks, config: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, sessions) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let session = serve(stream, speaks, &config).await;
                sender.send(session).unwrap();
            }
        });
        Self { address, sessions }
    }

    pub(crate) async fn session(&mut self) -> Session {
        self.sessions.recv().await.unwrap()
    }
}

async fn serve(stream: TcpStream, speaks: Speaks, config: &Arc<ServerConfig>) -> Session {
    let acceptor = TlsAcceptor::from(Arc::clone(config));
    let mut session = Session::default();
    let stream = match speaks {
        Speaks::Tls => {
            let Ok(stream) = acceptor.accept(stream).await else { return session };
            session.tls = true;
            talk(&mut BufStream::new(stream), &mut session, "220 hi\r\n", "").await;
            return session;
        }
        Speaks::Plain => {
            talk(&mut BufStream::new(stream), &mut session, "220 hi\r\n", "").await;
            return session;
        }
        Speaks::StartTls => stream,
    };
    let mut plain = BufStream::new(stream);
    if talk(&mut plain, &mut session, "220 hi\r\n", "250-STARTTLS\r\n").await {
        let Ok(stream) = acceptor.accept(plain.into_inner()).await else { return session };
        session.tls = true;
        talk(&mut BufStream::new(stream), &mut session, "", "").await;
    }
    session
}

/// One conversation; true if it goes on in TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
    session: &mut Session,
    greeting: &str,
    offers: &str,
) -> bool {
    say(stream, greeting).await;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end();
        let verb = line.split(' ').next().unwrap().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => format!("250-hi\r\n{offers}250 AUTH PLAIN\r\n"),
            "STARTTLS" => {
                session.commands.push(line.to_owned());
                say(stream, "220 go\r\n").await;
                return true;
            }
            "AUTH" => "235 ok\r\n".to_owned(),
            "DATA" => {
                say(stream, "354 go\r\n").await;
                while !session.mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut session.mail).await.unwrap_or(0) == 0 {
                        return false;
                    }
                }
                "250 taken\r\n".to_owned()
            }
            "QUIT" => {
                say(stream, "221 bye\r\n").await;
                return false;
            }
            _ => "250 ok\r\n".to_owned(),
        };
        if !["EHLO", "QUIT", "DATA"].contains(&verb.as_str()) {
            session.commands.push(line.to_owned());
        }
        say(stream, &answer).await;
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}
