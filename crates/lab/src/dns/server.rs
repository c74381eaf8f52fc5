//! DNS over UDP and TCP.

use super::answer::{Reply, Server};
use super::tree::Tree;
use crate::seen::{SeenLog, Transport};
use crate::stream::Peer;
use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Which of the servers this is, and whom it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its own address.
    pub(crate) address: Ipv4Addr,
    /// The name server of the zone of hosted policies.
    pub(crate) installation: SocketAddr,
}

impl Place {
    fn server<'a>(self, tree: &'a Tree, seen: &'a SeenLog, transport: Transport) -> Server<'a> {
        Server { tree, seen, address: self.address, transport }
    }
}

/// Answers datagrams until dropped. Every answer leaves one round trip after its question:
/// since that is the same for all, they leave in the order in which they came, and one timer
/// is enough for any number of them.
pub(crate) async fn serve_udp(
    socket: UdpSocket,
    place: Place,
    tree: Arc<Tree>,
    seen: Arc<SeenLog>,
    round_trip: Duration,
) {
    let server = place.server(&tree, &seen, Transport::Udp);
    let socket = Arc::new(socket);
    let mut forwarded = JoinSet::new();
    let mut waiting = VecDeque::<(Instant, SocketAddr, Vec<u8>)>::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let next = waiting.front().map(|(due, ..)| *due);
        tokio::select! {
            biased;
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                while let Some((_, to, answer)) = pop_due(&mut waiting) {
                    // A client that is gone is not told.
                    let _ = socket.send_to(&answer, to).await;
                }
            }
            Some(_) = forwarded.join_next(), if !forwarded.is_empty() => {}
            received = socket.recv_from(&mut buffer) => {
                // An error here is a port unreachable of an earlier answer.
                let Ok((length, from)) = received else { continue };
                let answer = match server.answer(&buffer[..length]) {
                    None => continue,
                    Some(Reply::Whole(answer)) => answer,
                    Some(Reply::Forward(pending)) => {
                        let socket = Arc::clone(&socket);
                        let whole = pending.into_whole(tree.clone(), place, seen.clone());
                        forwarded.spawn(async move {
                            if let Some(answer) = whole.await {
                                sleep(round_trip).await;
                                let _ = socket.send_to(&answer, from).await;
                            }
                        });
                        continue;
                    }
                };
                if round_trip.is_zero() {
                    let _ = socket.send_to(&answer, from).await;
                } else {
                    waiting.push_back((Instant::now() + round_trip, from, answer));
                }
            }
        }
    }
}

/// Answers the messages of one connection.
pub(crate) async fn serve_tcp(mut peer: Peer, place: Place, tree: Arc<Tree>, seen: Arc<SeenLog>) {
    // An idle client, or one that goes away, is no trouble of ours.
    while let Ok(Ok(())) = timeout(IDLE, answer_one(&mut peer, place, &tree, &seen)).await {}
}

async fn answer_one(
    peer: &mut Peer,
    place: Place,
    tree: &Arc<Tree>,
    seen: &Arc<SeenLog>,
) -> io::Result<()> {
    let length = peer.read_u16().await?;
    let mut message = vec![0; length.into()];
    peer.read_exact(&mut message).await?;
    let reply = place.server(tree, seen, Transport::Tcp).answer(&message);
    let answer = match reply {
        Some(Reply::Whole(answer)) => Some(answer),
        Some(Reply::Forward(pending)) => {
            pending.into_whole(Arc::clone(tree), place, Arc::clone(seen)).await
        }
        None => None,
    };
    let Some(answer) = answer else { return Ok(()) };
    // RFC 1035 §4.2.2: two octets of length; in one write, for one segment.
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    peer.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat()).await
}

fn pop_due(
    waiting: &mut VecDeque<(Instant, SocketAddr, Vec<u8>)>,
) -> Option<(Instant, SocketAddr, Vec<u8>)> {
    let now = Instant::now();
    waiting.pop_front_if(|(due, ..)| *due <= now)
}

/// How long a connection may be idle, RFC 7766 §6.2.3.
const IDLE: Duration = Duration::from_secs(30);
