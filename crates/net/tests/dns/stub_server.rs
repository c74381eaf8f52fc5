//! A name server on loopback that answers whatever a test wants, over UDP and TCP.

use crate::PATIENT;
use domain::base::iana::{Class, Rcode};
use domain::base::message_builder::AdditionalBuilder;
use domain::base::opt::ExtendedError;
use domain::base::{Header, Message, MessageBuilder, Name, Rtype};
use domain::zonefile::inplace::{Entry, Zonefile};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A running server; it ends with the value.
pub(crate) struct StubServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    news: Arc<Notify>,
    connections: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

/// A query as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) rtype: Rtype,
    pub(crate) header: Header,
    pub(crate) dnssec_ok: bool,
    pub(crate) edns: bool,
    pub(crate) over: Over,
    /// The port it came from.
    pub(crate) port: u16,
    message: Message<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

/// What to send back.
#[derive(Debug, Clone)]
pub(crate) enum Response {
    /// These octets.
    Octets(Vec<u8>),
    /// These octets, from another port than the one asked (UDP alone).
    FromElsewhere(Vec<u8>),
    /// A length of 65535, and then an octet at a time, as slowly as can be without stopping.
    Drip,
    /// A length of 65535, two octets, and the end of the connection.
    Cut,
}

type Script = dyn Fn(&Asked) -> Vec<Response> + Send + Sync;

impl StubServer {
    /// Starts a server that answers each query with what `script` returns.
    pub(crate) async fn start(
        script: impl Fn(&Asked) -> Vec<Response> + Send + Sync + 'static,
    ) -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let news = Arc::new(Notify::new());
        let connections = Arc::new(AtomicUsize::new(0));
        let script: Arc<Script> = Arc::new(script);
        let tasks = vec![
            tokio::spawn(serve_udp(
                udp,
                Arc::clone(&asked),
                Arc::clone(&news),
                Arc::clone(&script),
            )),
            tokio::spawn(serve_tcp(tcp, Arc::clone(&asked), script, Arc::clone(&connections))),
        ];
        Self { address, asked, news, connections, tasks }
    }

    /// Starts a server that answers with records in zone-file form.
    pub(crate) async fn answering(records: &'static str) -> Self {
        Self::start(move |asked| vec![asked.answer(records)]).await
    }

    /// The queries so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The queries so far, once there are `count`: the last may still be on its way.
    pub(crate) async fn asked_times(&self, count: usize) -> Vec<Asked> {
        loop {
            let news = self.news.notified();
            let asked = self.asked();
            if asked.len() >= count {
                return asked;
            }
            tokio::time::timeout(PATIENT, news).await.expect("fewer queries than expected");
        }
    }

    /// How many TCP connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for StubServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Asked {
    /// NOERROR with `records`, in zone-file form, as the answer section.
    pub(crate) fn answer(&self, records: &str) -> Response {
        Response::Octets(self.reply(Rcode::NOERROR, records, ""))
    }

    /// An empty answer of some RCODE.
    pub(crate) fn error(&self, rcode: Rcode) -> Response {
        Response::Octets(self.reply(rcode, "", ""))
    }

    /// A reply with an answer and an authority section.
    pub(crate) fn reply(&self, rcode: Rcode, answer: &str, authority: &str) -> Vec<u8> {
        self.sections(rcode, answer, authority).finish()
    }

    /// The same, changed by `change` at the end.
    pub(crate) fn reply_with(
        &self,
        rcode: Rcode,
        answer: &str,
        authority: &str,
        change: impl FnOnce(&mut Header),
    ) -> Response {
        let mut builder = self.sections(rcode, answer, authority);
        change(builder.header_mut());
        Response::Octets(builder.finish())
    }

    /// An error with an extended error.
    pub(crate) fn extended_error(&self, rcode: Rcode, code: u16, text: &str) -> Response {
        let error = ExtendedError::<Vec<u8>>::new_with_str(code.into(), text).unwrap();
        let mut builder = self.sections(rcode, "", "");
        builder.opt(|opt| opt.push(&error)).unwrap();
        Response::Octets(builder.finish())
    }

    fn sections(&self, rcode: Rcode, answer: &str, authority: &str) -> AdditionalBuilder<Vec<u8>> {
        let mut builder = MessageBuilder::new_vec().start_answer(&self.message, rcode).unwrap();
        builder.header_mut().set_ra(true);
        for record in records(answer) {
            builder.push(record).unwrap();
        }
        let mut builder = builder.authority();
        for record in records(authority) {
            builder.push(record).unwrap();
        }
        builder.additional()
    }

    fn read(octets: Vec<u8>, over: Over, port: u16) -> Option<Self> {
        let message = Message::from_octets(octets).ok()?;
        let question = message.sole_question().ok()?;
        Some(Self {
            name: question.qname().to_string().to_ascii_lowercase(),
            rtype: question.qtype(),
            header: message.header(),
            dnssec_ok: message.opt().is_some_and(|opt| opt.dnssec_ok()),
            edns: message.opt().is_some(),
            over,
            port,
            message,
        })
    }
}

fn records(text: &str) -> impl Iterator<Item = domain::zonefile::inplace::ScannedRecord> {
    let mut file = Zonefile::from(text.as_bytes());
    file.extend_from_slice(b"\n");
    file.set_default_class(Class::IN);
    file.set_origin(Name::root_bytes());
    file.map(|entry| match entry.unwrap() {
        Entry::Record(record) => record,
        Entry::Include { .. } => panic!("no $INCLUDE here"),
    })
}

/// A UDP and a TCP socket on the same free port.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

async fn serve_udp(
    socket: UdpSocket,
    log: Arc<Mutex<Vec<Asked>>>,
    news: Arc<Notify>,
    script: Arc<Script>,
) {
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
        let Some(asked) = Asked::read(buffer[..length].to_vec(), Over::Udp, peer.port()) else {
            continue;
        };
        log.lock().unwrap().push(asked.clone());
        news.notify_waiters();
        for response in script(&asked) {
            match response {
                Response::Octets(octets) => {
                    socket.send_to(&octets, peer).await.unwrap();
                }
                Response::FromElsewhere(octets) => {
                    let elsewhere = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    elsewhere.send_to(&octets, peer).await.unwrap();
                }
                Response::Drip | Response::Cut => panic!("a datagram comes whole"),
            }
        }
    }
}

async fn serve_tcp(
    listener: TcpListener,
    log: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Script>,
    connections: Arc<AtomicUsize>,
) {
    loop {
        let (stream, peer) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        let (log, script) = (Arc::clone(&log), Arc::clone(&script));
        // A client that leaves early is no fault of the server's.
        tokio::spawn(async move { serve_connection(stream, peer.port(), &log, &*script).await });
    }
}

async fn serve_connection(
    mut stream: TcpStream,
    port: u16,
    log: &Mutex<Vec<Asked>>,
    script: &Script,
) -> std::io::Result<()> {
    let length = stream.read_u16().await?;
    let mut octets = vec![0; length.into()];
    stream.read_exact(&mut octets).await?;
    let Some(asked) = Asked::read(octets, Over::Tcp, port) else {
        return Ok(());
    };
    log.lock().unwrap().push(asked.clone());
    for response in script(&asked) {
        match response {
            Response::Octets(octets) => {
                stream.write_u16(octets.len().try_into().unwrap()).await?;
                stream.write_all(&octets).await?;
            }
            Response::Drip => {
                stream.write_u16(u16::MAX).await?;
                let mut tick = tokio::time::interval(Duration::from_millis(5));
                loop {
                    tick.tick().await;
                    stream.write_all(&[0]).await?;
                }
            }
            Response::Cut => {
                stream.write_u16(u16::MAX).await?;
                stream.write_all(&[0]).await?;
            }
            Response::FromElsewhere(_) => panic!("a connection has two ends"),
        }
    }
    Ok(())
}
