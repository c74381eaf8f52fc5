//! Policy hosts: one request, one answer, raw octets, so that each fault is exactly itself.

use crate::peers::HttpsManners;
use crate::seen::{Seen, SeenLog, text};
use crate::sound::SoundDomains;
use crate::stream::Peer;
use crate::tls::TlsFront;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

/// An HTTPS server at one address.
pub(crate) struct PolicyHost {
    pub(crate) address: Ipv4Addr,
    pub(crate) front: TlsFront,
    pub(crate) site: Site,
}

/// What it serves.
pub(crate) enum Site {
    /// One answer to everything but another path.
    Policy(Page),
    /// The policy of whichever bulk domain the server name belongs to.
    Bulk(Arc<SoundDomains>),
}

/// An answer and the way it is given.
pub(crate) struct Page {
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) manners: HttpsManners,
}

impl PolicyHost {
    /// One connection, from the ClientHello to the close.
    pub(crate) async fn serve(&self, peer: Peer, seen: &SeenLog) {
        let Some(mut session) = self.front.establish(peer, self.address, seen).await else {
            return;
        };
        // A client that goes away is no trouble of ours.
        let _ = self.answer(&mut session.stream, session.sni.as_deref(), seen).await;
        if session.stream.shutdown().await.is_ok() {
            let (peer, _) = session.stream.into_inner();
            peer.finish().await;
        }
    }

    async fn answer<S>(&self, stream: &mut S, sni: Option<&str>, seen: &SeenLog) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let request = read_head(stream).await?;
        let found = request.path() == Some(WELL_KNOWN);
        let is_browser = request.is_browser();
        seen.push(Seen::Http { peer: self.address.into(), head: request.lines });
        match &self.site {
            Site::Bulk(domains) => {
                let body = sni.filter(|_| found).and_then(|name| domains.policy(name));
                let page = Page { body: body.map(String::into_bytes), ..Page::plain() };
                sleep_if_any(domains.policy_after()).await;
                page.send(stream).await
            }
            Site::Policy(page) if page.manners.browsers_only && !is_browser => {
                Page::refusal().send(stream).await
            }
            Site::Policy(page) if found => page.send(stream).await,
            Site::Policy(_) => Page::plain().send(stream).await,
        }
    }
}

impl Page {
    /// A page that is not there.
    fn plain() -> Self {
        Self { body: None, manners: HttpsManners::default() }
    }

    /// What a bot rule says.
    fn refusal() -> Self {
        Self {
            body: Some(b"<html><body>Please enable JavaScript.</body></html>\n".to_vec()),
            manners: HttpsManners {
                status: Some(403),
                content_type: Some("text/html".to_owned()),
                ..HttpsManners::default()
            },
        }
    }

    async fn send<S: AsyncWrite + Unpin>(&self, stream: &mut S) -> io::Result<()> {
        if self.manners.silent {
            std::future::pending::<()>().await;
        }
        sleep_if_any(self.manners.answer_after()).await;
        let missing = b"Not found\n".as_slice();
        let body = self.body.as_deref().unwrap_or(missing);
        let head = self.head(body.len());
        let Some(pace) = self.manners.octet_every() else {
            stream.write_all(&[head.as_bytes(), body].concat()).await?;
            return stream.flush().await;
        };
        stream.write_all(head.as_bytes()).await?;
        for octet in body {
            stream.write_all(std::slice::from_ref(octet)).await?;
            stream.flush().await?;
            sleep(pace).await;
        }
        Ok(())
    }

    fn head(&self, length: usize) -> String {
        let default = if self.body.is_some() { 200 } else { 404 };
        let status = self.manners.status.unwrap_or(default);
        let content_type = match self.manners.content_type.as_deref().unwrap_or("text/plain") {
            "" => String::new(),
            media_type => format!("Content-Type: {media_type}\r\n"),
        };
        let location = match &self.manners.location {
            None => String::new(),
            Some(target) => format!("Location: {target}\r\n"),
        };
        format!(
            "HTTP/1.1 {status} {reason}\r\n\
             Server: ironpost-lab\r\n\
             {content_type}{location}\
             Content-Length: {length}\r\n\
             Connection: close\r\n\r\n",
            reason = reason(status),
        )
    }
}

async fn sleep_if_any(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

/// Request line and header lines.
struct Request {
    lines: Vec<String>,
}

impl Request {
    fn path(&self) -> Option<&str> {
        self.lines.first()?.split(' ').nth(1)
    }

    fn is_browser(&self) -> bool {
        self.lines.iter().filter_map(|line| line.split_once(':')).any(|(name, value)| {
            name.eq_ignore_ascii_case("user-agent") && value.trim_start().starts_with("Mozilla/")
        })
    }
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Request> {
    let mut head = Vec::with_capacity(512);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let lines = text_lines(&head);
    Ok(Request { lines })
}

fn text_lines(head: &[u8]) -> Vec<String> {
    head.split(|octet| *octet == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(text)
        .collect()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Because",
    }
}

/// RFC 8461 §3.2.
const WELL_KNOWN: &str = "/.well-known/mta-sts.txt";

/// No honest request for a policy is longer.
const MAX_HEAD: usize = 8 * 1024;

/// What a web server without TLS says to a ClientHello.
pub(crate) const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nServer: ironpost-lab\r\n\
Content-Type: text/plain\r\nContent-Length: 16\r\nConnection: close\r\n\r\nNot a TLS port.\n";
