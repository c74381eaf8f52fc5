//! Commands and replies over a byte stream, bounded in octets; the deadline is the caller's.

use crate::smtp::reply::{MAX_LINE, PartialReply, Reply, ReplyError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// An SMTP session's wire, plain or inside TLS.
#[derive(Debug)]
pub(super) struct Session<S> {
    stream: S,
    /// Received, and not yet taken as a line.
    pending: Vec<u8>,
    received: usize,
    progress: Progress,
}

/// Whether any of the reply that is waited for has come: what tells a tarpit from silence when
/// the deadline cuts the session off. Clones share one state.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<AtomicBool>);

impl Progress {
    /// True if octets have come since the reply was first waited for.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, under_way: bool) {
        self.0.store(under_way, Ordering::Relaxed);
    }
}

/// Why a reply did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SessionError {
    /// The peer closed or reset the connection.
    #[error("the connection was closed")]
    Closed,
    /// What came is no reply.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The peer talks without end.
    #[error("more than {MAX_RECEIVED} octets in one session")]
    TooMuch,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(stream: S) -> Self {
        Self::watched(stream, Progress::default())
    }

    /// A session whose progress is watched from outside.
    pub(super) fn watched(stream: S, progress: Progress) -> Self {
        Self { stream, pending: Vec::new(), received: 0, progress }
    }

    /// Sends one command and reads its reply.
    pub(super) async fn command(&mut self, command: &str) -> Result<Reply, SessionError> {
        let line = format!("{command}\r\n");
        // A peer that has closed may have said why before: the reply is read in any case.
        let sent = self.stream.write_all(line.as_bytes()).await;
        let flushed = self.stream.flush().await;
        let reply = self.reply().await;
        if sent.is_err() || flushed.is_err() {
            return reply.map_err(|_| SessionError::Closed);
        }
        reply
    }

    /// Reads one reply.
    pub(super) async fn reply(&mut self) -> Result<Reply, SessionError> {
        let mut partial = PartialReply::default();
        self.progress.note(self.has_pending());
        loop {
            let line = self.line().await?;
            if let Some(reply) = partial.push(&line)? {
                return Ok(reply);
            }
        }
    }

    /// True if the peer has sent more than the replies that were read.
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The stream; what is pending is forgotten (RFC 3207 §4.2).
    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// Takes leave and closes.
    pub(super) async fn quit(mut self) {
        // Nothing depends on the answer, but RFC 5321 §4.1.1.10 wants it waited for.
        let _ = self.command("QUIT").await;
        let _ = self.stream.shutdown().await;
    }

    /// Reads one line, without its line end. A bare LF ends it too: many servers are that careless.
    async fn line(&mut self) -> Result<Vec<u8>, SessionError> {
        let mut searched = 0;
        loop {
            let unsearched = self.pending.get(searched..).unwrap_or_default();
            if let Some(offset) = unsearched.iter().position(|octet| *octet == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=searched + offset).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return if line.len() > MAX_LINE { Err(ReplyError::LongLine)? } else { Ok(line) };
            }
            searched = self.pending.len();
            if searched > MAX_LINE + 1 {
                return Err(ReplyError::LongLine.into());
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<(), SessionError> {
        let mut chunk = [0_u8; 1024];
        let count = self.stream.read(&mut chunk).await.map_err(|_| SessionError::Closed)?;
        if count == 0 {
            return Err(SessionError::Closed);
        }
        self.received += count;
        self.progress.note(true);
        if self.received > MAX_RECEIVED {
            return Err(SessionError::TooMuch);
        }
        self.pending.extend_from_slice(chunk.get(..count).unwrap_or_default());
        Ok(())
    }
}

/// Octets taken from a peer, before TLS and inside it. Own limit.
const MAX_RECEIVED: usize = 64 * 1024;
