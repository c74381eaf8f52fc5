//! The commands of one session, outside or inside TLS.

use super::MxHost;
use crate::peers::{InsideTls, StartTls};
use crate::seen::SeenLog;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Commands and replies over one stream.
pub(super) struct Session<'a, S> {
    stream: &'a mut S,
    host: &'a MxHost,
    seen: &'a SeenLog,
    inside_tls: bool,
    unread: Vec<u8>,
}

/// What follows a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The handshake.
    StartTls,
    /// The close.
    Close,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    pub(super) fn new(
        stream: &'a mut S,
        host: &'a MxHost,
        seen: &'a SeenLog,
        inside_tls: bool,
    ) -> Self {
        Self { stream, host, seen, inside_tls, unread: Vec::new() }
    }

    /// Answers commands until the client leaves or TLS begins.
    pub(super) async fn run(&mut self) -> io::Result<Next> {
        while let Some(line) = self.read_line().await? {
            self.seen.command(self.host.address, self.inside_tls, &line);
            if let Some(next) = self.obey(&verb(&line)).await? {
                return Ok(next);
            }
        }
        Ok(Next::Close)
    }

    async fn obey(&mut self, verb: &str) -> io::Result<Option<Next>> {
        let refused = self.inside_tls && self.host.manners.inside_tls == InsideTls::Refused;
        match verb {
            "EHLO" | "HELO" if refused => self.reply("550 5.7.1 Not you, not here\r\n").await?,
            "EHLO" => self.reply(&self.host.ehlo_reply(self.inside_tls)).await?,
            "HELO" => self.reply(&format!("250 {}\r\n", self.host.name)).await?,
            "STARTTLS" => return self.start_tls().await,
            "NOOP" | "RSET" | "MAIL" | "RCPT" => self.reply("250 2.0.0 Ok\r\n").await?,
            "DATA" => self.reply("554 5.3.4 The lab keeps no mail\r\n").await?,
            "QUIT" => {
                self.reply("221 2.0.0 Bye\r\n").await?;
                return Ok(Some(Next::Close));
            }
            _ => self.reply("500 5.5.2 Unknown command\r\n").await?,
        }
        Ok(None)
    }

    async fn start_tls(&mut self) -> io::Result<Option<Next>> {
        if self.inside_tls {
            self.reply("503 5.5.1 TLS is there already\r\n").await?;
            return Ok(None);
        }
        match self.host.manners.starttls {
            StartTls::Offered => {
                self.reply("220 2.0.0 Go ahead\r\n").await?;
                Ok(Some(Next::StartTls))
            }
            StartTls::Absent => {
                self.reply("502 5.5.1 Not implemented\r\n").await?;
                Ok(None)
            }
            StartTls::Refused => {
                self.reply("454 4.7.0 TLS not available due to a temporary reason\r\n").await?;
                Ok(None)
            }
            // RFC 3207 §6: what arrives in clear after the 220 must not count inside TLS.
            StartTls::Injected => {
                self.reply("220 2.0.0 Go ahead\r\n250 injected\r\n").await?;
                Ok(Some(Next::StartTls))
            }
        }
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// One line without its end; `None` at the end of the stream.
    async fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.unread.iter().position(|octet| *octet == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.truncate(line.trim_ascii_end().len());
                return Ok(Some(line));
            }
            if self.unread.len() > MAX_LINE {
                self.reply("500 5.5.2 Line too long\r\n").await?;
                return Ok(None);
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }
}

fn verb(line: &[u8]) -> String {
    let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
    String::from_utf8_lossy(&line[..end]).to_ascii_uppercase()
}

/// RFC 5321 §4.5.3.1.4 asks for 512 octets; extensions may need more.
const MAX_LINE: usize = 2048;
