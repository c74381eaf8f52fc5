//! A question to one server: UDP, and TCP when the response does not fit.

use crate::dns::question::{Asking, Edns, Query, Question};
use bytes::Bytes;
use domain::base::Message;
use domain::base::iana::Rcode;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// A query sent, on a socket of its own.
#[derive(Debug)]
pub(super) struct Conversation {
    server: SocketAddr,
    socket: UdpSocket,
    query: Query,
    /// The same without EDNS, under another id, should the server refuse it.
    question: Question,
    asking: Asking,
}

impl Conversation {
    /// Sends the query.
    pub(super) async fn start(
        server: SocketAddr,
        question: &Question,
        asking: Asking,
    ) -> io::Result<Self> {
        let socket = connected(server)?;
        let query = Query::new(rand::random(), question, asking, Edns::With);
        let conversation = Self { server, socket, query, question: question.clone(), asking };
        conversation.send().await?;
        Ok(conversation)
    }

    /// Sends the same query again, from the same port and under the same id.
    pub(super) async fn send(&self) -> io::Result<()> {
        self.socket.send(self.query.as_slice()).await.map(drop)
    }

    /// Waits for the response, however long that takes. What does not answer the query is
    /// passed over.
    pub(super) async fn listen(&self) -> io::Result<Bytes> {
        let octets = self.receive(&self.query).await?;
        if !refuses_edns(&octets) {
            return self.complete(octets, &self.query).await;
        }
        // RFC 6891 §7: a server of before EDNS.
        let query = Query::new(rand::random(), &self.question, self.asking, Edns::Without);
        self.socket.send(query.as_slice()).await?;
        let octets = self.receive(&query).await?;
        self.complete(octets, &query).await
    }

    async fn receive(&self, query: &Query) -> io::Result<Vec<u8>> {
        let mut octets = Vec::with_capacity(DATAGRAM);
        loop {
            octets.clear();
            self.socket.recv_buf(&mut octets).await?;
            if query.is_answered_by(&octets) {
                return Ok(octets);
            }
        }
    }

    async fn complete(&self, octets: Vec<u8>, query: &Query) -> io::Result<Bytes> {
        // A datagram that fills the buffer was cut by it.
        if is_truncated(&octets) || octets.len() >= DATAGRAM {
            over_tcp(self.server, query).await
        } else {
            Ok(Bytes::from(octets))
        }
    }
}

/// A socket that takes datagrams from `server` alone. Connecting an unbound socket makes the
/// kernel choose a random port, a new one for each query (RFC 5452 §9.2).
fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let kind = Type::DGRAM.nonblocking();
    let socket = Socket::new(Domain::for_address(server), kind, Some(Protocol::UDP))?;
    socket.connect(&server.into())?;
    UdpSocket::from_std(socket.into())
}

/// RFC 7766: two octets of length before each message.
async fn over_tcp(server: SocketAddr, query: &Query) -> io::Result<Bytes> {
    let connected = TcpStream::connect(server).await;
    let mut stream = connected.map_err(|error| io::Error::new(error.kind(), Tcp(error)))?;
    let query_octets = query.as_slice();
    let length = u16::try_from(query_octets.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query_octets].concat()).await?;
    let length = stream.read_u16().await?;
    let mut octets = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut octets).await?;
    if octets.len() < usize::from(length) {
        return Err(nonsense("over TCP it breaks off"));
    }
    if !query.is_answered_by(&octets) {
        return Err(nonsense("over TCP it answers another question"));
    }
    // RFC 2181 §9: what is cut short is no answer, least of all one that there is nothing.
    if is_truncated(&octets) {
        return Err(nonsense("over TCP it is cut short too"));
    }
    Ok(Bytes::from(octets))
}

/// A TCP connection that cannot be made, where UDP would do.
#[derive(Debug, thiserror::Error)]
#[error("its answer needs TCP: {0}")]
struct Tcp(io::Error);

/// An answer that is none.
fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn is_truncated(octets: &[u8]) -> bool {
    Message::from_slice(octets).is_ok_and(|message| message.header().tc())
}

fn refuses_edns(octets: &[u8]) -> bool {
    Message::from_slice(octets).is_ok_and(|message| {
        matches!(message.header().rcode(), Rcode::FORMERR | Rcode::NOTIMP)
            && message.header_counts().arcount() == 0
    })
}

const DATAGRAM: usize = 2048; // more than we say we take (1232), for servers that do not listen
