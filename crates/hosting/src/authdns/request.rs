//! Reading a request, whatever its octets are.

use super::name::{Lowered, length, length_compressed};
use domain::base::iana::{Class, Opcode, OptionCode, Rtype};

/// Why a message is no request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unread<'a> {
    /// Nothing to answer: an answer itself, or less than a header.
    Noise,
    /// A request that cannot be read, or not further than to its OPT record.
    Malformed(Header, Option<Edns<'a>>),
}

/// What an answer takes over from the header of its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) id: [u8; 2],
    pub(super) opcode: Opcode,
    /// RD.
    pub(super) recursion_desired: bool,
}

/// A request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) header: Header,
    pub(super) question: Option<Question<'a>>,
    pub(super) edns: Option<Edns<'a>>,
}

/// The one question of a request.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// All of it, as it came.
    pub(super) octets: &'a [u8],
    /// Its name.
    pub(super) name: Lowered,
    pub(super) rtype: Rtype,
    pub(super) class: Class,
}

/// The OPT record of a request (RFC 6891 §6.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edns<'a> {
    /// The UDP payload that the client takes.
    pub(super) payload: u16,
    pub(super) version: u8,
    /// DO.
    pub(super) dnssec_ok: bool,
    /// The data of the first COOKIE option.
    pub(super) cookie: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Unread<'a>> {
        let (header, rest) = message.split_first_chunk::<12>().ok_or(Unread::Noise)?;
        let [id_high, id_low, first_flags, _, counts @ ..] = *header;
        // RFC 1035 §7.3: an answer is not answered.
        if first_flags & QR != 0 {
            return Err(Unread::Noise);
        }
        let header = Header {
            id: [id_high, id_low],
            opcode: Opcode::from_int((first_flags >> 3) & 0x0f),
            recursion_desired: first_flags & RD != 0,
        };
        let mut request = Self { header, question: None, edns: None };
        match request.read_sections(counts, rest) {
            Some(()) => Ok(request),
            // RFC 6891 §6.1.1: what came with an OPT record is answered with one, even so.
            None => Err(Unread::Malformed(header, request.edns)),
        }
    }

    /// What follows the header; `None` if it is malformed.
    fn read_sections(&mut self, counts: [u8; 8], mut rest: &'a [u8]) -> Option<()> {
        let [q1, q2, an1, an2, ns1, ns2, ar1, ar2] = counts;
        let questions = u16::from_be_bytes([q1, q2]);
        for _ in 0..questions {
            self.question = Some(Question::take(&mut rest)?);
        }
        // IXFR has its SOA record there (RFC 1995 §3), UPDATE all that it wants.
        for _ in 0..u16::from_be_bytes([an1, an2]) {
            Record::take(&mut rest)?.data?;
        }
        for _ in 0..u16::from_be_bytes([ns1, ns2]) {
            Record::take(&mut rest)?.data?;
        }
        for _ in 0..u16::from_be_bytes([ar1, ar2]) {
            let record = Record::take(&mut rest)?;
            if record.rtype == Rtype::OPT {
                self.read_edns(&record)?;
            }
            record.data?;
        }
        // RFC 9619 §4: one question, or none.
        (questions <= 1 && rest.is_empty()).then_some(())
    }

    fn read_edns(&mut self, record: &Record<'a>) -> Option<()> {
        // RFC 6891 §6.1.1: one OPT record, no more.
        if self.edns.is_some() {
            return None;
        }
        let edns = self.edns.insert(Edns::of(record));
        if !record.owner_is_root {
            return None;
        }
        // RFC 6891 §6.1.3: what a later version has in the place of options, only it knows.
        if edns.version == 0 { edns.read_options(record.data?) } else { Some(()) }
    }
}

impl<'a> Question<'a> {
    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let name = length(rest)?;
        let (octets, after) = rest.split_at_checked(name + 4)?;
        let (name, fixed) = octets.split_at_checked(name)?;
        let [t1, t2, c1, c2] = *fixed.first_chunk()?;
        *rest = after;
        Some(Self {
            octets,
            name: Lowered::of(name),
            rtype: Rtype::from_int(u16::from_be_bytes([t1, t2])),
            class: Class::from_int(u16::from_be_bytes([c1, c2])),
        })
    }
}

/// A resource record, as far as anybody here wants to know.
struct Record<'a> {
    owner_is_root: bool,
    rtype: Rtype,
    class: u16,
    ttl: [u8; 4],
    /// `None` if the message ends before.
    data: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    fn take(rest: &mut &'a [u8]) -> Option<Self> {
        let (owner, after) = rest.split_at_checked(length_compressed(rest)?)?;
        let ([t1, t2, c1, c2, ttl @ .., l1, l2], after) = after.split_first_chunk::<10>()?;
        let data = after.split_at_checked(u16::from_be_bytes([*l1, *l2]).into());
        *rest = data.map_or(&[], |(_, after)| after);
        Some(Self {
            owner_is_root: owner == [0],
            rtype: Rtype::from_int(u16::from_be_bytes([*t1, *t2])),
            class: u16::from_be_bytes([*c1, *c2]),
            ttl: *ttl,
            data: data.map(|(data, _)| data),
        })
    }
}

impl<'a> Edns<'a> {
    /// RFC 6891 §6.1.3.
    fn of(record: &Record<'a>) -> Self {
        let [_, version, flags, _] = record.ttl;
        Self { payload: record.class, version, dnssec_ok: flags & DO != 0, cookie: None }
    }

    /// RFC 6891 §6.1.2; `None` if they are malformed.
    fn read_options(&mut self, mut options: &'a [u8]) -> Option<()> {
        while !options.is_empty() {
            let ([c1, c2, l1, l2], after) = options.split_first_chunk::<4>()?;
            let code = OptionCode::from_int(u16::from_be_bytes([*c1, *c2]));
            let length = u16::from_be_bytes([*l1, *l2]);
            let (data, after) = after.split_at_checked(length.into())?;
            // RFC 7873 §5.2: only the first counts. Options of other kinds are not for us.
            if code == OptionCode::COOKIE && self.cookie.is_none() {
                self.cookie = Some(data);
            }
            options = after;
        }
        Some(())
    }
}

/// RFC 1035 §4.1.1, in the first octet of flags.
const QR: u8 = 0x80;
const RD: u8 = 0x01;
/// RFC 6891 §6.1.4, in the first octet of the extended flags.
const DO: u8 = 0x80;
