//! A connection that takes its time: each turn of the conversation costs a round trip.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// A TCP connection on which the first octets after each of our own writes arrive one round
/// trip late, and onto which octets can be put back.
#[derive(Debug)]
pub(crate) struct Peer {
    io: TcpStream,
    round_trip: Duration,
    turn: Turn,
    timer: Pin<Box<Sleep>>,
    unread: Vec<u8>,
}

/// Whose turn it is to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The client's: what it sends next is still to travel.
    Theirs,
    /// The client has spoken, and the words are under way.
    Travelling,
    /// Ours: the words have arrived.
    Ours,
}

impl Peer {
    /// Takes over an accepted connection; `round_trip` passes before it counts as made.
    pub(crate) async fn accept(io: TcpStream, round_trip: Duration) -> Self {
        // Without it small replies wait for acknowledgements. A failure costs time only.
        let _ = io.set_nodelay(true);
        let timer = Box::pin(sleep(round_trip));
        let mut peer = Self { io, round_trip, turn: Turn::Theirs, timer, unread: Vec::new() };
        peer.travel().await;
        peer
    }

    /// Lets one round trip pass, where we speak without having been spoken to.
    pub(crate) async fn travel(&mut self) {
        if !self.round_trip.is_zero() {
            sleep(self.round_trip).await;
        }
    }

    /// Puts octets back, to be read again.
    pub(crate) fn unread(&mut self, octets: Vec<u8>) {
        self.unread = octets;
    }

    /// Ends the connection so that the client still gets all that was sent: a close with
    /// unread octets would reset it.
    pub(crate) async fn finish(mut self) {
        if self.shutdown().await.is_ok() {
            let mut sink = [0; 1024];
            let drained = async { while matches!(self.read(&mut sink).await, Ok(1..)) {} };
            let _ = tokio::time::timeout(LINGER, drained).await;
        }
    }

    fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.turn == Turn::Theirs {
            ready!(self.io.poll_read_ready(cx))?;
            let arrival = Instant::now() + self.round_trip;
            self.timer.as_mut().reset(arrival);
            self.turn = Turn::Travelling;
        }
        if self.turn == Turn::Travelling {
            ready!(self.timer.as_mut().poll(cx));
            self.turn = Turn::Ours;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Peer {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let peer = self.get_mut();
        if !peer.unread.is_empty() {
            let count = peer.unread.len().min(buf.remaining());
            buf.put_slice(&peer.unread[..count]);
            peer.unread.drain(..count);
            return Poll::Ready(Ok(()));
        }
        if !peer.round_trip.is_zero() {
            ready!(peer.poll_arrival(cx))?;
        }
        Pin::new(&mut peer.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let peer = self.get_mut();
        peer.turn = Turn::Theirs;
        Pin::new(&mut peer.io).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// How long a closed connection is listened to.
const LINGER: Duration = Duration::from_secs(5);
