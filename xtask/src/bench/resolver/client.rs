//! Clients as an MTA's are: one lookup at a time, and they wait for the answer.

use super::frames::{frame_length, write_frame};
use crate::bench::histogram::Histogram;
use crate::bench::server::connect;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    reply: Vec<u8>,
}

/// What a crowd was told.
pub(crate) struct Answers {
    /// In the order of the questions.
    pub(crate) replies: Vec<String>,
    pub(crate) latencies: Histogram,
    /// Seconds until the last answer.
    pub(crate) wall: f64,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = connect(address).context("no connection")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, request: Vec::new(), reply: Vec::new() })
    }

    /// Looks `domain` up.
    pub(crate) fn ask(&mut self, domain: &str) -> Result<&str> {
        self.request.clear();
        write_frame(&mut self.request, request(domain).as_bytes());
        self.stream.write_all(&self.request)?;
        self.reply.clear();
        let mut piece = [0; 4096];
        loop {
            let length = self.stream.read(&mut piece).context("no reply")?;
            if length == 0 {
                bail!("the connection was closed");
            }
            self.reply.extend_from_slice(piece.get(..length).unwrap_or_default());
            if let Some((length, payload)) = frame_length(&self.reply) {
                let payload = self.reply.get(payload..length - 1).unwrap_or_default();
                return str::from_utf8(payload).context("a reply that is no text");
            }
        }
    }
}

/// Looks every domain up once, with so many clients at once that all begin at the same moment.
pub(crate) fn ask_all(address: SocketAddr, domains: &[String], clients: usize) -> Result<Answers> {
    let clients = clients.min(domains.len());
    let next = AtomicUsize::new(0);
    let gate = Barrier::new(clients + 1);
    thread::scope(|scope| {
        let crowd: Vec<_> = (0..clients)
            .map(|_| scope.spawn(|| ask_some(address, domains, &next, &gate)))
            .collect();
        gate.wait();
        let begin = Instant::now();
        let mut replies = vec![String::new(); domains.len()];
        let mut latencies = Histogram::new();
        for client in crowd {
            let Ok(share) = client.join() else { bail!("a client broke down") };
            let (mine, took) = share?;
            latencies.merge(&took);
            for (index, reply) in mine {
                if let Some(place) = replies.get_mut(index) {
                    *place = reply;
                }
            }
        }
        Ok(Answers { replies, latencies, wall: begin.elapsed().as_secs_f64() })
    })
}

type Share = (Vec<(usize, String)>, Histogram);

fn ask_some(
    address: SocketAddr,
    domains: &[String],
    next: &AtomicUsize,
    gate: &Barrier,
) -> Result<Share> {
    let connected = Client::connect(address);
    gate.wait();
    let mut client = connected?;
    let mut replies = Vec::new();
    let mut latencies = Histogram::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(domain) = domains.get(index) else { return Ok((replies, latencies)) };
        let begin = Instant::now();
        let reply = client.ask(domain).with_context(|| domain.clone())?.to_owned();
        latencies.add(begin.elapsed(), 1);
        replies.push((index, reply));
    }
}

/// What is asked for a domain: by the map name that every program here knows.
pub(crate) fn request(domain: &str) -> String {
    format!("postfix {domain}")
}

/// Whether this is the right answer for a sound domain of the lab: TLS to its only MX host.
pub(crate) fn is_right(domain: &str, reply: &str) -> bool {
    let host = reply.strip_prefix("OK secure match=mx.").and_then(|rest| rest.strip_prefix(domain));
    host.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Longer than Postfix waits, socketmap_table(5).
const PATIENCE: Duration = Duration::from_secs(110);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domains_own_host_is_right() {
        let right = "OK secure match=mx.a.example servername=hostname";
        assert!(is_right("a.example", right));
        assert!(is_right("a.example", "OK secure match=mx.a.example"));
        for wrong in ["NOTFOUND ", "OK secure match=mx.b.example", "TEMP ", "OK dane-only", ""] {
            assert!(!is_right("a.example", wrong), "{wrong}");
        }
        assert!(!is_right("a.example", "OK secure match=mx.a.example.org servername=hostname"));
    }
}
