//! Writing an answer.

use super::name::{POINTER, PackedName};
use super::rcode::Rcode;
use super::request::{Edns, Header};
use domain::base::iana::{Class, OptionCode, Rtype};

/// An answer that is being written. Sections are written in their order.
#[derive(Debug)]
pub(super) struct Message<'a> {
    out: &'a mut Vec<u8>,
    counts: [u16; 4],
    /// Where the apex of the zone stands, once there is a question below it.
    apex: u16,
    question_end: usize,
    opt_start: Option<usize>,
}

/// Where the parts of an answer are that stay when the others are cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    question_end: usize,
    opt_start: usize,
}

/// The sections of an answer that hold records (RFC 1035 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Answer = 1,
    Authority = 2,
    Additional = 3,
}

/// At which name a record is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'a> {
    /// That of the question.
    Question,
    /// The zone's.
    Apex,
    /// Another.
    Name(&'a PackedName),
}

impl<'a> Message<'a> {
    /// Begins an answer with the question as it came: its letters keep their case.
    pub(super) fn begin(out: &'a mut Vec<u8>, question: Option<&[u8]>) -> Self {
        out.clear();
        out.extend_from_slice(&[0; HEADER]);
        let question_end = HEADER + question.map_or(0, <[u8]>::len);
        out.extend_from_slice(question.unwrap_or_default());
        let counts = [question.is_some().into(), 0, 0, 0];
        Self { out, counts, apex: 0, question_end, opt_start: None }
    }

    /// Says that the question's name ends in the apex, which has `length` octets.
    pub(super) fn set_apex(&mut self, length: usize) {
        // Type and class stand after the name.
        let start = self.question_end.saturating_sub(4 + length);
        self.apex = u16::try_from(start).unwrap_or_default();
    }

    /// Appends a record, whose data `write` appends, given the place of the apex.
    pub(super) fn record(
        &mut self,
        section: Section,
        owner: Owner<'_>,
        (rtype, ttl): (Rtype, u32),
        write: impl FnOnce(&mut Vec<u8>, u16),
    ) {
        match owner {
            Owner::Question => self.out.extend_from_slice(&(POINTER | QUESTION).to_be_bytes()),
            Owner::Apex => self.out.extend_from_slice(&(POINTER | self.apex).to_be_bytes()),
            Owner::Name(name) => name.write(self.out, self.apex),
        }
        self.out.extend_from_slice(&rtype.to_int().to_be_bytes());
        self.out.extend_from_slice(&Class::IN.to_int().to_be_bytes());
        self.out.extend_from_slice(&ttl.to_be_bytes());
        let start = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        write(self.out, self.apex);
        let length = self.out.len() - start - 2;
        // Data of more than 65,535 octets makes a message of more, which nobody is sent.
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        put(self.out, start, length);
        self.count(section);
    }

    /// The octets so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back the records after the first `length` octets, of which `records` are in `section`.
    pub(super) fn take_back(&mut self, length: usize, section: Section, records: u16) {
        self.out.truncate(length);
        if let Some(count) = self.counts.get_mut(section as usize) {
            *count = count.saturating_sub(records);
        }
    }

    /// Appends the OPT record (RFC 6891 §6.1.2), the last one.
    pub(super) fn opt(&mut self, asked: &Edns<'_>, rcode: Rcode, cookie: Option<[u8; 24]>) {
        self.opt_start = Some(self.out.len());
        self.out.push(0);
        self.out.extend_from_slice(&Rtype::OPT.to_int().to_be_bytes());
        self.out.extend_from_slice(&PAYLOAD.to_be_bytes());
        // The upper bits of the response code, version 0, DO as it came (RFC 3225 §3).
        let dnssec_ok = if asked.dnssec_ok { 0x80 } else { 0 };
        self.out.extend_from_slice(&[rcode.number() >> 4, 0, dnssec_ok, 0]);
        match cookie {
            Some(cookie) => {
                self.out.extend_from_slice(&[0, 28]);
                self.out.extend_from_slice(&OptionCode::COOKIE.to_int().to_be_bytes());
                self.out.extend_from_slice(&[0, 24]);
                self.out.extend_from_slice(&cookie);
            }
            None => self.out.extend_from_slice(&[0, 0]),
        }
        self.count(Section::Additional);
    }

    /// Writes the header, and is done.
    pub(super) fn finish(self, header: Header, rcode: Rcode, authoritative: bool) -> Frame {
        let [id_high, id_low] = header.id;
        // RFC 1035 §4.1.1: QR, OPCODE, AA, TC, RD; RA, Z, AD and CD stay clear (RFC 4035 §3.1.6).
        let flags = 0x80
            | header.opcode.to_int() << 3
            | u8::from(authoritative) << 2
            | u8::from(header.recursion_desired);
        for (place, octet) in
            self.out.iter_mut().zip([id_high, id_low, flags, rcode.number() & 0x0f])
        {
            *place = octet;
        }
        for (n, count) in self.counts.into_iter().enumerate() {
            put(self.out, 4 + 2 * n, count);
        }
        let opt_start = self.opt_start.unwrap_or(self.out.len());
        Frame { question_end: self.question_end, opt_start }
    }

    fn count(&mut self, section: Section) {
        if let Some(count) = self.counts.get_mut(section as usize) {
            *count += 1;
        }
    }
}

impl Frame {
    /// The question of an answer; nothing where there is none.
    pub(super) fn question(self, out: &[u8]) -> &[u8] {
        out.get(HEADER..self.question_end).unwrap_or_default()
    }

    /// Cuts an answer down to its header, its question and its OPT record, and sets TC
    /// (RFC 2181 §9).
    pub(super) fn cut(self, out: &mut Vec<u8>) {
        let opt = out.len().saturating_sub(self.opt_start);
        out.drain(self.question_end..self.opt_start);
        put(out, 6, 0);
        put(out, 8, 0);
        put(out, 10, u16::from(opt > 0));
        if let Some(flags) = out.get_mut(2) {
            *flags |= TC;
        }
    }
}

fn put(out: &mut [u8], at: usize, number: u16) {
    if let Some(place) = out.get_mut(at..at + 2) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}

/// What arrives over every path in one piece, as the resolvers agreed in 2020.
pub(super) const PAYLOAD: u16 = 1232;
/// RFC 1035 §4.1.1: octets of a header.
const HEADER: usize = 12;
/// Where the question begins.
const QUESTION: u16 = 12;
/// RFC 1035 §4.1.1, in the third octet.
const TC: u8 = 0x02;
