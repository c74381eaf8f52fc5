//! Queries over UDP, so many under way at a time, and answers that must be the right ones.

use super::handshakes::Whim;
use super::installation::Domain;
use super::node::ZONE;
use crate::bench::histogram::Histogram;
use crate::bench::measured::{self, Load, Measured};
use crate::bench::server::Server;
use anyhow::{Context, Result, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// A question and its answer.
#[derive(Debug)]
pub(crate) struct Query {
    /// A message with an id of 0.
    message: Vec<u8>,
    /// What stands in the answer.
    data: &'static [u8],
}

/// The record and the address of each domain.
pub(crate) fn queries(domains: &[Domain]) -> Vec<Query> {
    let of = |domain: &Domain| {
        let token = &domain.token;
        let record = Query { message: message(&format!("sts-{token}.{ZONE}"), TXT), data: RECORD };
        let host = Query { message: message(&format!("host-{token}.{ZONE}"), A), data: HOST };
        [record, host]
    };
    domains.iter().flat_map(of).collect()
}

/// Keeps questions under way for `time`, after a time that does not count.
pub(crate) fn measure(
    server: &Server,
    address: SocketAddr,
    queries: &[Query],
    time: Duration,
) -> Result<Measured> {
    let asking = Asking::start(server.name, address, queries)?;
    measured::measure(server, asking, time)
}

/// Asks until the right answer has come.
pub(crate) fn wait_for_answer(address: SocketAddr, query: &Query) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(SOON))?;
    let begin = Instant::now();
    let mut room = [0; LARGEST];
    while begin.elapsed() < PATIENCE {
        socket.send(&query.message)?;
        if let Ok(length) = socket.recv(&mut room)
            && query.is_answered_by(room.get(..length).unwrap_or_default())
        {
            return Ok(());
        }
    }
    anyhow::bail!("no right answer from {address}")
}

struct Asking<'a> {
    name: &'static str,
    queries: &'a [Query],
    poll: Poll,
    sockets: Vec<UdpSocket>,
    /// What is under way, by socket and id.
    under_way: Vec<(&'a Query, Instant)>,
    latencies: Histogram,
    whim: Whim,
    message: Vec<u8>,
}

impl Load for Asking<'_> {
    fn run(&mut self, end: Instant) -> Result<()> {
        let mut events = Events::with_capacity(SOCKETS);
        let mut room = [0; LARGEST];
        while Instant::now() < end {
            self.poll.poll(&mut events, Some(PATIENCE))?;
            ensure!(!events.is_empty(), "{} is silent", self.name);
            for event in &events {
                while let Some(length) = self.receive(event.token().0, &mut room)? {
                    self.heard(event.token().0, room.get(..length).unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }

    fn latencies(&mut self) -> &mut Histogram {
        &mut self.latencies
    }
}

impl<'a> Asking<'a> {
    fn start(name: &'static str, address: SocketAddr, queries: &'a [Query]) -> Result<Self> {
        let poll = Poll::new().context("no epoll")?;
        let mut sockets = Vec::new();
        for number in 0..SOCKETS {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.connect(address)?;
            socket.set_nonblocking(true)?;
            let mut source = SourceFd(&socket.as_raw_fd());
            poll.registry().register(&mut source, Token(number), Interest::READABLE)?;
            sockets.push(socket);
        }
        let any = queries.first().context("nothing to ask")?;
        let under_way = vec![(any, Instant::now()); SOCKETS * DEPTH];
        let (latencies, whim, message) = (Histogram::new(), Whim::default(), Vec::new());
        let mut asking = Self { name, queries, poll, sockets, under_way, latencies, whim, message };
        for socket in 0..SOCKETS {
            for id in 0..DEPTH {
                asking.ask(socket, id)?;
            }
        }
        Ok(asking)
    }

    fn receive(&self, socket: usize, room: &mut [u8]) -> Result<Option<usize>> {
        let Some(socket) = self.sockets.get(socket) else { return Ok(None) };
        match socket.recv(room) {
            Ok(length) => Ok(Some(length)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error).context("a socket failed"),
        }
    }

    fn heard(&mut self, socket: usize, answer: &[u8]) -> Result<()> {
        let id = answer.first_chunk().map_or(usize::MAX, |id| u16::from_be_bytes(*id).into());
        let (query, asked) = self.under_way.get(socket * DEPTH + id).context("a wrong id")?;
        ensure!(query.is_answered_by(answer), "{}: a wrong answer: {answer:02x?}", self.name);
        self.latencies.add(asked.elapsed(), 1);
        self.ask(socket, id)
    }

    fn ask(&mut self, socket: usize, id: usize) -> Result<()> {
        let query = self.whim.one_of(self.queries).context("nothing to ask")?;
        self.message.clear();
        self.message.extend_from_slice(&u16::try_from(id)?.to_be_bytes());
        self.message.extend_from_slice(query.message.get(2..).unwrap_or_default());
        if let Some(place) = self.under_way.get_mut(socket * DEPTH + id) {
            *place = (query, Instant::now());
        }
        let socket = self.sockets.get(socket).context("no socket")?;
        socket.send(&self.message).context("a query got stuck")?;
        Ok(())
    }
}

impl Query {
    /// RFC 1035 §4.1: an authoritative answer without an error to this question, and one record
    /// with this data.
    fn is_answered_by(&self, answer: &[u8]) -> bool {
        let Some(question) = self.message.get(12..self.message.len() - OPT.len()) else {
            return false;
        };
        let flags = answer.get(2..4).is_some_and(|flags| flags == [0x84, 0x00]);
        let counts = answer.get(4..8).is_some_and(|counts| counts == [0, 1, 0, 1]);
        let rest = answer.get(12..).and_then(|rest| rest.strip_prefix(question));
        let data = rest
            .is_some_and(|rest| rest.windows(self.data.len()).any(|octets| octets == self.data));
        flags && counts && data
    }
}

/// A query as a resolver sends it: not recursive, with EDNS.
fn message(name: &str, kind: u8) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap_or_default());
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, kind, 0, 1]);
    message.extend_from_slice(&OPT);
    message
}

/// The id of all policies.
pub(crate) const POLICY_ID: &str = "20260101000000";
const RECORD: &[u8] = b"\x00\x1c\x1bv=STSv1; id=20260101000000;";
const HOST: &[u8] = &[0, 4, 192, 0, 2, 1];
const A: u8 = 1;
const TXT: u8 = 16;
/// RFC 6891 §6.1.2: messages of 1,232 octets, no option.
const OPT: [u8; 11] = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

/// With [`DEPTH`] questions under way on each: what a server's buffer holds without a loss.
const SOCKETS: usize = 4;
const DEPTH: usize = 32;
const LARGEST: usize = 1232;
const PATIENCE: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_answer_is_one() {
        let query = Query { message: message("sts-a.test", TXT), data: RECORD };
        let question = &query.message[12..query.message.len() - OPT.len()];
        let head = [0, 7, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0];
        let record = [&[0xc0, 12, 0, 16, 0, 1, 0, 0, 1, 44][..], RECORD].concat();
        let answer = [&head[..], question, &record].concat();
        assert!(query.is_answered_by(&answer));
        for (place, octet, reason) in [
            (2, 0x80, "not authoritative"),
            (3, 3, "NXDOMAIN"),
            (7, 0, "no record"),
            (13, b'x', "another"),
        ] {
            let mut wrong = answer.clone();
            wrong[place] = octet;
            assert!(!query.is_answered_by(&wrong), "{reason}");
        }
        assert!(!query.is_answered_by(&answer[..answer.len() - 1]), "cut short");
    }
}
