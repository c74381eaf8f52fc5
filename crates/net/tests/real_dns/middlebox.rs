//! A box on the way to the resolver that changes what passes through it.

use domain::base::iana::Class;
use domain::base::{Message, MessageBuilder, Name, ParsedName, ParsedRecord, Rtype};
use domain::rdata::AllRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// A running box; it ends with the value. UDP alone.
pub(crate) struct Middlebox {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

/// A change to a query or to a response.
pub(crate) type Change = fn(&Message<Vec<u8>>) -> Vec<u8>;

impl Middlebox {
    /// Starts a box in front of `server`.
    pub(crate) async fn start(server: SocketAddr, query: Change, response: Change) -> Self {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            loop {
                let mut buffer = vec![0; 4096];
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                buffer.truncate(length);
                let socket = Arc::clone(&socket);
                tokio::spawn(async move {
                    let asked = query(&Message::from_octets(buffer).unwrap());
                    let onward = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                    onward.send_to(&asked, server).await.unwrap();
                    let mut buffer = vec![0; 4096];
                    let length = onward.recv(&mut buffer).await.unwrap();
                    buffer.truncate(length);
                    let answer = response(&Message::from_octets(buffer).unwrap());
                    socket.send_to(&answer, client).await.unwrap();
                });
            }
        });
        Self { address, task }
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// As it is.
pub(crate) fn unchanged(message: &Message<Vec<u8>>) -> Vec<u8> {
    message.as_slice().to_vec()
}

/// Without EDNS, and so without the DO bit: an old forwarder.
pub(crate) fn without_edns(message: &Message<Vec<u8>>) -> Vec<u8> {
    rebuilt(message, |_| false, "")
}

/// Without proofs of absence.
pub(crate) fn without_denials(message: &Message<Vec<u8>>) -> Vec<u8> {
    match message.header_counts().ancount() {
        0 => rebuilt(message, |_| true, ""),
        _ => unchanged(message),
    }
}

/// Without the SOA and the proofs of a denied MX RRset.
pub(crate) fn without_mx_denials(message: &Message<Vec<u8>>) -> Vec<u8> {
    match message.sole_question().unwrap().qtype() {
        Rtype::MX => without_denials(message),
        _ => unchanged(message),
    }
}

/// The aliases of a TXT answer without the record at their end.
pub(crate) fn aliases_alone(message: &Message<Vec<u8>>) -> Vec<u8> {
    let is_alias = |record: &ParsedRecord<'_, Vec<u8>>| record.rtype() == Rtype::CNAME;
    let has_alias = message.answer().unwrap().flatten().any(|record| is_alias(&record));
    match message.sole_question().unwrap().qtype() {
        Rtype::TXT if has_alias => rebuilt(message, |rtype| rtype != Rtype::TXT, ""),
        _ => unchanged(message),
    }
}

/// The attacker's policy record, "signed" by a zone that is not signed, in place of the one asked
/// for; everything else as it is.
pub(crate) fn with_foreign_signature(message: &Message<Vec<u8>>) -> Vec<u8> {
    const FORGED: &str = "\
_mta-sts.signed.example. 300 TXT \"forged\"
_mta-sts.signed.example. 300 RRSIG TXT 13 3 300 20370101000000 20200101000000 1 unsigned.example. AAAA
";
    match message.sole_question().unwrap().qtype() {
        Rtype::TXT => rebuilt(message, |_| false, FORGED),
        _ => unchanged(message),
    }
}

/// The attacker's policy record without any signature.
pub(crate) fn with_unsigned_record(message: &Message<Vec<u8>>) -> Vec<u8> {
    match message.sole_question().unwrap().qtype() {
        Rtype::TXT => rebuilt(message, |_| false, "_mta-sts.signed.example. 300 TXT \"forged\"\n"),
        _ => unchanged(message),
    }
}

/// The question, those answers of the message that are wanted, and `more` in zone-file form.
fn rebuilt(message: &Message<Vec<u8>>, wanted: fn(Rtype) -> bool, more: &str) -> Vec<u8> {
    let mut builder = MessageBuilder::new_vec();
    *builder.header_mut() = message.header();
    let mut builder = builder.question();
    builder.push(message.sole_question().unwrap()).unwrap();
    let mut builder = builder.answer();
    for record in message.answer().unwrap() {
        let record = record.unwrap();
        if wanted(record.rtype()) {
            let record = record.to_any_record::<AllRecordData<_, ParsedName<_>>>().unwrap();
            builder.push(record).unwrap();
        }
    }
    let mut file = Zonefile::from(more);
    file.set_default_class(Class::IN);
    file.set_origin(Name::root_bytes());
    for entry in file {
        match entry.unwrap() {
            Entry::Record(record) => builder.push(record).unwrap(),
            Entry::Include { .. } => panic!("no $INCLUDE here"),
        }
    }
    builder.finish()
}
