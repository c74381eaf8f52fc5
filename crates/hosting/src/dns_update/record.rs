//! Records as they stand in a zone.

use crate::delegation::{RecordToPublish, Type};
use domain::base::iana::Class;
use domain::base::name::{Label, Name, ToLabelIter, ToName};
use domain::base::rdata::LongRecordData;
use domain::base::{ParsedRecord, Record, Rtype, Ttl, UnknownRecordData};
use domain::rdata::{A, Aaaa, Cname, Txt};
use ironpost_proto::domain::DnsName;
use ironpost_proto::visible::Visible;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A record that stands in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its type.
    pub rtype: Type,
    /// Its value as a form has it: a name without the dot at its end, a text without quotation
    /// marks and its strings joined, an address.
    pub text: Text,
    /// Its value on the wire, names in full.
    pub(super) rdata: Vec<u8>,
}

/// A value, any octets. Shown with nothing in it acting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Vec<u8>);

impl Text {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible::excerpt(&self.0, MAX_SHOWN).fmt(f)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rtype {
            Type::Txt => write!(f, "TXT \"{}\"", self.text),
            Type::Cname => write!(f, "CNAME {}.", self.text),
            Type::A | Type::Aaaa => write!(f, "{} {}", self.rtype, self.text),
        }
    }
}

impl Found {
    /// From a value as a form has it; `None` if it is none of that type.
    pub(super) fn new(rtype: Type, value: &str) -> Option<Self> {
        let (text, rdata) = match rtype {
            Type::Cname => {
                let name = value.parse::<DnsName>().ok()?;
                let rdata = wire_name(&name)?.as_slice().to_vec();
                (name.as_str().as_bytes().to_vec(), rdata)
            }
            Type::Txt => (value.as_bytes().to_vec(), strings(value.as_bytes())),
            Type::A => {
                let address = value.parse::<Ipv4Addr>().ok()?;
                (address.to_string().into_bytes(), address.octets().to_vec())
            }
            Type::Aaaa => {
                let address = value.parse::<Ipv6Addr>().ok()?;
                (address.to_string().into_bytes(), address.octets().to_vec())
            }
        };
        Some(Self { rtype, text: Text(text), rdata })
    }

    /// From a record of an answer; `None` for one of another type, or one that cannot be read.
    pub(super) fn read(record: &ParsedRecord<'_, Vec<u8>>) -> Option<Self> {
        let (rtype, text, rdata) = match record.rtype() {
            Rtype::CNAME => {
                let record = record.to_record::<Cname<_>>().ok()??;
                let name: Name<Vec<u8>> = record.data().cname().to_name();
                let labels = name.iter_labels().map(Label::as_slice);
                let text = DnsName::from_labels(labels).as_str().as_bytes().to_vec();
                (Type::Cname, text, name.as_slice().to_vec())
            }
            Rtype::TXT => {
                let record = record.to_record::<Txt<_>>().ok()??;
                let strings: Vec<&[u8]> = record.data().iter().collect();
                let rdata = strings.iter().flat_map(|string| character_string(string));
                (Type::Txt, strings.concat(), rdata.collect())
            }
            Rtype::A => {
                let record = record.to_record::<A>().ok()??;
                let address = record.data().addr();
                (Type::A, address.to_string().into_bytes(), address.octets().to_vec())
            }
            Rtype::AAAA => {
                let record = record.to_record::<Aaaa>().ok()??;
                let address = record.data().addr();
                (Type::Aaaa, address.to_string().into_bytes(), address.octets().to_vec())
            }
            _ => return None,
        };
        Some(Self { rtype, text: Text(text), rdata })
    }

    /// True if it is this record.
    pub fn is(&self, wanted: &RecordToPublish) -> bool {
        Self::new(wanted.rtype, &wanted.value)
            .is_some_and(|wanted| wanted.rtype == self.rtype && wanted.text == self.text)
    }
}

impl Type {
    /// Its number.
    pub(super) fn rtype(self) -> Rtype {
        match self {
            Self::Cname => Rtype::CNAME,
            Self::Txt => Rtype::TXT,
            Self::A => Rtype::A,
            Self::Aaaa => Rtype::AAAA,
        }
    }
}

/// What a message is made of.
pub(super) type Composed = Record<Name<Vec<u8>>, UnknownRecordData<Vec<u8>>>;

/// A record of anything: what prerequisites and updates are made of.
pub(super) fn composed(
    owner: &Name<Vec<u8>>,
    class: Class,
    ttl: u32,
    (rtype, rdata): (Rtype, &[u8]),
) -> Result<Composed, LongRecordData> {
    let data = UnknownRecordData::from_octets(rtype, rdata.to_vec())?;
    Ok(Record::new(owner.clone(), class, Ttl::from_secs(ttl), data))
}

/// A name as it goes on the wire; `None` if DNS cannot hold it.
pub(super) fn wire_name(name: &DnsName) -> Option<Name<Vec<u8>>> {
    let labels = name.labels();
    let labels = labels.iter().flat_map(|label| character_string(label)).chain([0]);
    Name::from_octets(labels.collect()).ok()
}

/// RFC 1035 §3.3: a length octet and up to 255 octets.
fn character_string(octets: &[u8]) -> Vec<u8> {
    let octets = octets.get(..MAX_STRING).unwrap_or(octets);
    let length = u8::try_from(octets.len()).unwrap_or(u8::MAX);
    [&[length], octets].concat()
}

fn strings(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return vec![0];
    }
    text.chunks(MAX_STRING).flat_map(character_string).collect()
}

const MAX_STRING: usize = 255;
/// Characters of a value shown in a plan.
const MAX_SHOWN: usize = 300;
