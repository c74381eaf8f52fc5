//! Administration: a line asks, lines answer (see [`crate::admin`]).

mod requests;

use super::listen::{Listener, Stream, Taking, serve_each};
use crate::admin::{Reply, Request};
use crate::engine::Engine;
use ironpost_proto::domain::Domain;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the reply under way.
pub async fn serve(listener: Listener, engine: Engine, shutdown: CancellationToken) {
    serve_each(listener, Taking::TheLast, &shutdown, |stream| {
        let mut session = Session { stream: BufReader::new(stream), engine: engine.clone() };
        let shutdown = shutdown.child_token();
        async move {
            // A client that breaks off has what it wanted, or asks again.
            let _ = session.run(&shutdown).await;
        }
    })
    .await;
}

struct Session {
    stream: BufReader<Stream>,
    engine: Engine,
}

impl Session {
    async fn run(&mut self, shutdown: &CancellationToken) -> io::Result<()> {
        loop {
            let line = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                line = timeout(PATIENCE, self.line()) => line??,
            };
            let Some(line) = line else { return Ok(()) };
            match serde_json::from_slice(&line) {
                Ok(Request::List) => self.list().await?,
                Ok(request) => {
                    let reply = requests::reply(&self.engine, request).await;
                    self.send(&[reply]).await?;
                }
                Err(error) => {
                    let reason = format!("the request cannot be read: {error}");
                    self.send(&[Reply::Refused { reason }]).await?;
                }
            }
        }
    }

    /// The next line; `None` at the end, or after a line that is too long to go on.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if read as u64 == MAX_LINE && !line.ends_with(b"\n") {
            let reason = format!("a request is longer than {MAX_LINE} octets");
            self.send(&[Reply::Refused { reason }]).await?;
            return Ok(None);
        }
        Ok((read > 0).then_some(line))
    }

    /// A page at a time: a million policies are never in one piece of memory.
    async fn list(&mut self) -> io::Result<()> {
        let mut after: Option<Domain> = None;
        loop {
            let page = self.engine.list(after.as_ref(), PAGE);
            let last = page.last().and_then(|policy| policy.domain.parse().ok());
            let replies: Vec<_> =
                page.into_iter().map(|policy| Reply::Policy(Box::new(policy))).collect();
            self.send(&replies).await?;
            match last {
                Some(last) => after = Some(last),
                None => return self.send(&[Reply::End]).await,
            }
        }
    }

    async fn send(&mut self, replies: &[Reply]) -> io::Result<()> {
        let mut text = Vec::new();
        for reply in replies {
            serde_json::to_writer(&mut text, reply)?;
            text.push(b'\n');
        }
        timeout(PATIENCE, self.stream.write_all(&text)).await?
    }
}

/// To ask the next question, or to take the next page.
const PATIENCE: Duration = Duration::from_mins(1);
/// Octets of a request: a policy of 64 KiB, escaped.
const MAX_LINE: u64 = 1 << 20;
/// Policies that are listed in one go.
const PAGE: usize = 500;
