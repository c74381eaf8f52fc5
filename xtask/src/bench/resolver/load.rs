//! The load generator: one thread, one poll, every octet of every reply compared.
//!
//! It shares the processors with what it measures, so it does as little as it can: requests
//! lie ready in a row, and replies are compared with the row of those that were learned before.

use super::frames::{DEEPEST, Frames, Place};
use crate::bench::histogram::Histogram;
use crate::bench::measured::{self, Load, Measured};
use crate::bench::server::{Server, connect};
use anyhow::{Context, Result, bail, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// What is asked, and what is answered.
#[derive(Debug)]
pub(crate) struct Questions {
    pub(crate) requests: Frames,
    pub(crate) replies: Frames,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    /// Lookups under way on each.
    pub(crate) depth: usize,
}

/// Keeps `shape` of lookups under way for `time`, after a time that does not count.
pub(crate) fn measure(
    server: &Server,
    questions: &Questions,
    shape: Shape,
    time: Duration,
) -> Result<Measured> {
    ensure!(shape.depth <= DEEPEST, "a connection has at most {DEEPEST} lookups under way");
    let generator = Generator::start(server, questions, shape)?;
    measured::measure(server, generator, time)
}

struct Generator<'a> {
    questions: &'a Questions,
    poll: Poll,
    connections: Vec<Connection>,
    latencies: Histogram,
    buffer: Box<[u8]>,
}

struct Connection {
    stream: TcpStream,
    /// The request that is next.
    next: usize,
    /// The reply that is due.
    due: Place,
    /// When lookups set out, and how many together.
    under_way: VecDeque<(Instant, usize)>,
}

impl Load for Generator<'_> {
    fn run(&mut self, end: Instant) -> Result<()> {
        let mut events = Events::with_capacity(self.connections.len());
        loop {
            self.poll.poll(&mut events, Some(PATIENCE))?;
            ensure!(!events.is_empty(), "no reply for {} s", PATIENCE.as_secs());
            for event in &events {
                let Some(connection) = self.connections.get_mut(event.token().0) else { continue };
                let now = Instant::now();
                let whole = connection.hear(
                    &self.questions.replies,
                    &mut self.buffer,
                    now,
                    &mut self.latencies,
                )?;
                if whole > 0 {
                    connection.ask(&self.questions.requests, whole, now)?;
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

impl<'a> Generator<'a> {
    fn start(server: &Server, questions: &'a Questions, shape: Shape) -> Result<Self> {
        let poll = Poll::new().context("no epoll")?;
        let count = questions.requests.count();
        let mut connections = Vec::with_capacity(shape.connections);
        for number in 0..shape.connections {
            let stream = connect(server.address)
                .with_context(|| format!("{} takes no connection", server.name))?;
            stream.set_nonblocking(true)?;
            let mut source = SourceFd(&stream.as_raw_fd());
            poll.registry().register(&mut source, Token(number), Interest::READABLE)?;
            let next = number * count / shape.connections;
            let due = Place { frame: next, octet: 0 };
            let under_way = VecDeque::with_capacity(shape.depth);
            let mut connection = Connection { stream, next, due, under_way };
            connection.ask(&questions.requests, shape.depth, Instant::now())?;
            connections.push(connection);
        }
        let buffer = vec![0; BUFFER].into();
        Ok(Self { questions, poll, connections, latencies: Histogram::new(), buffer })
    }
}

impl Connection {
    /// Sends the next `many` requests.
    fn ask(&mut self, requests: &Frames, many: usize, now: Instant) -> Result<()> {
        // So few octets always find room in the buffer of a socket.
        self.stream.write_all(requests.slice(self.next, many)).context("a request got stuck")?;
        self.next = (self.next + many) % requests.count();
        self.under_way.push_back((now, many));
        Ok(())
    }

    /// Reads what is there: how many lookups have ended.
    fn hear(
        &mut self,
        replies: &Frames,
        buffer: &mut [u8],
        now: Instant,
        latencies: &mut Histogram,
    ) -> Result<usize> {
        // One read is enough: all replies that can be under way fit into the buffer, and more
        // that comes is another event.
        let came = match self.stream.read(buffer) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error).context("a connection failed"),
        };
        let due = self.due;
        let Some(whole) = replies.take(&mut self.due, came) else {
            let due = replies.slice(due.frame, 1);
            bail!("not the reply learned: {} in place of {}", shown(came), shown(due));
        };
        let mut left = whole;
        while left > 0 {
            let Some((sent, many)) = self.under_way.front_mut() else {
                bail!("more replies than requests");
            };
            let answered = left.min(*many);
            latencies.add(now - *sent, u64::try_from(answered)?);
            *many -= answered;
            left -= answered;
            if *many == 0 {
                self.under_way.pop_front();
            }
        }
        Ok(whole)
    }
}

fn shown(octets: &[u8]) -> String {
    octets.iter().take(200).flat_map(|octet| octet.escape_ascii()).map(char::from).collect()
}

/// Larger than all replies that can be under way.
const BUFFER: usize = 256 * 1024;

/// A server that is silent for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);
