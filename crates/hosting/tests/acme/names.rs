//! A resolver that knows every name: `mta-sts.*` is here, and the CNAMEs of `_acme-challenge` lead
//! into the zone of the installation, whose authority is asked.

use domain::base::iana::{Class, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, Ttl};
use domain::rdata::{A, Cname, Txt};
use ironpost_proto::delegation::Target;
use ironpost_proto::domain::Domain;
use ironpost_store::database::Database;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// The zone of the installation.
pub(crate) const ZONE: &str = "sts.host.example";

pub(crate) struct Resolver {
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Resolver {
    /// Asks `authority` for what is in the zone, and `database` for the tokens.
    pub(crate) async fn start(authority: SocketAddr, database: Database) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
                let answer = answer(&buffer[..length], authority, &database).await;
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { address, serving }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(question: &[u8], authority: SocketAddr, database: &Database) -> Vec<u8> {
    let question = Message::from_octets(question).unwrap();
    let asked = question.sole_question().unwrap();
    let name = asked.qname().to_string().to_ascii_lowercase();
    let mut answer = MessageBuilder::new_vec().start_answer(&question, Rcode::NOERROR).unwrap();
    answer.header_mut().set_ra(true);
    let ttl = Ttl::from_secs(0);
    if asked.qtype() == Rtype::A {
        let data = A::new(Ipv4Addr::LOCALHOST);
        answer.push((asked.qname(), Class::IN, ttl, data)).unwrap();
    }
    let delegated = name.strip_prefix("_acme-challenge.mta-sts.");
    if let (Rtype::TXT, Some(domain)) = (asked.qtype(), delegated) {
        let target: Name<Vec<u8>> = target(domain, database).await.parse().unwrap();
        answer.push((asked.qname(), Class::IN, ttl, Cname::new(&target))).unwrap();
        let found = ask(authority, &target).await;
        for record in found.answer().unwrap().limit_to::<Txt<_>>() {
            answer.push((&target, Class::IN, ttl, record.unwrap().data())).unwrap();
        }
    }
    answer.finish()
}

async fn target(domain: &str, database: &Database) -> String {
    let domain: Domain = domain.parse().unwrap();
    let organisation = database.organisation("default", true).await.unwrap().unwrap();
    let hosted = database.domain(organisation, &domain).await.unwrap().unwrap();
    Target::Challenge.name(hosted.token, &ZONE.parse().unwrap()).as_str().to_owned()
}

async fn ask(authority: SocketAddr, name: &Name<Vec<u8>>) -> Message<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut question = MessageBuilder::new_vec().question();
    question.push((name, Rtype::TXT)).unwrap();
    socket.send_to(&question.finish(), authority).await.unwrap();
    let mut buffer = vec![0; 4096];
    let answered = tokio::time::timeout(Duration::from_secs(20), socket.recv(&mut buffer));
    let length = answered.await.expect("the authority answers").unwrap();
    buffer.truncate(length);
    Message::from_octets(buffer).unwrap()
}
