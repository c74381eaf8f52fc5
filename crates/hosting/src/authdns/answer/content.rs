//! What there is at a name, and how it goes into an answer.

use super::{Kind, View};
use crate::authdns::message::{Message, Owner, Section};
use crate::authdns::rcode::Rcode;
use crate::authdns::request::Question;
use crate::authdns::tree::{NEGATIVE_TTL, Place, Rdata, RrSet};
use crate::served::Site;
use domain::base::iana::Rtype;
use ironpost_proto::delegation::Target;
use ironpost_proto::mta_sts::record::Record;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// What a question comes to.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    /// Nothing is answered.
    Error(Rcode),
    /// The cookie, which every answer has, and nothing else.
    Cookie,
    /// Records that are there by configuration.
    Set(&'a RrSet),
    /// The TXT records of a hosted domain.
    Texts(Arc<Site>, Target),
    /// Whatever there is was asked for.
    Anything,
    /// The name exists; of this type it has nothing.
    NoData,
    /// The name does not exist, nor does anything below it.
    NoName,
}

/// Looks a question of class IN up.
pub(super) fn find<'a>(view: &View<'a>, question: &Question<'_>) -> Outcome<'a> {
    let place = view.tree.place(&question.name);
    if let Place::Elsewhere = place {
        return Outcome::Error(Rcode::Refused);
    }
    // Nobody may learn that a name does not exist from a node that has yet to load the names.
    if view.serial.is_none() {
        return Outcome::Error(Rcode::ServFail);
    }
    match place {
        Place::Elsewhere => Outcome::Error(Rcode::Refused),
        Place::Node(sets) => among(sets, question.rtype),
        Place::Site(target, token) => match view.served.by_token(token) {
            Some(site) => at_site(view, site, target, question.rtype),
            None => Outcome::NoName,
        },
        Place::Nowhere => Outcome::NoName,
    }
}

/// All four names of a hosted domain exist from its first day to its last: what is published a
/// minute from now must not be denied along with its name until then.
fn at_site<'a>(view: &View<'a>, site: Arc<Site>, target: Target, rtype: Rtype) -> Outcome<'a> {
    let has_texts = match target {
        Target::PolicyHost => return among(view.tree.policy_host(), rtype),
        Target::Record => site.record.is_some(),
        Target::ReportRecord => site.rua.is_some(),
        Target::Challenge => !site.dns_challenges.is_empty(),
    };
    match rtype {
        Rtype::TXT if has_texts => Outcome::Texts(site, target),
        Rtype::ANY if has_texts => Outcome::Anything,
        _ => Outcome::NoData,
    }
}

fn among(sets: &[RrSet], rtype: Rtype) -> Outcome<'_> {
    if rtype == Rtype::ANY && !sets.is_empty() {
        return Outcome::Anything;
    }
    match sets.iter().find(|set| set.rtype == rtype && !set.data.is_empty()) {
        Some(set) => Outcome::Set(set),
        None => Outcome::NoData,
    }
}

impl Outcome<'_> {
    pub(super) fn rcode(&self) -> Rcode {
        match self {
            Self::Error(rcode) => *rcode,
            Self::NoName => Rcode::NxDomain,
            Self::Cookie | Self::Set(_) | Self::Texts(..) | Self::Anything | Self::NoData => {
                Rcode::NoError
            }
        }
    }

    pub(super) fn is_authoritative(&self) -> bool {
        !matches!(self, Self::Error(_) | Self::Cookie)
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Error(rcode) => Kind::Error(*rcode),
            Self::Cookie => Kind::Cookie,
            Self::Set(_) | Self::Texts(..) | Self::Anything => Kind::Found,
            Self::NoData => Kind::NoData,
            Self::NoName => Kind::NoName,
        }
    }
}

/// Writes the records of an outcome; those that are but helpful, as far as there is room below
/// `limit`.
pub(super) fn write(
    view: &View<'_>,
    outcome: &Outcome<'_>,
    message: &mut Message<'_>,
    limit: usize,
) {
    if outcome.is_authoritative() {
        message.set_apex(view.tree.apex_length());
    }
    match outcome {
        Outcome::Error(_) | Outcome::Cookie => {}
        Outcome::Set(set) => {
            write_set(view, message, (Section::Answer, Owner::Question), set);
            if set.rtype == Rtype::NS {
                write_glue(view, message, limit);
            }
        }
        Outcome::Texts(site, target) => write_texts(view, message, site, *target),
        // RFC 8482 §4.2: one record that says that nobody is told everything.
        Outcome::Anything => {
            let kind = (Rtype::HINFO, view.tree.ttl);
            message.record(Section::Answer, Owner::Question, kind, |out, _| {
                out.extend_from_slice(b"\x07RFC8482\x00");
            });
        }
        // RFC 2308 §2 and §3: with the SOA record, whose TTL is that of the denial.
        Outcome::NoData | Outcome::NoName => {
            let serial = view.serial.unwrap_or_default();
            let kind = (Rtype::SOA, NEGATIVE_TTL);
            message.record(Section::Authority, Owner::Apex, kind, |out, apex| {
                view.tree.write_soa(out, apex, serial);
            });
        }
    }
}

fn write_set(
    view: &View<'_>,
    message: &mut Message<'_>,
    (section, owner): (Section, Owner<'_>),
    set: &RrSet,
) {
    for data in &set.data {
        message.record(section, owner, (set.rtype, set.ttl), |out, apex| match data {
            Rdata::Octets(octets) => out.extend_from_slice(octets),
            Rdata::Name(name) => name.write(out, apex),
            Rdata::Soa => view.tree.write_soa(out, apex, view.serial.unwrap_or_default()),
        });
    }
}

/// The addresses of name servers. RFC 2181 §9: what is left out here truncates nothing.
fn write_glue(view: &View<'_>, message: &mut Message<'_>, limit: usize) {
    for (name, sets) in view.tree.glue() {
        for set in sets {
            let before = message.len();
            write_set(view, message, (Section::Additional, Owner::Name(name)), set);
            if message.len() > limit {
                let records = u16::try_from(set.data.len()).unwrap_or(u16::MAX);
                message.take_back(before, Section::Additional, records);
                return;
            }
        }
    }
}

fn write_texts(view: &View<'_>, message: &mut Message<'_>, site: &Site, target: Target) {
    let mut write = |ttl: u32, text: fmt::Arguments<'_>| {
        message.record(Section::Answer, Owner::Question, (Rtype::TXT, ttl), |out, _| {
            // Writing into a vector cannot fail.
            let _ = Strings::begin(out).write_fmt(text);
        });
    };
    match target {
        Target::PolicyHost => {}
        Target::Record => {
            if let Some(id) = &site.record {
                write(view.tree.ttl, format_args!("{}", Record::new(id.clone())));
            }
        }
        Target::ReportRecord => {
            if let Some(rua) = &site.rua {
                write(REPORT_TTL.max(view.tree.ttl), format_args!("v=TLSRPTv1; rua={rua};"));
            }
        }
        // The next order has other values.
        Target::Challenge => {
            for value in &site.dns_challenges {
                write(view.tree.ttl.min(NEGATIVE_TTL), format_args!("{value}"));
            }
        }
    }
}

/// The data of a TXT record: strings of up to 255 octets, each with its length before it
/// (RFC 1035 §3.3.14). Readers join them with nothing between (RFC 8461 §3.1, RFC 8460 §3).
struct Strings<'a> {
    out: &'a mut Vec<u8>,
    /// Where the length of the last string stands.
    length: usize,
}

impl<'a> Strings<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        let length = out.len();
        out.push(0);
        Self { out, length }
    }
}

impl fmt::Write for Strings<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let length = self.out.len() - self.length - 1;
            if length == MAX_STRING {
                self.length = self.out.len();
                self.out.push(0);
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(MAX_STRING - length));
            self.out.extend_from_slice(now);
            if let Some(place) = self.out.get_mut(self.length) {
                *place = u8::try_from(length + now.len()).unwrap_or(u8::MAX);
            }
            rest = later;
        }
        Ok(())
    }
}

/// RFC 8460 §7: a large TTL, so that whoever keeps the record from senders has to do so for long. As
/// long as a report covers.
const REPORT_TTL: u32 = 86_400;
/// RFC 1035 §3.3: octets of a character string.
const MAX_STRING: usize = 255;
