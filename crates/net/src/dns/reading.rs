//! Reading a response: where its aliases lead and what stands there.

use super::answer::{DnsError, Outcome};
use super::chain::{Chain, to_dns_name};
use super::record::{RecordData, Unreadable, alias_target};
use bytes::Bytes;
use domain::base::iana::{Class, OptRcode};
use domain::base::wire::ParseError;
use domain::base::{Message, Name, ParsedName, ParsedRecord, Rtype, Ttl};
use domain::rdata::Soa;

/// What one response comes to.
#[derive(Debug)]
pub(super) struct Part<T> {
    /// Where it ends.
    pub(super) end: End<T>,
    /// Least TTL of what it is made of.
    pub(super) ttl: u32,
    /// The zone that denies, from the SOA of a negative answer.
    pub(super) zone: Option<Name<Bytes>>,
}

/// The end of a response.
#[derive(Debug)]
pub(super) enum End<T> {
    /// At records, or at their absence.
    Outcome(Outcome<T>),
    /// At an alias whose target the response says nothing of.
    Alias,
}

/// Reads what `message` says about the end of `chain`, following aliases and adding them to the
/// chain. The order of the records does not matter. The RCODE must be NOERROR or NXDOMAIN.
pub(super) fn read<T: RecordData>(
    message: &Message<Bytes>,
    rtype: Rtype,
    chain: &mut Chain,
) -> Result<Part<T>, DnsError> {
    let denied = message.opt_rcode() == OptRcode::NXDOMAIN;
    let followed = chain.len();
    let mut ttl = Ttl::MAX;
    loop {
        if !denied {
            let (records, rrset_ttl) = rrset(message, chain.end(), rtype)?;
            if !records.is_empty() {
                let end = End::Outcome(Outcome::Found(records));
                return Ok(Part { end, ttl: seconds(ttl.min(rrset_ttl)), zone: None });
            }
        }
        let Some((target, alias_ttl)) = alias(message, chain.end())? else {
            break;
        };
        chain.push(target)?;
        ttl = ttl.min(alias_ttl);
    }
    let soa = denying_soa(message, chain.end())?;
    let end = match (denied, &soa) {
        // RFC 6604 §3: the RCODE speaks of the last name of the chain.
        (true, _) => End::Outcome(Outcome::NxDomain),
        // RFC 2308 §2.2: without an SOA for the target, a response that ends with an alias may
        // as well be incomplete.
        (false, None) if chain.len() > followed => End::Alias,
        (false, _) => End::Outcome(Outcome::NoData),
    };
    let negative_ttl = match (&end, &soa) {
        (End::Alias, _) => Ttl::MAX,
        (End::Outcome(_), Some((_, ttl))) => *ttl,
        // RFC 2308 §5: a negative answer without an SOA is not to be cached.
        (End::Outcome(_), None) => Ttl::ZERO,
    };
    let zone = soa.map(|(zone, _)| zone);
    Ok(Part { end, ttl: seconds(ttl.min(negative_ttl)), zone })
}

/// True if `message` only points to other name servers.
pub(super) fn is_referral(message: &Message<Bytes>) -> Result<bool, DnsError> {
    let counts = message.header_counts();
    if message.header().aa() || counts.ancount() > 0 {
        return Ok(false);
    }
    let mut points_on = false;
    for record in message.authority().map_err(broken)? {
        match record.map_err(broken)?.rtype() {
            Rtype::SOA => return Ok(false),
            Rtype::NS => points_on = true,
            _ => {}
        }
    }
    Ok(points_on)
}

fn rrset<T: RecordData>(
    message: &Message<Bytes>,
    owner: &Name<Bytes>,
    rtype: Rtype,
) -> Result<(Vec<T>, Ttl), DnsError> {
    let mut records = Vec::new();
    let mut ttl = Ttl::MAX;
    for record in message.answer().map_err(broken)? {
        let record = record.map_err(broken)?;
        if is(&record, owner, rtype) {
            records.push(T::read(&record).map_err(|Unreadable| unreadable(&record))?);
            ttl = ttl.min(capped(record.ttl()));
        }
    }
    Ok((records, ttl))
}

fn alias(
    message: &Message<Bytes>,
    owner: &Name<Bytes>,
) -> Result<Option<(Name<Bytes>, Ttl)>, DnsError> {
    let mut found: Option<(Name<Bytes>, Ttl)> = None;
    for record in message.answer().map_err(broken)? {
        let record = record.map_err(broken)?;
        if !is(&record, owner, Rtype::CNAME) {
            continue;
        }
        let target = alias_target(&record).map_err(|Unreadable| unreadable(&record))?;
        match &mut found {
            Some((other, _)) if *other != target => {
                // RFC 2181 §10.1: at most one CNAME at a name.
                let detail = format!("{} has two CNAME records", to_dns_name(owner));
                return Err(DnsError::Malformed { detail });
            }
            Some((_, ttl)) => *ttl = (*ttl).min(capped(record.ttl())),
            None => found = Some((target, capped(record.ttl()))),
        }
    }
    Ok(found)
}

/// Owner and negative TTL of an SOA that can deny something at `name`.
fn denying_soa(
    message: &Message<Bytes>,
    name: &Name<Bytes>,
) -> Result<Option<(Name<Bytes>, Ttl)>, DnsError> {
    use domain::base::name::ToName;
    for record in message.authority().map_err(broken)? {
        let record = record.map_err(broken)?;
        if record.rtype() != Rtype::SOA || !name.ends_with(&record.owner()) {
            continue;
        }
        let soa = record.to_record::<Soa<ParsedName<Bytes>>>().map_err(|_| unreadable(&record))?;
        if let Some(soa) = soa {
            // RFC 2308 §5.
            let ttl = capped(record.ttl()).min(capped(soa.data().minimum()));
            return Ok(Some((record.owner().to_name(), ttl)));
        }
    }
    Ok(None)
}

fn is(record: &ParsedRecord<'_, Bytes>, owner: &Name<Bytes>, rtype: Rtype) -> bool {
    record.rtype() == rtype && record.class() == Class::IN && record.owner() == *owner
}

/// RFC 2181 §8: a TTL with the top bit set counts as zero.
fn capped(ttl: Ttl) -> Ttl {
    if ttl.as_secs() > i32::MAX.unsigned_abs() { Ttl::ZERO } else { ttl }
}

fn seconds(ttl: Ttl) -> u32 {
    ttl.as_secs()
}

fn broken(error: ParseError) -> DnsError {
    DnsError::Malformed { detail: error.to_string() }
}

fn unreadable(record: &ParsedRecord<'_, Bytes>) -> DnsError {
    let detail =
        format!("a {} record of {} cannot be read", record.rtype(), to_dns_name(&record.owner()));
    DnsError::Malformed { detail }
}
