//! The load generator: one thread, one poll, so many connections at a time.

use crate::bench::histogram::Histogram;
use crate::bench::measured::{self, Load, Measured};
use crate::bench::server::{Server, connect};
use anyhow::{Context, Result, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// What is done on connections.
pub(crate) trait Work {
    /// What is known of a connection.
    type Talk;

    /// Begins on a new connection.
    fn begin(&mut self, stream: &mut TcpStream) -> Result<Self::Talk>;

    /// Goes on, for something has come.
    fn go_on(
        &mut self,
        talk: &mut Self::Talk,
        stream: &mut TcpStream,
        latencies: &mut Histogram,
    ) -> Result<Next>;
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// More will come.
    Wait,
    /// It is over: another one takes its place.
    Over,
}

/// Keeps so many connections busy for `time`, after a time that does not count.
pub(crate) fn measure(
    server: &Server,
    work: impl Work,
    connections: usize,
    time: Duration,
) -> Result<Measured> {
    let generator = Generator::start(server, work, connections)?;
    measured::measure(server, generator, time)
}

struct Generator<'a, W: Work> {
    server: &'a Server,
    work: W,
    poll: Poll,
    connections: Vec<(TcpStream, W::Talk)>,
    opened: usize,
    latencies: Histogram,
}

impl<W: Work> Load for Generator<'_, W> {
    fn run(&mut self, end: Instant) -> Result<()> {
        let mut events = Events::with_capacity(self.connections.len());
        loop {
            self.poll.poll(&mut events, Some(PATIENCE))?;
            ensure!(!events.is_empty(), "{} is silent", self.server.name);
            for event in &events {
                let Some((stream, talk)) = self.connections.get_mut(event.token().0) else {
                    continue;
                };
                let next = self.work.go_on(talk, stream, &mut self.latencies);
                if next.with_context(|| self.server.name)? == Next::Over {
                    // Closed first: the poll forgets it then.
                    let fresh = self.open(event.token())?;
                    if let Some(place) = self.connections.get_mut(event.token().0) {
                        *place = fresh;
                    }
                }
            }
            if Instant::now() >= end {
                return Ok(());
            }
        }
    }

    fn latencies(&mut self) -> &mut Histogram {
        &mut self.latencies
    }
}

impl<'a, W: Work> Generator<'a, W> {
    fn start(server: &'a Server, work: W, connections: usize) -> Result<Self> {
        let poll = Poll::new().context("no epoll")?;
        let latencies = Histogram::new();
        let room = Vec::with_capacity(connections);
        let mut generator = Self { server, work, poll, connections: room, opened: 0, latencies };
        for number in 0..connections {
            let connection = generator.open(Token(number))?;
            generator.connections.push(connection);
        }
        Ok(generator)
    }

    fn open(&mut self, token: Token) -> Result<(TcpStream, W::Talk)> {
        self.opened += 1;
        let address = place(self.server.address, self.opened);
        let mut stream = connect(address)
            .with_context(|| format!("{} takes no connection", self.server.name))?;
        stream.set_nonblocking(true)?;
        let mut source = SourceFd(&stream.as_raw_fd());
        self.poll.registry().register(&mut source, token, Interest::READABLE)?;
        let talk = self.work.begin(&mut stream)?;
        Ok((stream, talk))
    }
}

/// One of several addresses of loopback: closed connections keep their ports for a minute, and one
/// address has no more than 28,000.
fn place(server: SocketAddr, number: usize) -> SocketAddr {
    let last = u8::try_from(number % PLACES).unwrap_or_default() + 1;
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), server.port()))
}

const PLACES: usize = 32;

/// A server that is silent for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);
