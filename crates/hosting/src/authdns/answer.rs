//! From a request to its answer, in memory alone.

mod content;

use super::cookie::{Secret, ServerCookie, Shown};
use super::message::{Frame, Message, PAYLOAD};
use super::rcode::Rcode;
use super::request::{Edns, Question, Request, Unread};
use super::tree::Tree;
use crate::served::Served;
use content::{Outcome, find, write};
use domain::base::iana::{Class, Opcode, Rtype};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::net::IpAddr;

/// From what questions are answered, at one moment. [`Authority::view`](super::Authority::view)
/// gives it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(super) tree: &'a Tree,
    pub(super) served: &'a Served,
    /// That of the SOA record; `None` while it is not known what is served.
    pub(super) serial: Option<u32>,
    pub(super) secret: &'a Secret,
    pub(super) now: Timestamp,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The address that the request comes from.
    pub address: IpAddr,
    /// How it came.
    pub transport: Transport,
}

/// How a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// In a stream.
    Tcp,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is no request; there is no answer.
    Silence,
    /// It is answered.
    Answer(Answered),
}

/// An answer that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Its response code.
    pub rcode: Rcode,
    /// It did not fit, and says: ask again over TCP.
    pub truncated: bool,
    /// The client has shown that its address is its own (RFC 7873).
    pub known: bool,
    pub(super) kind: Kind,
    pub(super) frame: Frame,
}

/// Kinds of answer, each of which has an account of its own with the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Records: for each name and type.
    Found,
    /// No such type: for each name.
    NoData,
    /// No such name: for the zone.
    NoName,
    /// A cookie and no question: for all.
    Cookie,
    /// An error: for each code.
    Error(Rcode),
}

/// Answers the message `request` into `out`, in place of what was there. Whatever the octets are,
/// the answer is well-formed, at most as long as the client takes, and at most 65,535 octets.
pub fn answer(view: &View<'_>, request: &[u8], client: Client, out: &mut Vec<u8>) -> Verdict {
    match Request::read(request) {
        Ok(request) => Verdict::Answer(respond(view, &request, client, out)),
        Err(Unread::Noise) => {
            out.clear();
            Verdict::Silence
        }
        Err(Unread::Malformed(header, edns)) => {
            let rcode = match refusal(header.opcode) {
                // What follows the header has another form there (RFC 8490 §5.4).
                Some(Rcode::NotImp) => Rcode::NotImp,
                Some(_) | None => Rcode::FormErr,
            };
            let mut message = Message::begin(out, None);
            if let Some(edns) = &edns {
                message.opt(edns, rcode, None);
            }
            Verdict::Answer(Answered::error(rcode, message.finish(header, rcode, false)))
        }
    }
}

fn respond(view: &View<'_>, request: &Request<'_>, client: Client, out: &mut Vec<u8>) -> Answered {
    let cookie = request.edns.as_ref().and_then(|edns| edns.cookie);
    let cookie =
        cookie.map(|option| view.secret.read(option, client.address, view.now)).transpose();
    let outcome = match &cookie {
        Ok(cookie) => decide(view, request, cookie.as_ref()),
        Err(_) => Outcome::Error(Rcode::FormErr),
    };
    let cookie = cookie.unwrap_or_default();
    let limit = limit(client.transport, request.edns.as_ref());
    let answered = compose(view, request, &outcome, (cookie, client), limit, out);
    if out.len() <= limit {
        answered
    } else if client.transport == Transport::Udp {
        answered.frame.cut(out);
        Answered { truncated: true, ..answered }
    } else {
        // Nothing that is hosted is as long as that; whoever wrote it will hear of it.
        compose(view, request, &Outcome::Error(Rcode::ServFail), (cookie, client), limit, out)
    }
}

/// What there is to say, before anything is looked up.
fn decide<'a>(view: &View<'a>, request: &Request<'_>, cookie: Option<&Shown>) -> Outcome<'a> {
    // RFC 6891 §6.1.3.
    if request.edns.as_ref().is_some_and(|edns| edns.version > 0) {
        return Outcome::Error(Rcode::BadVers);
    }
    if let Some(rcode) = refusal(request.header.opcode) {
        return Outcome::Error(rcode);
    }
    let Some(question) = &request.question else {
        // RFC 7873 §5.4: one may come for a cookie alone, or to see whether one's own still holds.
        return match cookie.map(|shown| shown.server) {
            Some(ServerCookie::Absent | ServerCookie::Ours) => Outcome::Cookie,
            Some(ServerCookie::Unknown) => Outcome::Error(Rcode::BadCookie),
            None => Outcome::Error(Rcode::FormErr),
        };
    };
    if question.class != Class::IN || matches!(question.rtype, Rtype::AXFR | Rtype::IXFR) {
        return Outcome::Error(Rcode::Refused);
    }
    find(view, question)
}

/// What every operation but a query is answered with.
fn refusal(opcode: Opcode) -> Option<Rcode> {
    match opcode {
        Opcode::QUERY => None,
        // Nobody tells this authority what it serves.
        Opcode::UPDATE | Opcode::NOTIFY => Some(Rcode::Refused),
        _ => Some(Rcode::NotImp),
    }
}

fn compose(
    view: &View<'_>,
    request: &Request<'_>,
    outcome: &Outcome<'_>,
    (cookie, client): (Option<Shown>, Client),
    limit: usize,
    out: &mut Vec<u8>,
) -> Answered {
    let question = request.question.as_ref().map(|question: &Question<'_>| question.octets);
    let mut message = Message::begin(out, question);
    let cookie_back = cookie.map(|shown| view.secret.answer(shown, client.address, view.now));
    let opt = match (&request.edns, cookie_back) {
        (None, _) => 0,
        (Some(_), None) => OPT,
        (Some(_), Some(_)) => OPT_WITH_COOKIE,
    };
    write(view, outcome, &mut message, limit.saturating_sub(opt));
    let rcode = outcome.rcode();
    if let Some(edns) = &request.edns {
        message.opt(edns, rcode, cookie_back);
    }
    let frame = message.finish(request.header, rcode, outcome.is_authoritative());
    let known = cookie.is_some_and(|shown| shown.server == ServerCookie::Ours);
    Answered { rcode, truncated: false, known, kind: outcome.kind(), frame }
}

/// How long an answer may be.
fn limit(transport: Transport, edns: Option<&Edns<'_>>) -> usize {
    match (transport, edns) {
        (Transport::Tcp, _) => u16::MAX.into(),
        (Transport::Udp, None) => PLAIN_PAYLOAD.into(),
        // RFC 6891 §6.2.3: less than 512 is 512. More than ours is never sent.
        (Transport::Udp, Some(edns)) => edns.payload.clamp(PLAIN_PAYLOAD, PAYLOAD).into(),
    }
}

impl Answered {
    fn error(rcode: Rcode, frame: Frame) -> Self {
        Self { rcode, truncated: false, known: false, kind: Kind::Error(rcode), frame }
    }
}

/// RFC 1035 §4.2.1.
const PLAIN_PAYLOAD: u16 = 512;
/// Octets of an OPT record without options, RFC 6891 §6.1.2.
const OPT: usize = 11;
/// With a COOKIE option: its head, and two cookies.
const OPT_WITH_COOKIE: usize = OPT + 4 + 24;
