//! From a question to an answer.

use super::name::WireName;
use super::tree::{Found, RrSet, Tree};
use crate::address::RESOLVER;
use crate::hosted;
use crate::peers::Fault;
use crate::seen::{Seen, SeenLog, Transport};
use domain::base::iana::exterr::ExtendedErrorCode;
use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, StaticCompressor};
use domain::base::opt::exterr::ExtendedError;
use domain::base::rdata::UnknownRecordData;
use domain::base::{Message, MessageBuilder, Name, Ttl};
use std::borrow::Cow;
use std::net::Ipv4Addr;

/// A DNS server at one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) seen: &'a SeenLog,
    pub(crate) address: Ipv4Addr,
    pub(crate) transport: Transport,
}

/// What is known of a question before it is answered.
struct Query<'a> {
    message: Message<&'a [u8]>,
    name: WireName,
    rtype: Rtype,
    /// The client's EDNS buffer size and DO bit, if it speaks EDNS.
    edns: Option<(u16, bool)>,
}

/// What comes of a message.
pub(crate) enum Reply {
    /// An answer.
    Whole(Vec<u8>),
    /// Another server knows the rest.
    Forward(Box<Pending>),
}

/// A question that leads into a zone of somebody else.
pub(crate) struct Pending {
    pub(super) question: Vec<u8>,
    pub(super) transport: Transport,
    /// What to ask there.
    pub(super) name: WireName,
    pub(super) rtype: Rtype,
    /// The aliases that led there.
    pub(super) records: Vec<(WireName, RrSet)>,
}

/// An answer before it is put on the wire.
pub(super) struct Answer<'a> {
    pub(super) rcode: Rcode,
    pub(super) records: Vec<(WireName, Cow<'a, RrSet>)>,
    /// The zone whose SOA record proves that there is nothing.
    pub(super) denied_by: Option<WireName>,
    /// Where somebody else's zone begins.
    pub(super) goes_on_at: Option<WireName>,
    pub(super) secure: bool,
    pub(super) bogus: bool,
}

impl<'a> Server<'a> {
    /// Answers one message; `None` for silence.
    pub(crate) fn answer(&self, octets: &[u8]) -> Option<Reply> {
        let message = Message::from_octets(octets).ok()?;
        // RFC 1035 §7.3: an answer is not answered.
        if message.header().qr() {
            return None;
        }
        let Some(query) = Query::of(message) else {
            let refusal = MessageBuilder::new_vec().start_error(&message, Rcode::FORMERR);
            return Some(Reply::Whole(refusal.finish()));
        };
        self.seen.push(Seen::Dns {
            server: self.address.into(),
            transport: self.transport,
            name: query.name.to_string(),
            record_type: query.rtype.to_string(),
            recursive: message.header().rd(),
        });
        let answer = self.resolve(&query)?;
        if let Some(name) = answer.goes_on_at {
            let so_far = answer.records.into_iter().map(|(owner, set)| (owner, set.into_owned()));
            let records = so_far.collect();
            let (question, rtype, transport) = (octets.to_vec(), query.rtype, self.transport);
            let pending = Pending { question, transport, name, rtype, records };
            return Some(Reply::Forward(Box::new(pending)));
        }
        self.compose(&query, &answer).map(Reply::Whole)
    }

    /// The answer to a question that another server had to be asked about.
    pub(super) fn conclude(&self, octets: &[u8], answer: &Answer<'_>) -> Option<Vec<u8>> {
        let query = Query::of(Message::from_octets(octets).ok()?)?;
        self.compose(&query, answer)
    }

    /// Follows the aliases and finds what there is; `None` for silence.
    fn resolve(&self, query: &Query<'_>) -> Option<Answer<'a>> {
        let header = query.message.header();
        let mut answer = Answer { secure: true, ..Answer::bare(Rcode::NOERROR) };
        if header.opcode() != Opcode::QUERY {
            answer.rcode = Rcode::NOTIMP;
            return Some(answer);
        }
        let recursive = self.address == RESOLVER && header.rd();
        let apex = self.tree.zone_of(&query.name).map(|(apex, _)| apex);
        let mut name = query.name.clone();
        loop {
            match self.tree.fault(&name, query.rtype) {
                Some(Fault::Timeout) => return None,
                Some(Fault::Servfail) => return Some(Answer::bare(Rcode::SERVFAIL)),
                Some(Fault::Refused) => return Some(Answer::bare(Rcode::REFUSED)),
                // RFC 4035 §3.2.2: who sets CD wants to see it all the same; and an
                // authoritative server does not validate.
                Some(Fault::Bogus) if recursive && !header.cd() => {
                    return Some(Answer { bogus: true, ..Answer::bare(Rcode::SERVFAIL) });
                }
                Some(Fault::Bogus) => answer.secure = false,
                None => {}
            }
            let (zone_name, zone) = self.tree.zone_of(&name)?;
            if !recursive && Some(zone_name) != apex {
                return Some(answer);
            }
            if recursive && hosted::is_within(&name) {
                answer.goes_on_at = Some(name);
                return Some(answer);
            }
            answer.secure &= zone.secure && recursive && !header.cd();
            match self.tree.find(self.address, &name, query.rtype) {
                Found::Records(set) => {
                    answer.records.push((name, set));
                    return Some(answer);
                }
                Found::Alias(set) => {
                    let target = set.data.first().and_then(|data| WireName::from_rdata(data));
                    answer.records.push((name, set));
                    match target {
                        // A loop, or a chain too long for anyone: what is known of it.
                        Some(next) if answer.goes_on_to(&next) => name = next,
                        Some(_) | None => return Some(answer),
                    }
                }
                Found::NoData => {
                    answer.denied_by = Some(zone_name.clone());
                    return Some(answer);
                }
                Found::NxDomain => {
                    answer.denied_by = Some(zone_name.clone());
                    answer.rcode = Rcode::NXDOMAIN;
                    return Some(answer);
                }
            }
        }
    }

    fn compose(&self, query: &Query<'_>, answer: &Answer<'_>) -> Option<Vec<u8>> {
        let limit = match self.transport {
            Transport::Tcp => usize::from(u16::MAX),
            Transport::Udp => query
                .edns
                .map_or(PLAIN_LIMIT, |(size, _)| size.clamp(PLAIN_LIMIT, EDNS_LIMIT))
                .into(),
        };
        let whole = self.write(query, answer, false)?;
        if whole.len() <= limit { Some(whole) } else { self.write(query, answer, true) }
    }

    /// Puts an answer on the wire; a truncated one is empty and says so (RFC 2181 §9).
    fn write(&self, query: &Query<'_>, answer: &Answer<'_>, truncated: bool) -> Option<Vec<u8>> {
        let target = StaticCompressor::new(Vec::with_capacity(512));
        let builder = MessageBuilder::from_target(target).ok()?;
        let mut section = builder.start_answer(&query.message, answer.rcode).ok()?;
        let asked = query.message.header();
        let wants_ad = asked.ad() || query.edns.is_some_and(|(_, dnssec_ok)| dnssec_ok);
        let header = section.header_mut();
        header.set_aa(self.address != RESOLVER || !asked.rd());
        header.set_ra(self.address == RESOLVER);
        header.set_cd(asked.cd());
        header.set_tc(truncated);
        // RFC 6840 §5.7, §5.8.
        header.set_ad(answer.secure && wants_ad);
        if !truncated {
            for (name, set) in &answer.records {
                push_all(&mut section, name, set)?;
            }
        }
        let mut section = section.authority();
        if let Some((apex, zone)) = answer.denied_by.as_ref().and_then(|n| self.tree.zone_of(n)) {
            let data = UnknownRecordData::from_octets(Rtype::SOA, zone.soa.as_ref()).ok()?;
            let owner = Name::from_slice(apex.as_slice()).ok()?;
            section.push((owner, Class::IN, NEGATIVE_TTL, data)).ok()?;
        }
        let mut section = section.additional();
        if let Some((_, dnssec_ok)) = query.edns {
            push_edns(&mut section, dnssec_ok, answer.bogus)?;
        }
        Some(section.finish().into_target())
    }
}

impl<'a> Query<'a> {
    fn of(message: Message<&'a [u8]>) -> Option<Self> {
        let question = message.sole_question().ok()?;
        let name = WireName::of(question.qname());
        let opt = message.opt();
        let edns = opt.map(|opt| (opt.udp_payload_size(), opt.dnssec_ok()));
        (question.qclass() == Class::IN).then(|| Self {
            message,
            name,
            rtype: question.qtype(),
            edns,
        })
    }
}

impl Answer<'_> {
    pub(super) fn bare(rcode: Rcode) -> Self {
        Self {
            rcode,
            records: Vec::new(),
            denied_by: None,
            goes_on_at: None,
            secure: false,
            bogus: false,
        }
    }

    fn goes_on_to(&self, target: &WireName) -> bool {
        self.records.len() < MAX_ALIASES && self.records.iter().all(|(owner, _)| owner != target)
    }
}

fn push_all(
    section: &mut AnswerBuilder<StaticCompressor<Vec<u8>>>,
    name: &WireName,
    set: &RrSet,
) -> Option<()> {
    let owner = Name::from_slice(name.as_slice()).ok()?;
    for data in &set.data {
        let data = UnknownRecordData::from_octets(set.rtype, data.as_ref()).ok()?;
        section.push((owner, Class::IN, Ttl::from_secs(set.ttl), data)).ok()?;
    }
    Some(())
}

fn push_edns(
    section: &mut AdditionalBuilder<StaticCompressor<Vec<u8>>>,
    dnssec_ok: bool,
    bogus: bool,
) -> Option<()> {
    section
        .opt(|opt| {
            opt.set_udp_payload_size(EDNS_LIMIT);
            opt.set_dnssec_ok(dnssec_ok);
            if bogus {
                let code = ExtendedErrorCode::DNSSEC_BOGUS;
                if let Ok(error) = ExtendedError::<Vec<u8>>::new_with_str(code, BOGUS_TEXT) {
                    opt.push(&error)?;
                }
            }
            Ok(())
        })
        .ok()
}

/// RFC 1035 §4.2.1.
const PLAIN_LIMIT: u16 = 512;

/// What passes every path unfragmented.
const EDNS_LIMIT: u16 = 1232;

/// More than anybody follows.
const MAX_ALIASES: usize = 32;

const NEGATIVE_TTL: Ttl = Ttl::from_secs(300);

const BOGUS_TEXT: &str = "signature expired";
