//! Sound domains by the thousand: nothing is stored for them, every answer is worked out from
//! the name asked for, and certificates are made when they are first wanted.

use crate::address::{BULK_MX_HOSTS, BULK_POLICY_HOSTS};
use crate::certificates::{Authority, HostKey};
use crate::dns::{Found, RrSet, WireName};
use crate::error::LabError;
use crate::hosted;
use crate::peers::CertificateManners;
use bytes::Bytes;
use domain::base::iana::Rtype;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// `sound-000001.bulk.example` and so on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoundDomains {
    count: usize,
    policy_after: Duration,
}

/// A name of a sound domain, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Apex,
    Record,
    PolicyHost,
    Mx,
    ReportLabel,
    ReportRecord,
}

impl SoundDomains {
    pub(crate) fn new(count: usize, policy_after: Duration) -> Self {
        Self { count, policy_after }
    }

    /// How long a policy host thinks before it answers.
    pub(crate) fn policy_after(self) -> Duration {
        self.policy_after
    }

    pub(crate) fn names(self) -> impl Iterator<Item = String> {
        (1..=self.count).map(name)
    }

    /// The policy for the host `mta-sts.<domain>`.
    pub(crate) fn policy(self, host: &str) -> Option<String> {
        match self.locate(host)? {
            (number, Place::PolicyHost) => Some(format!(
                "version: STSv1\r\nmode: enforce\r\nmx: mx.{}\r\nmax_age: 1209600\r\n",
                name(number)
            )),
            (
                _,
                Place::Apex | Place::Record | Place::Mx | Place::ReportLabel | Place::ReportRecord,
            ) => None,
        }
    }

    /// What DNS says; `None` for a name that belongs to no sound domain.
    pub(crate) fn find(self, host: &str, rtype: Rtype) -> Option<Found<'static>> {
        let (number, place) = self.locate(host)?;
        let data = match (place, rtype) {
            (Place::Apex, Rtype::MX) => Some(mx_data(number)),
            (Place::Record, Rtype::TXT) => Some(txt_data(RECORD)),
            (Place::ReportRecord, Rtype::TXT) => Some(txt_data(REPORT_RECORD)),
            (Place::PolicyHost, Rtype::A) => Some(shared(BULK_POLICY_HOSTS, number)),
            (Place::Mx, Rtype::A) => Some(shared(BULK_MX_HOSTS, number)),
            _ => None,
        };
        Some(data.flatten().map_or(Found::NoData, |data| {
            Found::Records(Cow::Owned(RrSet { rtype, ttl: TTL, data: vec![data] }))
        }))
    }

    fn locate(self, host: &str) -> Option<(usize, Place)> {
        let below = host.strip_suffix(ZONE)?.strip_suffix('.')?;
        let (place, label) = match below.rsplit_once('.') {
            None => (Place::Apex, below),
            Some(("_mta-sts", label)) => (Place::Record, label),
            Some(("mta-sts", label)) => (Place::PolicyHost, label),
            Some(("mx", label)) => (Place::Mx, label),
            Some(("_tls", label)) => (Place::ReportLabel, label),
            Some(("_smtp._tls", label)) => (Place::ReportRecord, label),
            Some(_) => return None,
        };
        let number = label.strip_prefix("sound-")?.parse().ok()?;
        let canonical = (1..=self.count).contains(&number) && name(number).starts_with(label);
        canonical.then_some((number, place))
    }
}

fn name(number: usize) -> String {
    format!("sound-{number:06}.{ZONE}")
}

fn shared(hosts: [Ipv4Addr; 4], number: usize) -> Option<Bytes> {
    hosts.get(number % hosts.len()).map(|host| Bytes::copy_from_slice(&host.octets()))
}

fn mx_data(number: usize) -> Option<Bytes> {
    let host = WireName::parse(&format!("mx.{}", name(number)))?;
    Some([&[0, 10], host.as_slice()].concat().into())
}

fn txt_data(text: &str) -> Option<Bytes> {
    let length = u8::try_from(text.len()).ok()?;
    Some([&[length], text.as_bytes()].concat().into())
}

/// Makes the certificate for whichever sound domain is asked for, and keeps the latest.
pub(crate) struct SoundCertificates {
    domains: SoundDomains,
    authority: Arc<Authority>,
    key: HostKey,
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl SoundCertificates {
    pub(crate) fn new(domains: SoundDomains, authority: Arc<Authority>) -> Result<Self, LabError> {
        Ok(Self { domains, authority, key: HostKey::generate()?, made: Mutex::default() })
    }
}

impl fmt::Debug for SoundCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoundCertificates").field("domains", &self.domains).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for SoundCertificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or(FALLBACK);
        if name != FALLBACK && !hosted::is_mx(name) {
            self.domains.locate(name)?;
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certified) = made.get(name) {
            return Some(Arc::clone(certified));
        }
        if made.len() == MAX_CERTIFICATES {
            made.clear();
        }
        let manners = CertificateManners::default();
        let names = [name.to_owned()];
        let certified = Arc::new(self.authority.issue(&names, &manners, &self.key).ok()?);
        made.insert(name.to_owned(), Arc::clone(&certified));
        Some(certified)
    }
}

/// The zone of all sound domains.
pub(crate) const ZONE: &str = "bulk.example";

/// What a client without SNI gets (RFC 8461 §7.1).
const FALLBACK: &str = "mx.bulk.example";

const RECORD: &str = "v=STSv1; id=20260101T000000Z;";
const REPORT_RECORD: &str = "v=TLSRPTv1; rua=mailto:reports@reports.example";
const TTL: u32 = 3600;

/// About 10 MiB of certificates.
const MAX_CERTIFICATES: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_located_only_as_they_are_written() {
        let domains = SoundDomains::new(20, Duration::ZERO);
        let table = [
            ("sound-000001.bulk.example", Some((1, Place::Apex)), "the first"),
            ("_mta-sts.sound-000020.bulk.example", Some((20, Place::Record)), "the last"),
            ("_smtp._tls.sound-000002.bulk.example", Some((2, Place::ReportRecord)), "two labels"),
            ("sound-000021.bulk.example", None, "past the last"),
            ("sound-000000.bulk.example", None, "before the first"),
            ("sound-1.bulk.example", None, "not padded"),
            ("sound-0000001.bulk.example", None, "padded too much"),
            ("www.sound-000001.bulk.example", None, "nothing there"),
            ("bulk.example", None, "the zone itself"),
        ];
        for (host, expected, reason) in table {
            assert_eq!(domains.locate(host), expected, "{host}: {reason}");
        }
    }
}
