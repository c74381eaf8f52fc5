//! DNS over UDP and TCP.

use super::answer::Server;
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
use tokio::time::{Instant, sleep_until, timeout};

/// Answers datagrams until dropped. Every answer leaves one round trip after its question:
/// since that is the same for all, they leave in the order in which they came, and one timer
/// is enough for any number of them.
pub(crate) async fn serve_udp(
    socket: UdpSocket,
    address: Ipv4Addr,
    tree: Arc<Tree>,
    seen: Arc<SeenLog>,
    round_trip: Duration,
) {
    let server = Server { tree: &tree, seen: &seen, address, transport: Transport::Udp };
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
            received = socket.recv_from(&mut buffer) => {
                // An error here is a port unreachable of an earlier answer.
                let Ok((length, from)) = received else { continue };
                let Some(answer) = server.answer(&buffer[..length]) else { continue };
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
pub(crate) async fn serve_tcp(
    mut peer: Peer,
    address: Ipv4Addr,
    tree: Arc<Tree>,
    seen: Arc<SeenLog>,
) {
    let server = Server { tree: &tree, seen: &seen, address, transport: Transport::Tcp };
    // An idle client, or one that goes away, is no trouble of ours.
    while let Ok(Ok(())) = timeout(IDLE, answer_one(&mut peer, server)).await {}
}

async fn answer_one(peer: &mut Peer, server: Server<'_>) -> io::Result<()> {
    let length = peer.read_u16().await?;
    let mut message = vec![0; length.into()];
    peer.read_exact(&mut message).await?;
    let Some(answer) = server.answer(&message) else {
        return Ok(());
    };
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
