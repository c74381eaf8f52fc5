//! One question to the configured servers, one response, within a deadline.

mod transport;

use super::answer::DnsError;
use super::extended_error::Complaint;
use super::question::{Asking, Question};
use bytes::Bytes;
use domain::base::Message;
use domain::base::iana::OptRcode;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use transport::Conversation;

/// The servers to ask.
#[derive(Debug)]
pub(super) struct Exchange {
    servers: Vec<SocketAddr>,
    /// The server that answered last: a dead one before it costs its delay once, not every time.
    preferred: AtomicUsize,
}

/// When a piece of work began and how long it may take in all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    started: Instant,
    total: Duration,
}

/// A response to our question, of any RCODE.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// Who sent it.
    pub(super) server: SocketAddr,
    /// The response.
    pub(super) message: Message<Bytes>,
}

impl Exchange {
    /// An exchange with `servers`, in this order.
    pub(super) fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, preferred: AtomicUsize::new(0) }
    }

    /// The servers, in the order given.
    pub(super) fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Asks until a server answers: the next one after silence or a refusal, and each again while
    /// there is time.
    pub(super) async fn ask(
        &self,
        question: &Question,
        asking: Asking,
        deadline: Deadline,
    ) -> Result<Reply, DnsError> {
        let first = self.preferred.load(Ordering::Relaxed);
        let round = Round::new(&self.servers, first, question, asking);
        let (index, reply) = round.run(deadline).await?;
        if index != first {
            self.preferred.store(index, Ordering::Relaxed);
        }
        Ok(reply)
    }
}

impl Deadline {
    /// A deadline `total` from now.
    pub(super) fn starting_now(total: Duration) -> Self {
        Self { started: Instant::now(), total }
    }

    /// The moment at which time is up.
    pub(super) fn end(&self) -> Instant {
        self.started + self.total
    }
}

/// The state of one question on its way around the servers.
struct Round<'a> {
    peers: Vec<Peer>,
    question: &'a Question,
    asking: Asking,
    /// Index of the peer whose turn it is.
    turn: usize,
    /// What is returned if nobody does better.
    fallback: Option<(usize, Reply)>,
    error: Option<(SocketAddr, io::Error)>,
}

struct Peer {
    server: SocketAddr,
    state: PeerState,
}

enum PeerState {
    Unasked,
    Asked(Arc<Conversation>),
    /// Nothing more is to be had from it.
    Spent,
}

enum Heard {
    Answer(usize, Reply),
    /// A server refused, failed or cannot be reached.
    Failure,
    Silence,
}

impl<'a> Round<'a> {
    fn new(servers: &[SocketAddr], first: usize, question: &'a Question, asking: Asking) -> Self {
        let peers = servers
            .iter()
            .map(|server| Peer { server: *server, state: PeerState::Unasked })
            .collect();
        Self { peers, question, asking, turn: first, fallback: None, error: None }
    }

    async fn run(mut self, deadline: Deadline) -> Result<(usize, Reply), DnsError> {
        let mut listening = FuturesUnordered::new();
        let mut resends = RESEND_PERCENT.iter().map(|percent| {
            let share = deadline.total.saturating_mul(*percent) / 100;
            deadline.started + share
        });
        let mut resend = resends.next();
        loop {
            if let Some((index, conversation)) = self.send_next().await {
                listening.push(async move { (index, conversation.listen().await) });
            }
            if self.peers.iter().all(|peer| matches!(peer.state, PeerState::Spent)) {
                return self.give_up(deadline);
            }
            let until = resend.unwrap_or(deadline.end()).min(deadline.end());
            let heard = tokio::time::timeout_at(until, listening.next()).await;
            match heard.map_or(Heard::Silence, |heard| self.judge(heard)) {
                Heard::Answer(index, reply) => return Ok((index, reply)),
                Heard::Failure => {}
                // Somebody has answered, if only with an error: that is enough waiting for the rest.
                Heard::Silence if self.fallback.is_some() && self.all_asked() => {
                    return self.give_up(deadline);
                }
                Heard::Silence if until == deadline.end() => return self.give_up(deadline),
                Heard::Silence => resend = resends.next(),
            }
        }
    }

    /// Sends to the peer whose turn it is. A conversation begun needs somebody to listen to it.
    async fn send_next(&mut self) -> Option<(usize, Arc<Conversation>)> {
        for _ in 0..self.peers.len() {
            let index = self.turn % self.peers.len();
            self.turn = index + 1;
            let peer = self.peers.get_mut(index)?;
            let sent = match &peer.state {
                PeerState::Spent => continue,
                PeerState::Asked(conversation) => conversation.send().await.map(|()| None),
                PeerState::Unasked => {
                    Conversation::start(peer.server, self.question, self.asking).await.map(Some)
                }
            };
            match sent {
                Ok(None) => return None,
                Ok(Some(conversation)) => {
                    let conversation = Arc::new(conversation);
                    peer.state = PeerState::Asked(Arc::clone(&conversation));
                    return Some((index, conversation));
                }
                Err(error) => {
                    peer.state = PeerState::Spent;
                    self.error = Some((peer.server, error));
                }
            }
        }
        None
    }

    fn judge(&mut self, heard: Option<(usize, io::Result<Bytes>)>) -> Heard {
        let Some((index, outcome)) = heard else {
            return Heard::Failure;
        };
        let Some(peer) = self.peers.get_mut(index) else {
            return Heard::Failure;
        };
        let message = outcome.and_then(|octets| {
            Message::from_octets(octets).map_err(|_| io::ErrorKind::InvalidData.into())
        });
        match message {
            Ok(message) if is_refusal(&message) => {
                peer.state = PeerState::Spent;
                let reply = Reply { server: peer.server, message };
                self.fallback.get_or_insert((index, reply));
                Heard::Failure
            }
            Ok(message) => Heard::Answer(index, Reply { server: peer.server, message }),
            Err(error) => {
                peer.state = PeerState::Spent;
                self.error = Some((peer.server, error));
                Heard::Failure
            }
        }
    }

    fn all_asked(&self) -> bool {
        !self.peers.iter().any(|peer| matches!(peer.state, PeerState::Unasked))
    }

    fn give_up(self, deadline: Deadline) -> Result<(usize, Reply), DnsError> {
        let silent = self.peers.iter().find(|peer| matches!(peer.state, PeerState::Asked(_)));
        match (self.fallback, silent, self.error) {
            (Some(fallback), _, _) => Ok(fallback),
            (None, Some(silent), _) => {
                Err(DnsError::Timeout { server: silent.server, after: deadline.total })
            }
            (None, None, Some((_, error))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(DnsError::Malformed { detail: error.to_string() })
            }
            (None, None, Some((server, error))) => {
                Err(DnsError::Unreachable { server, detail: error.to_string() })
            }
            (None, None, None) => Err(DnsError::Unreachable {
                server: SocketAddr::from(([0, 0, 0, 0], 0)),
                detail: "no server is configured".to_owned(),
            }),
        }
    }
}

/// True if another server may know better. A failed validation is a verdict, not a refusal: the
/// next server may be one that does not validate.
fn is_refusal(message: &Message<Bytes>) -> bool {
    match message.opt_rcode() {
        OptRcode::REFUSED | OptRcode::NOTIMP | OptRcode::FORMERR => true,
        OptRcode::SERVFAIL => !Complaint::of(message).bogus,
        _ => false,
    }
}

/// When silence makes us ask again, in percent of the deadline: 0.8 s, 1.6 s, 3.2 s of 5 s.
const RESEND_PERCENT: [u32; 3] = [16, 32, 64];
