//! A plain client of the lab: it verifies certificates and does nothing clever.

use domain::base::iana::{Rcode, Rtype};
use domain::base::opt::exterr::ExtendedError;
use domain::base::{Message, MessageBuilder, Name};
use domain::rdata::AllRecordData;
use ironpost_lab::{Lab, LabOptions};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A lab with the scenarios of the repository.
pub(crate) async fn whole_lab() -> Lab {
    Lab::start(LabOptions::default()).await.expect("the lab starts")
}

/// What a DNS answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) rcode: Rcode,
    pub(crate) authoritative: bool,
    pub(crate) authentic: bool,
    pub(crate) truncated: bool,
    /// `owner TTL TYPE data`, in order.
    pub(crate) answers: Vec<String>,
    /// Owners of SOA records in the authority section.
    pub(crate) denied_by: Vec<String>,
    pub(crate) extended_error: Option<u16>,
}

/// How a question is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) recursive: bool,
    pub(crate) checking_disabled: bool,
    pub(crate) edns: bool,
}

/// As a stub resolver that trusts the AD bit.
pub(crate) const STUB: Ask = Ask { recursive: true, checking_disabled: false, edns: true };

/// As a resolver that asks an authoritative server.
pub(crate) const ITERATIVE: Ask = Ask { recursive: false, checking_disabled: false, edns: true };

pub(crate) async fn ask(lab: &Lab, name: &str, rtype: Rtype) -> Reply {
    ask_udp(lab.dns(), name, rtype, STUB).await
}

pub(crate) async fn ask_udp(server: SocketAddr, name: &str, rtype: Rtype, how: Ask) -> Reply {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    socket.send_to(&question(name, rtype, how), server).await.expect("a question sent");
    let mut buffer = vec![0; 65_535];
    let (length, _) = socket.recv_from(&mut buffer).await.expect("an answer");
    reply(&buffer[..length])
}

pub(crate) async fn ask_tcp(server: SocketAddr, name: &str, rtype: Rtype) -> Reply {
    let mut stream = TcpStream::connect(server).await.expect("a connection");
    let question = question(name, rtype, STUB);
    stream.write_u16(question.len().try_into().expect("a short question")).await.expect("sent");
    stream.write_all(&question).await.expect("sent");
    let mut answer = vec![0; stream.read_u16().await.expect("a length").into()];
    stream.read_exact(&mut answer).await.expect("an answer");
    reply(&answer)
}

pub(crate) fn question(name: &str, rtype: Rtype, how: Ask) -> Vec<u8> {
    let mut builder = MessageBuilder::new_vec();
    let header = builder.header_mut();
    header.set_id(4711);
    header.set_rd(how.recursive);
    header.set_cd(how.checking_disabled);
    header.set_ad(true);
    let mut builder = builder.question();
    builder.push((Name::vec_from_str(name).expect("a name"), rtype)).expect("room");
    let mut builder = builder.additional();
    if how.edns {
        builder
            .opt(|opt| {
                opt.set_udp_payload_size(4096);
                Ok(())
            })
            .expect("room");
    }
    builder.finish()
}

fn reply(octets: &[u8]) -> Reply {
    let message = Message::from_octets(octets).expect("a message");
    let header = message.header();
    assert_eq!(header.id(), 4711);
    let records = |section: domain::base::message::RecordSection<'_, _>| {
        section
            .limit_to::<AllRecordData<_, _>>()
            .map(|record| record.expect("a readable record"))
            .map(|record| {
                let ttl = record.ttl().as_secs();
                format!("{} {ttl} {} {}", record.owner(), record.rtype(), record.data())
            })
            .collect::<Vec<_>>()
    };
    let authority = records(message.authority().expect("an authority section"));
    let extended = message.opt().and_then(|opt| {
        opt.opt().iter::<ExtendedError<_>>().next().map(|error| error.expect("readable"))
    });
    Reply {
        rcode: header.rcode(),
        authoritative: header.aa(),
        authentic: header.ad(),
        truncated: header.tc(),
        answers: records(message.answer().expect("an answer section")),
        denied_by: authority
            .iter()
            .filter(|record| record.contains(" SOA "))
            .map(|record| record.split(' ').next().unwrap_or_default().to_owned())
            .collect(),
        extended_error: extended.map(|error| error.code().to_int()),
    }
}

/// The addresses of a host, by its A records.
pub(crate) async fn addresses(lab: &Lab, host: &str) -> Vec<Ipv4Addr> {
    let reply = ask(lab, host, Rtype::A).await;
    let data = reply.answers.iter().filter_map(|record| record.split(" A ").nth(1));
    data.map(|address| address.parse().expect("an address")).collect()
}

pub(crate) async fn address(lab: &Lab, host: &str) -> Ipv4Addr {
    *addresses(lab, host).await.first().unwrap_or_else(|| panic!("{host} has no address"))
}

/// A handshake as an honest sender makes it.
pub(crate) async fn handshake<S>(lab: &Lab, stream: S, name: &str) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(lab.roots_file()).expect("a roots file") {
        roots.add(root.expect("a root")).expect("a usable root");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.enable_sni = name.parse::<IpAddr>().is_err();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Status line, headers and body of the policy that `host` serves.
pub(crate) async fn fetch(lab: &Lab, host: &str, user_agent: &str) -> io::Result<String> {
    fetch_from(lab, address(lab, host).await, host, user_agent).await
}

pub(crate) async fn fetch_from(
    lab: &Lab,
    address: Ipv4Addr,
    host: &str,
    user_agent: &str,
) -> io::Result<String> {
    let stream = TcpStream::connect((address, lab.ports().https)).await?;
    let mut stream = handshake(lab, stream, host).await?;
    let request = format!(
        "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {user_agent}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await?;
    Ok(String::from_utf8_lossy(&response).into_owned())
}

/// A client's side of an SMTP session.
pub(crate) struct Smtp<S> {
    pub(crate) stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Smtp<S> {
    /// A whole reply, however many lines; empty at the end of the stream.
    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = Vec::new();
        loop {
            let line = reply.rsplitn(3, |octet| *octet == b'\n').nth(1).unwrap_or_default();
            let last: &[u8] = line;
            let whole = reply.ends_with(b"\n") && last.get(3) == Some(&b' ');
            if whole || self.stream.read_buf(&mut reply).await.unwrap_or(0) == 0 {
                return String::from_utf8_lossy(&reply).into_owned();
            }
        }
    }

    pub(crate) async fn say(&mut self, command: &str) -> String {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).await.expect("sent");
        self.stream.flush().await.expect("sent");
        self.reply().await
    }
}

/// Connects to an MX host.
pub(crate) async fn smtp(lab: &Lab, host: &str) -> Smtp<TcpStream> {
    let address = address(lab, host).await;
    let stream = TcpStream::connect((address, lab.ports().smtp)).await.expect("a connection");
    Smtp { stream }
}
