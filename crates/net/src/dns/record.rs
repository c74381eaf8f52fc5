//! Record data into types.

use super::answer::{Caa, Mx};
use super::chain::to_dns_name;
use bytes::Bytes;
use domain::base::rdata::UnknownRecordData;
use domain::base::wire::ParseError;
use domain::base::{Name, ParsedName, ParsedRecord, Rtype};
use domain::rdata;
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::DnsName;
use ironpost_proto::visible::Visible;
use std::net::IpAddr;

/// A type of record data that can be looked up.
pub(super) trait RecordData: Clone + Send + Sync + Sized + 'static {
    /// Reads the data of a record of the right type.
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable>;
}

/// Record data that its type's RFC does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// That a zone starts here; what its SOA says does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Apex;

impl RecordData for Vec<u8> {
    /// TXT, the strings joined with nothing between them (RFC 8461 §3.1).
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        let data = raw(record)?;
        let mut rest: &[u8] = &data;
        if rest.is_empty() {
            return Err(Unreadable); // RFC 1035 §3.3.14: one or more strings
        }
        let mut joined = Self::with_capacity(rest.len());
        while let Some((length, tail)) = rest.split_first() {
            let (string, tail) = tail.split_at_checked(usize::from(*length)).ok_or(Unreadable)?;
            joined.extend(string);
            rest = tail;
        }
        Ok(joined)
    }
}

impl RecordData for Mx {
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        let mx = record.to_record::<rdata::Mx<ParsedName<Bytes>>>()?.ok_or(Unreadable)?;
        Ok(Self { preference: mx.data().preference(), exchange: to_dns_name(mx.data().exchange()) })
    }
}

impl RecordData for IpAddr {
    /// A and AAAA.
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        let data = raw(record)?;
        let v4 = <[u8; 4]>::try_from(&*data).map(Self::from);
        let v6 = <[u8; 16]>::try_from(&*data).map(Self::from);
        match record.rtype() {
            rtype if rtype == Rtype::A => v4.map_err(|_| Unreadable),
            _ => v6.map_err(|_| Unreadable),
        }
    }
}

impl RecordData for Tlsa {
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        match &*raw(record)? {
            [usage, selector, matching_type, data @ ..] => Ok(Self {
                usage: *usage,
                selector: *selector,
                matching_type: *matching_type,
                data: data.to_vec(),
            }),
            _ => Err(Unreadable), // RFC 6698 §2.1
        }
    }
}

impl RecordData for Caa {
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        let data = raw(record)?;
        // RFC 8659 §4.1: flags, length of the tag, tag, value; a tag is letters and digits.
        let [flags, length, rest @ ..] = &*data else {
            return Err(Unreadable);
        };
        let (tag, value) = rest.split_at_checked(usize::from(*length)).ok_or(Unreadable)?;
        if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
            return Err(Unreadable);
        }
        Ok(Self {
            critical: flags & CAA_CRITICAL != 0,
            tag: tag.iter().map(|octet| char::from(octet.to_ascii_lowercase())).collect(),
            value: Visible::from_bytes(value).as_str().to_owned(),
        })
    }
}

impl RecordData for DnsName {
    /// NS and CNAME.
    fn read(record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        if record.rtype() == Rtype::CNAME {
            return alias_target(record).map(|target| to_dns_name(&target));
        }
        let ns = record.to_record::<rdata::Ns<ParsedName<Bytes>>>()?.ok_or(Unreadable)?;
        Ok(to_dns_name(ns.data().nsdname()))
    }
}

impl RecordData for Apex {
    fn read(_record: &ParsedRecord<'_, Bytes>) -> Result<Self, Unreadable> {
        Ok(Self)
    }
}

impl From<ParseError> for Unreadable {
    fn from(_: ParseError) -> Self {
        Self
    }
}

/// The target of a CNAME record.
pub(super) fn alias_target(record: &ParsedRecord<'_, Bytes>) -> Result<Name<Bytes>, Unreadable> {
    use domain::base::name::ToName;
    let cname = record.to_record::<rdata::Cname<ParsedName<Bytes>>>()?.ok_or(Unreadable)?;
    Ok(cname.data().cname().to_name())
}

/// The data as octets, for types whose data holds no compressed names.
fn raw(record: &ParsedRecord<'_, Bytes>) -> Result<Bytes, Unreadable> {
    let record = record.to_record::<UnknownRecordData<Bytes>>()?.ok_or(Unreadable)?;
    Ok(record.data().data().clone())
}

const CAA_CRITICAL: u8 = 0x80; // RFC 8659 §4.1
