//! A client that asks and is answered, in order, for as long as it likes.
//!
//! What a client costs: nothing but its socket and a few hundred octets while it is silent, since
//! all reading, answering and writing is done on a [`Desk`] that the worker thread has once. What
//! is unfinished when the turn ends is put aside with the client.

mod desk;

use super::Answers;
use super::listen::{Listener, Stream, Taking, serve_each};
use crate::answer::{Dialect, Status};
use crate::metrics;
use desk::Desk;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{FuturesOrdered, StreamExt};
use std::borrow::Cow;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How requests and replies look on the wire.
pub(super) trait Protocol: Copy + Send + Sync + 'static {
    const NAME: metrics::Protocol;

    /// What comes first in `buffer`.
    fn next(self, buffer: &[u8]) -> Next<'_>;

    /// Appends a reply.
    fn write(self, out: &mut Vec<u8>, status: Status, text: &str);
}

/// What comes first in what was read. `taken` is the number of octets it took.
#[derive(Debug)]
pub(super) enum Next<'a> {
    /// Less than a request.
    Incomplete,
    /// A lookup.
    Lookup { dialect: Dialect, key: Cow<'a, [u8]>, taken: usize },
    /// A request that makes no sense; the next one may.
    Refused { reason: String, taken: usize },
    /// No request, and no way to find the next one.
    Broken { reason: String },
}

/// Serves conversations until `shutdown`; they then end after the replies under way.
pub(super) async fn serve<A: Answers, P: Protocol>(
    listener: Listener,
    answers: A,
    protocol: P,
    shutdown: CancellationToken,
) {
    serve_each(listener, Taking::WhatCanBeSpared, &shutdown, |stream| {
        let conversation = Conversation::new(stream, answers.clone(), protocol);
        // A token of its own: all of them would wait for one lock at every turn.
        conversation.run(shutdown.child_token())
    })
    .await;
}

struct Conversation<A, P> {
    stream: Stream,
    answers: A,
    protocol: P,
    /// Read and not asked yet: mostly less than a request.
    unasked: Vec<u8>,
    /// Said and not sent yet, because the client does not read.
    unsent: Vec<u8>,
    /// Once one lookup has to wait, those after it do, so that replies keep their order.
    waiting: FuturesOrdered<BoxFuture<'static, Said>>,
    listening: Listening,
}

struct Said {
    status: Status,
    text: String,
}

/// Whether there is more to come from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listening {
    Yes,
    /// It has said its last, or we go.
    NoMore,
    /// It speaks another protocol.
    Refusing,
}

/// Why asking stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// There is no whole request any more.
    Incomplete,
    /// Enough for now: the client has to read, or lookups have to end.
    Full,
}

impl<A: Answers, P: Protocol> Conversation<A, P> {
    fn new(stream: Stream, answers: A, protocol: P) -> Self {
        Self {
            stream,
            answers,
            protocol,
            unasked: Vec::new(),
            unsent: Vec::new(),
            waiting: FuturesOrdered::new(),
            listening: Listening::Yes,
        }
    }

    async fn run(mut self, shutdown: CancellationToken) {
        let _open = self.answers.metrics().connected(P::NAME);
        let ended = tokio::select! {
            biased;
            ended = poll_fn(|cx| self.turn(cx)) => ended,
            () = shutdown.cancelled() => {
                self.listening = Listening::NoMore;
                poll_fn(|cx| self.turn(cx)).await
            }
        };
        // A client that cannot be written to has left: lookups go on without it.
        if ended.is_ok() && self.listening == Listening::Refusing {
            self.linger().await;
        }
    }

    /// All that can be done now.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut desk = Desk::take();
        desk.input.append(&mut self.unasked);
        desk.output.append(&mut self.unsent);
        let ended = self.work(cx, &mut desk);
        if ended.is_pending() {
            // Vectors without elements own no memory.
            self.unasked = desk.unasked().to_vec();
            self.unsent = desk.unsent().to_vec();
        }
        desk.give_back();
        ended
    }

    fn work(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Poll<io::Result<()>> {
        let mut replies = 0;
        loop {
            let pause = self.ask(desk, &mut replies);
            let told_all = self.tell(cx, desk);
            let sent_all = self.send(cx, desk)?.is_ready();
            // Room was made after it had run out: what stood still goes on.
            if desk.unsent().len() < MAX_UNSENT
                && (!told_all || pause == Pause::Full && self.waiting.len() < MAX_WAITING)
            {
                continue;
            }
            // From here on whatever is left undone has registered to be woken.
            if pause == Pause::Full {
                return Poll::Pending;
            }
            if self.listening != Listening::Yes {
                let done = sent_all && self.waiting.is_empty();
                return if done { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            if replies >= MAX_REPLIES {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match desk.read(Pin::new(&mut self.stream), cx) {
                Poll::Ready(Ok(0)) => self.listening = Listening::NoMore,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Takes requests as long as there is room for their replies.
    fn ask(&mut self, desk: &mut Desk, replies: &mut usize) -> Pause {
        while self.listening != Listening::Refusing {
            if desk.unsent().len() >= MAX_UNSENT || self.waiting.len() >= MAX_WAITING {
                return Pause::Full;
            }
            match self.protocol.next(desk.input.get(desk.asked..).unwrap_or_default()) {
                Next::Incomplete => break,
                Next::Lookup { dialect, key, taken } => {
                    desk.text.clear();
                    let known = if self.waiting.is_empty() {
                        self.answers.answer_now(dialect, &key, &mut desk.text)
                    } else {
                        None
                    };
                    match known {
                        Some(status) => self.protocol.write(&mut desk.output, status, &desk.text),
                        None => self.look_up(dialect, &key),
                    }
                    desk.asked += taken;
                }
                Next::Refused { reason, taken } => {
                    desk.asked += taken;
                    self.refuse(desk, reason);
                }
                Next::Broken { reason } => {
                    self.listening = Listening::Refusing;
                    self.refuse(desk, reason);
                }
            }
            *replies += 1;
        }
        Pause::Incomplete
    }

    fn look_up(&mut self, dialect: Dialect, key: &[u8]) {
        let answers = self.answers.clone();
        let key = key.to_vec();
        let answer = async move {
            let mut text = String::new();
            let status = answers.answer(dialect, &key, &mut text).await;
            Said { status, text }
        };
        self.waiting.push_back(answer.boxed());
    }

    /// In its turn.
    fn refuse(&mut self, desk: &mut Desk, reason: String) {
        if self.waiting.is_empty() {
            self.protocol.write(&mut desk.output, Status::Perm, &reason);
        } else {
            let said = Said { status: Status::Perm, text: reason };
            self.waiting.push_back(ready(said).boxed());
        }
    }

    /// Takes what lookups have come to, in order; false if there was more than there is room for.
    fn tell(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> bool {
        while desk.unsent().len() < MAX_UNSENT {
            match self.waiting.poll_next_unpin(cx) {
                Poll::Ready(Some(said)) => {
                    self.protocol.write(&mut desk.output, said.status, &said.text);
                }
                Poll::Ready(None) | Poll::Pending => return true,
            }
        }
        self.waiting.is_empty()
    }

    /// Sends what the client takes; pending if it does not take all.
    fn send(&mut self, cx: &mut Context<'_>, desk: &mut Desk) -> Poll<io::Result<()>> {
        while !desk.unsent().is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, desk.unsent()) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(sent)) => desk.sent(sent),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Closing with octets unread resets a TCP connection, and the last reply may be lost with it:
    /// the client's end is waited for, though not for ever.
    async fn linger(mut self) {
        let leave = async {
            self.stream.shutdown().await?;
            let mut unread = self.stream.take(MAX_LINGER);
            let mut ignored = [0; 512];
            while unread.read(&mut ignored).await? > 0 {}
            io::Result::Ok(())
        };
        // Whatever becomes of it, the connection is closed now.
        let _ = timeout(LINGER, leave).await;
    }
}

/// Lookups of one client that wait for the network at a time.
const MAX_WAITING: usize = 64;
/// Octets of replies that a client leaves unread before it is no longer asked what it wants.
const MAX_UNSENT: usize = 64 * 1024;
/// Replies to one client before others get their turn.
const MAX_REPLIES: usize = 1024;
/// How long, and for how many octets, a client that was refused may go on talking.
const LINGER: Duration = Duration::from_secs(2);
const MAX_LINGER: u64 = 1024 * 1024;
