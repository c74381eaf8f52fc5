//! Questions in streams (RFC 7766): many on one connection, one after the other or all at once.

mod connections;

pub(super) use connections::Connections;

use super::Shared;
use super::answer::{Client, Transport, Verdict, answer};
use super::counters::bump;
use super::listen::Complaint;
use connections::Connection;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Serves every connection in a task of its own until `end`, then waits for those that are left.
pub(super) async fn serve(shared: &Arc<Shared>, listener: TcpListener, end: &CancellationToken) {
    let tasks = TaskTracker::new();
    let mut complaint = Complaint::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = end.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let (connection, evicted) = Connections::enter(&shared.connections, from.ip(), end);
                if evicted {
                    bump(&shared.counters.evicted);
                }
                let client = Client { address: from.ip(), transport: Transport::Tcp };
                let talk = Talk::new(Arc::clone(shared), client);
                tasks.spawn(talk.run(stream, connection));
            }
            // The client has left already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Above all EMFILE: descriptors come back when others leave.
            Err(error) => {
                complaint.tell("DNS over TCP: no connection can be accepted", &error).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// What is said on one connection.
struct Talk {
    shared: Arc<Shared>,
    client: Client,
    /// Read and not answered yet.
    input: Vec<u8>,
    /// Answers with their lengths.
    output: Vec<u8>,
    /// One answer.
    answer: Vec<u8>,
}

/// Why a connection ends.
#[derive(Debug)]
struct Ended;

impl Talk {
    fn new(shared: Arc<Shared>, client: Client) -> Self {
        Self { shared, client, input: Vec::new(), output: Vec::new(), answer: Vec::new() }
    }

    async fn run(mut self, mut stream: TcpStream, connection: Connection) {
        // Answers are written whole. A connection that cannot be told so is gone, which the first
        // read tells.
        let _ = stream.set_nodelay(true);
        loop {
            let asked = tokio::select! {
                biased;
                () = connection.ended() => break,
                // From the end of one message to the end of the next: whether a client says
                // nothing or an octet at a time is all the same (RFC 7766 §6.2.3, §10).
                asked = timeout(IDLE, self.listen(&mut stream)) => asked,
            };
            let Ok(Ok(())) = asked else { break };
            connection.touch();
            let Ok(Ok(())) = timeout(WRITE, self.reply(&mut stream)).await else { break };
        }
        // Whether the client hears of it or not, the connection ends here.
        let _ = timeout(WRITE, stream.shutdown()).await;
    }

    /// Reads until there is a whole message.
    async fn listen(&mut self, stream: &mut TcpStream) -> Result<(), Ended> {
        if self.input.is_empty() {
            // Silent connections own no memory but their socket's.
            self.input = Vec::new();
            self.output = Vec::new();
            self.answer = Vec::new();
            stream.readable().await.map_err(|_| Ended)?;
        }
        while !self.has_message()? {
            self.input.reserve(PAGE);
            let read = stream.read_buf(&mut self.input).await.map_err(|_| Ended)?;
            if read == 0 {
                return Err(Ended);
            }
        }
        Ok(())
    }

    /// Whether the input begins with a whole message.
    fn has_message(&self) -> Result<bool, Ended> {
        let Some((length, rest)) = self.input.split_first_chunk() else { return Ok(false) };
        let length = usize::from(u16::from_be_bytes(*length));
        if length > MAX_REQUEST { Err(Ended) } else { Ok(rest.len() >= length) }
    }

    /// Answers every whole message that was read (RFC 7766 §6.2.1.1).
    async fn reply(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while let Some((message, after)) = split_message(rest) {
            self.answer_one(message)?;
            rest = after;
            if self.output.len() >= MAX_UNSENT {
                stream.write_all(&self.output).await?;
                self.output.clear();
            }
        }
        self.input.extend_from_slice(rest);
        stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    fn answer_one(&mut self, message: &[u8]) -> io::Result<()> {
        let view = self.shared.view();
        match answer(&view, message, self.client, &mut self.answer) {
            Verdict::Silence => bump(&self.shared.counters.noise),
            Verdict::Answer(answered) => {
                self.shared.counters.count(Transport::Tcp, answered.rcode);
                // RFC 1035 §4.2.2; in one write with the answer, for one segment (RFC 7766 §8).
                let length = u16::try_from(self.answer.len()).map_err(io::Error::other)?;
                self.output.extend_from_slice(&length.to_be_bytes());
                self.output.extend_from_slice(&self.answer);
            }
        }
        Ok(())
    }
}

/// The first message of what was read, and what follows it; `None` if it is not whole.
fn split_message(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// RFC 7766 §6.2.3: a few seconds.
const IDLE: Duration = Duration::from_secs(10);
/// How long a client may take to read what it asked for.
const WRITE: Duration = Duration::from_secs(5);
/// Octets of a request: a question has at most 271, the rest is for options. Own limit.
const MAX_REQUEST: usize = 4096;
/// Octets read at a time: some ten requests.
const PAGE: usize = 1024;
/// Octets of answers at which they are written before more is answered.
const MAX_UNSENT: usize = 16 * 1024;
