//! Asking the name server of the zone of hosted policies.

use super::answer::{Answer, Pending, Server};
use super::name::WireName;
use super::server::Place;
use super::tree::{RrSet, Tree};
use crate::hosted;
use crate::seen::SeenLog;
use domain::base::iana::{Class, Rcode, Rtype};
use domain::base::rdata::{ComposeRecordData, UnknownRecordData};
use domain::base::{Message, MessageBuilder, Name};
use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

impl Pending {
    /// Asks, and puts the answer behind the aliases that led there.
    pub(super) async fn into_whole(
        self: Box<Self>,
        tree: Arc<Tree>,
        place: Place,
        seen: Arc<SeenLog>,
    ) -> Option<Vec<u8>> {
        let Self { question, transport, name, rtype, records } = *self;
        let heard = timeout(PATIENCE, ask(&name, rtype, place.installation)).await;
        let answer = match heard.ok().flatten() {
            None => Answer::bare(Rcode::SERVFAIL),
            Some((rcode, set)) => {
                let mut records: Vec<(WireName, Cow<'_, RrSet>)> =
                    records.into_iter().map(|(owner, set)| (owner, Cow::Owned(set))).collect();
                let denied_by = set.is_none().then(|| WireName::parse(hosted::ZONE)).flatten();
                records.extend(set.map(|set| (name, Cow::Owned(set))));
                Answer { records, denied_by, ..Answer::bare(rcode) }
            }
        };
        let server = Server { tree: &tree, seen: &seen, address: place.address, transport };
        server.conclude(&question, &answer)
    }
}

/// The response code and the RRset that the server gives; `None` for anything unexpected.
async fn ask(name: &WireName, rtype: Rtype, server: SocketAddr) -> Option<(Rcode, Option<RrSet>)> {
    let mut query = MessageBuilder::new_vec().question();
    query.header_mut().set_random_id();
    query.push((Name::from_slice(name.as_slice()).ok()?, rtype, Class::IN)).ok()?;
    let query = query.finish();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(&query).await.ok()?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let length = socket.recv(&mut buffer).await.ok()?;
    buffer.truncate(length);
    if Message::from_octets(buffer.as_slice()).ok()?.header().tc() {
        buffer = ask_by_tcp(&query, server).await?;
    }
    let message = Message::from_octets(buffer.as_slice()).ok()?;
    let mut set = None::<RrSet>;
    for record in message.answer().ok()?.limit_to::<UnknownRecordData<_>>() {
        let record = record.ok()?;
        if record.rtype() == rtype {
            let mut data = Vec::new();
            record.data().compose_rdata(&mut data).ok()?;
            let ttl = record.ttl().as_secs();
            let set = set.get_or_insert_with(|| RrSet { rtype, ttl, data: Vec::new() });
            set.data.push(data.into());
        }
    }
    Some((message.header().rcode(), set))
}

async fn ask_by_tcp(query: &[u8], server: SocketAddr) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let length = u16::try_from(query.len()).ok()?.to_be_bytes();
    stream.write_all(&[&length, query].concat()).await.ok()?;
    let mut answer = vec![0; stream.read_u16().await.ok()?.into()];
    stream.read_exact(&mut answer).await.ok()?;
    Some(answer)
}

/// It is on this machine.
const PATIENCE: Duration = Duration::from_millis(1_500);
