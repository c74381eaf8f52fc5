//! The socketmap server.

use super::listen::{Listener, Stream};
use crate::answer::{Dialect, Status};
use crate::engine::Engine;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{FuturesOrdered, StreamExt};
use ironpost_proto::socketmap::{FrameError, Reply, Request, next_request, write_reply};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the reply under way.
pub async fn serve(listener: Listener, engine: Engine, shutdown: CancellationToken) {
    let connection = |stream, end| {
        let connection = Connection {
            stream,
            engine: engine.clone(),
            input: Vec::new(),
            output: Vec::new(),
            text: String::new(),
        };
        // An MTA that goes away is no trouble of ours.
        async move { drop(connection.run(end).await) }
    };
    listener.serve(&shutdown, connection).await;
}

/// A client, and what is under way with it.
struct Connection {
    stream: Stream,
    engine: Engine,
    input: Vec<u8>,
    output: Vec<u8>,
    /// The wording of one reply, kept for its room.
    text: String,
}

/// Requests of one client that have to ask outside, and those that wait behind them.
type Waiting = FuturesOrdered<BoxFuture<'static, (Status, String)>>;

impl Connection {
    async fn run(mut self, end: CancellationToken) -> io::Result<()> {
        loop {
            // Idle clients are many and stay for long: they hold no large buffers.
            self.input.shrink_to(IDLE);
            self.output.shrink_to(IDLE);
            self.input.reserve(IDLE);
            let read = end.run_until_cancelled(self.stream.read_buf(&mut self.input)).await;
            let Some(read) = read else { return Ok(()) };
            let left = read? == 0;
            let going = self.answer_all().await;
            self.stream.write_all(&self.output).await?;
            self.output.clear();
            if let Err(error) = going {
                write_reply(&mut self.output, Reply::Perm(&error.to_string()));
                self.stream.write_all(&self.output).await?;
                return self.stream.shutdown().await;
            }
            if left {
                return Ok(());
            }
        }
    }

    /// Answers every request that is complete, in order.
    async fn answer_all(&mut self) -> Result<(), Error> {
        let mut waiting = Waiting::new();
        let mut taken = 0;
        let result = loop {
            let rest = self.input.get(taken..).unwrap_or_default();
            let (request, length) = match next_request(rest) {
                Ok(Some(next)) => next,
                Ok(None) => break Ok(()),
                Err(error) => break Err(Error::Frame(error)),
            };
            answer(request, &self.engine, &mut waiting, &mut self.text, &mut self.output);
            taken += length;
            if waiting.len() >= MOST_WAITING || self.output.len() >= FULL {
                self.flush(&mut waiting).await?;
            }
        };
        self.flush(&mut waiting).await?;
        self.input.drain(..taken);
        result
    }

    /// Writes what there is, and then what has to be waited for, in order.
    async fn flush(&mut self, waiting: &mut Waiting) -> Result<(), Error> {
        while !waiting.is_empty() || self.output.len() >= FULL {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
            if let Some((status, text)) = waiting.next().await {
                write_reply(&mut self.output, reply(status, &text));
            }
        }
        Ok(())
    }
}

fn answer(
    request: Request<'_>,
    engine: &Engine,
    waiting: &mut Waiting,
    text: &mut String,
    output: &mut Vec<u8>,
) {
    text.clear();
    let status = match Dialect::of_map(request.map) {
        Some(dialect) => match engine.answer_now(dialect, request.key, text) {
            Some(status) => status,
            None => {
                let (engine, key) = (engine.clone(), request.key.to_owned());
                waiting.push_back(
                    async move {
                        let mut text = String::new();
                        let status = engine.answer(dialect, &key, &mut text).await;
                        (status, text)
                    }
                    .boxed(),
                );
                return;
            }
        },
        None => {
            text.push_str("unknown map: use ironpost, ironpost-3.10, ironpost-3.0 or JSON");
            Status::Perm
        }
    };
    if waiting.is_empty() {
        write_reply(output, reply(status, text));
    } else {
        waiting.push_back(ready((status, std::mem::take(text))).boxed());
    }
}

fn reply(status: Status, text: &str) -> Reply<'_> {
    match status {
        Status::Found => Reply::Ok(text),
        Status::NotFound => Reply::NotFound,
        Status::Temp => Reply::Temp(text),
        Status::Perm => Reply::Perm(text),
    }
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Room for a request while nothing is under way.
const IDLE: usize = 512;
/// Replies are written when there are so many octets of them.
const FULL: usize = 64 * 1024;
/// Requests of one client that wait for the network side by side.
const MOST_WAITING: usize = 64;
