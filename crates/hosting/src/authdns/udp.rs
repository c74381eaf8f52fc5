//! Questions in datagrams. Many are read in one call, and each is answered from the address that it
//! was sent to, so that a socket may listen on every address of the machine.

use super::Shared;
use super::answer::{Answered, Client, Transport, Verdict, View, answer};
use super::counters::bump;
use super::limiter::Leave;
use super::listen::Complaint;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use std::array;
use std::io::{self, IoSliceMut};
use std::pin::pin;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

/// Answers until `end`.
pub(super) async fn serve(
    shared: &Shared,
    socket: &UdpSocket,
    end: &CancellationToken,
) -> io::Result<()> {
    let state = UdpSocketState::new(socket.into())?;
    // Untouched pages of it are not in memory: the large ones are for datagrams that the system
    // hands over several in one piece.
    let mut room = vec![0; BATCH_SIZE * LARGEST];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let mut out = Vec::with_capacity(usize::from(super::message::PAYLOAD));
    let mut complaint = Complaint::default();
    let mut ended = pin!(end.cancelled());
    loop {
        let received = tokio::select! {
            biased;
            () = &mut ended => return Ok(()),
            received = receive(socket, &state, &mut room, &mut metas) => received,
        };
        let received = match received {
            Ok(received) => received,
            Err(error) => {
                complaint.tell("DNS over UDP: nothing can be received", &error).await;
                continue;
            }
        };
        let view = shared.view();
        for (meta, piece) in metas.iter().zip(room.chunks_exact(LARGEST)).take(received) {
            let piece = piece.get(..meta.len).unwrap_or_default();
            for datagram in piece.chunks(meta.stride.max(1)) {
                if reply(shared, &view, datagram, meta, &mut out) {
                    send(shared, (socket, &state), meta, &out).await;
                }
            }
        }
    }
}

/// Waits for datagrams and reads as many as there are; their number.
async fn receive(
    socket: &UdpSocket,
    state: &UdpSocketState,
    room: &mut [u8],
    metas: &mut [RecvMeta; BATCH_SIZE],
) -> io::Result<usize> {
    let mut pieces = room.chunks_exact_mut(LARGEST);
    let mut pieces: [IoSliceMut<'_>; BATCH_SIZE] =
        array::from_fn(|_| IoSliceMut::new(pieces.next().unwrap_or_default()));
    socket.async_io(Interest::READABLE, || state.recv(socket.into(), &mut pieces, metas)).await
}

/// Writes the answer to a datagram; false if none is to be sent.
fn reply(
    shared: &Shared,
    view: &View<'_>,
    datagram: &[u8],
    meta: &RecvMeta,
    out: &mut Vec<u8>,
) -> bool {
    let counters = &shared.counters;
    let client = Client { address: meta.addr.ip(), transport: Transport::Udp };
    // Nobody can be answered at port 0.
    if meta.addr.port() == 0 {
        bump(&counters.noise);
        return false;
    }
    let answered = match answer(view, datagram, client, out) {
        Verdict::Silence => {
            bump(&counters.noise);
            return false;
        }
        Verdict::Answer(answered) => answered,
    };
    counters.count(Transport::Udp, answered.rcode);
    if answered.truncated {
        bump(&counters.truncated);
    }
    match leave(shared, client, &answered, out) {
        Leave::Send => true,
        Leave::Shorten => {
            bump(&counters.slipped);
            if !answered.truncated {
                answered.frame.cut(out);
            }
            true
        }
        Leave::Drop => {
            bump(&counters.dropped);
            false
        }
    }
}

/// What the rate limit says. A client that showed its cookie is the one that asked.
fn leave(shared: &Shared, client: Client, answered: &Answered, out: &[u8]) -> Leave {
    match &shared.limiter {
        Some(limiter) if !answered.known => {
            let question = answered.frame.question(out);
            limiter.book(client.address, answered.kind, question, shared.start.elapsed())
        }
        Some(_) | None => Leave::Send,
    }
}

async fn send(
    shared: &Shared,
    (socket, state): (&UdpSocket, &UdpSocketState),
    meta: &RecvMeta,
    contents: &[u8],
) {
    let transmit = Transmit {
        destination: meta.addr,
        ecn: None,
        contents,
        segment_size: None,
        src_ip: meta.dst_ip,
    };
    let send = || state.try_send(socket.into(), &transmit);
    // While the system has no room for it, nothing more is read either.
    if socket.async_io(Interest::WRITABLE, send).await.is_err() {
        bump(&shared.counters.unsent);
    }
}

/// Octets of the largest datagram, or of several that the system joined (udp(7), UDP_GRO).
const LARGEST: usize = 65_536;
