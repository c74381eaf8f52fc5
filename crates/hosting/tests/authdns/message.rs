//! Queries as octets, and answers as a parser that is not ours reads them.

use domain::base::iana::{OptRcode, OptionCode};
use domain::base::message::RecordSection;
use domain::base::opt::{OptRecord, UnknownOptData};
use domain::base::{Message, Name, ParsedName, Rtype};
use domain::rdata::AllRecordData;
use std::str::FromStr;

/// A query that is put together octet by octet.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) id: u16,
    /// The third and fourth octets.
    pub(crate) flags: u16,
    pub(crate) questions: Vec<Vec<u8>>,
    /// Records of the additional section.
    pub(crate) additional: Vec<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) id: u16,
    pub(crate) rcode: OptRcode,
    /// `aa`, `tc`, `rd`, `ra`, `ad`, `cd`: those that are set.
    pub(crate) flags: String,
    pub(crate) question: Vec<String>,
    pub(crate) answer: Vec<String>,
    pub(crate) authority: Vec<String>,
    pub(crate) additional: Vec<String>,
    pub(crate) edns: Option<Opt>,
}

/// An OPT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) payload: u16,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
    /// The data of a COOKIE option.
    pub(crate) cookie: Option<Vec<u8>>,
    /// How many options there are.
    pub(crate) options: usize,
}

impl Query {
    /// With RD and without EDNS.
    pub(crate) fn new(name: &str, rtype: &str) -> Self {
        let question = question(name, Rtype::from_str(rtype).unwrap().to_int(), 1);
        Self { id: 0x1234, flags: 0x0100, questions: vec![question], additional: Vec::new() }
    }

    pub(crate) fn flags(self, flags: u16) -> Self {
        Self { flags, ..self }
    }

    /// With an OPT record, its options as they are on the wire.
    pub(crate) fn edns(mut self, payload: u16, version: u8, flags: u16, options: &[u8]) -> Self {
        self.additional.push(opt(payload, version, flags, options));
        self
    }

    pub(crate) fn cookie(self, cookie: &[u8]) -> Self {
        let length = u16::try_from(cookie.len()).unwrap();
        let option = [&[0, 10], &length.to_be_bytes()[..], cookie].concat();
        self.edns(1232, 0, 0, &option)
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let count = |section: &Vec<Vec<u8>>| u16::try_from(section.len()).unwrap();
        let header = [self.id, self.flags, count(&self.questions), 0, 0, count(&self.additional)];
        let mut octets: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
        octets.extend(self.questions.concat());
        octets.extend(self.additional.concat());
        octets
    }

    /// With its length before it, for a stream.
    pub(crate) fn framed(&self) -> Vec<u8> {
        framed(&self.octets())
    }
}

pub(crate) fn framed(octets: &[u8]) -> Vec<u8> {
    [&u16::try_from(octets.len()).unwrap().to_be_bytes(), octets].concat()
}

pub(crate) fn question(name: &str, rtype: u16, class: u16) -> Vec<u8> {
    let mut octets = Name::vec_from_str(name).unwrap().as_slice().to_vec();
    octets.extend(rtype.to_be_bytes());
    octets.extend(class.to_be_bytes());
    octets
}

pub(crate) fn opt(payload: u16, version: u8, flags: u16, options: &[u8]) -> Vec<u8> {
    let mut record = vec![0, 0, 41];
    record.extend(payload.to_be_bytes());
    record.extend([0, version]);
    record.extend(flags.to_be_bytes());
    record.extend(u16::try_from(options.len()).unwrap().to_be_bytes());
    record.extend(options);
    record
}

impl Reply {
    /// Reads every record of an answer.
    pub(crate) fn of(octets: &[u8]) -> Self {
        Self::read(octets).unwrap_or_else(|| panic!("no answer: {octets:02x?}"))
    }

    /// The same for what may be no answer, or have octets left over.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let whole = Self::read_start(octets)?;
        // Without its last octet it must be less, or that octet belongs to nothing.
        let less = octets.split_last().and_then(|(_, less)| Self::read_start(less));
        less.is_none().then_some(whole)
    }

    fn read_start(octets: &[u8]) -> Option<Self> {
        let message = Message::from_octets(octets).ok()?;
        let header = message.header();
        let flags = [
            (header.aa(), "aa"),
            (header.tc(), "tc"),
            (header.rd(), "rd"),
            (header.ra(), "ra"),
            (header.z(), "z"),
            (header.ad(), "ad"),
            (header.cd(), "cd"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let question: Result<Vec<_>, _> =
            message.question().map(|question| question.map(|q| q.to_string())).collect();
        let (_, answer, authority, additional) = message.sections().ok()?;
        Some(Self {
            id: header.id(),
            rcode: message.opt_rcode(),
            flags: flags.join(" "),
            question: question.ok()?,
            answer: texts(answer)?,
            authority: texts(authority)?,
            additional: texts(additional)?,
            edns: match message.opt() {
                Some(record) => Some(Opt::of(&record)?),
                None => None,
            },
        })
        .filter(|_| header.qr())
    }
}

impl Opt {
    fn of(record: &OptRecord<&[u8]>) -> Option<Self> {
        let options: Result<Vec<_>, _> = record.opt().iter::<UnknownOptData<_>>().collect();
        let options = options.ok()?;
        let cookie = options.iter().find(|option| option.code() == OptionCode::COOKIE);
        Some(Self {
            payload: record.udp_payload_size(),
            version: record.version(),
            dnssec_ok: record.dnssec_ok(),
            cookie: cookie.map(|option| option.as_slice().to_vec()),
            options: options.len(),
        })
    }
}

/// The records of a section in zone-file form, without OPT; `None` if one cannot be read.
fn texts(section: RecordSection<'_, &[u8]>) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for record in section {
        let record = record.ok()?;
        if record.rtype() != Rtype::OPT {
            let record = record.to_any_record::<AllRecordData<_, ParsedName<_>>>().ok()?;
            texts.push(record.to_string());
        }
    }
    Some(texts)
}
