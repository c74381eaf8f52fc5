//! Why validation failed, in words that name the records at fault. The verdict stands already;
//! this looks at the same records again and says no more than they show.

use super::evidence::{Readable, readable};
use super::upstream::Upstream;
use crate::dns::chain::to_dns_name;
use crate::dns::question::Question;
use bytes::Bytes;
use domain::base::cmp::CanonicalOrd;
use domain::base::name::ToName;
use domain::base::{Message, Name, ParsedName, Rtype};
use domain::dnssec::validator::base::{DnskeyExt, RrsigExt};
use domain::rdata::dnssec::Timestamp;
use domain::rdata::{AllRecordData, Dnskey, Rrsig};

/// Looks for the fault behind a failed validation.
pub(super) struct Diagnosis<'a> {
    /// Where to get keys.
    pub(super) upstream: &'a Upstream,
    /// The zone that is trusted without DS records.
    pub(super) anchor: &'a Name<Bytes>,
    /// The time at which signatures are to be valid.
    pub(super) now: Timestamp,
}

/// An RRset and its signatures.
#[derive(Debug)]
struct Set {
    owner: Name<Bytes>,
    rtype: Rtype,
    records: Vec<Readable>,
    signatures: Vec<Rrsig<Bytes, ParsedName<Bytes>>>,
}

impl Diagnosis<'_> {
    /// The first fault of the evidence in `message`; `None` if every RRset is in order.
    pub(super) async fn fault(&self, message: &Message<Bytes>) -> Option<String> {
        for set in sets(message) {
            let zone = match set.signatures.first() {
                Some(signature) => Some(signature.signer_name().to_name()),
                None => self.zone_of(&set.owner).await,
            };
            let Some(zone) = zone else {
                continue;
            };
            if let Some(fault) = self.chain_fault(&zone).await {
                return Some(fault);
            }
            let keys = self.set(&zone, Rtype::DNSKEY).await;
            let signed = keys.as_ref().is_some_and(|keys| !keys.signatures.is_empty());
            // An unsigned SOA may be one of our own making, to stand for a missing one.
            let counts = set.signatures.is_empty() && set.rtype != Rtype::SOA;
            if counts && signed && self.is_delegated_securely(&zone).await {
                let zone = to_dns_name(&zone);
                return Some(format!("{} are not signed, though {zone} is", set.describe()));
            }
            if let Some(fault) = set.fault(keys.as_ref(), self.now) {
                return Some(fault);
            }
        }
        None
    }

    /// The first fault on the way from `zone` up to the anchor.
    async fn chain_fault(&self, zone: &Name<Bytes>) -> Option<String> {
        let mut zone = zone.clone();
        while zone != *self.anchor {
            let ds = self.set(&zone, Rtype::DS).await?;
            if let Some(fault) = self.zone_fault(&zone, &ds).await {
                return Some(fault);
            }
            let parent: Name<Bytes> = ds.signatures.first()?.signer_name().to_name();
            // Upwards only, so that it comes to an end.
            if parent == zone || !zone.ends_with(&parent) {
                return None;
            }
            zone = parent;
        }
        None
    }

    async fn zone_fault(&self, zone: &Name<Bytes>, ds: &Set) -> Option<String> {
        if let Some(fault) = ds.time_fault(self.now) {
            return Some(fault);
        }
        let name = to_dns_name(zone);
        let Some(keys) = self.set(zone, Rtype::DNSKEY).await else {
            return Some(format!("{name} has DS records at its parent but publishes no keys"));
        };
        if !keys.keys().any(|key| ds.records.iter().any(|record| names(record, zone, key))) {
            return Some(format!("no key of {name} is one that the DS records at its parent name"));
        }
        if keys.signatures.is_empty() {
            return Some(format!("the keys of {name} are not signed"));
        }
        keys.time_fault(self.now)
    }

    /// The zone that holds `name`, by its SOA record.
    async fn zone_of(&self, name: &Name<Bytes>) -> Option<Name<Bytes>> {
        let question = Question { name: name.clone(), rtype: Rtype::SOA };
        let reply = self.upstream.fetch(question).await.ok()?;
        sets(&reply.message)
            .into_iter()
            .find(|set| set.rtype == Rtype::SOA && name.ends_with(&set.owner))
            .map(|set| set.owner)
    }

    async fn is_delegated_securely(&self, zone: &Name<Bytes>) -> bool {
        zone == self.anchor || self.set(zone, Rtype::DS).await.is_some()
    }

    /// The RRset of a type at a name; `None` if there is none, or it cannot be had.
    async fn set(&self, owner: &Name<Bytes>, rtype: Rtype) -> Option<Set> {
        let question = Question { name: owner.clone(), rtype };
        let reply = self.upstream.fetch(question).await.ok()?;
        sets(&reply.message)
            .into_iter()
            .find(|set| set.rtype == rtype && set.owner == *owner && !set.records.is_empty())
    }
}

impl Set {
    fn fault(&self, keys: Option<&Self>, now: Timestamp) -> Option<String> {
        if self.signatures.is_empty() {
            return None;
        }
        if let Some(fault) = self.time_fault(now) {
            return Some(fault);
        }
        let keys: Vec<&Dnskey<Bytes>> = keys?.keys().collect();
        let pairs: Vec<_> = self
            .signatures
            .iter()
            .flat_map(|signature| keys.iter().map(move |key| (signature, *key)))
            .filter(|(signature, key)| {
                signature.algorithm() == key.algorithm() && signature.key_tag() == key.key_tag()
            })
            .collect();
        if pairs.is_empty() {
            return Some(format!(
                "{} are signed with a key that the zone does not publish",
                self.describe()
            ));
        }
        let matches =
            pairs.iter().take(ATTEMPTS).any(|(signature, key)| self.verify(signature, key));
        (!matches).then(|| format!("the signature does not match {}", self.describe()))
    }

    /// Says so if no signature is valid at `now`, RFC 4035 §5.3.1.
    fn time_fault(&self, now: Timestamp) -> Option<String> {
        let is_valid = |signature: &Rrsig<Bytes, ParsedName<Bytes>>| {
            !now.canonical_gt(&signature.expiration()) && !now.canonical_lt(&signature.inception())
        };
        if self.signatures.is_empty() || self.signatures.iter().any(is_valid) {
            return None;
        }
        let expired = |signature: &&Rrsig<_, _>| now.canonical_gt(&signature.expiration());
        let last = self.signatures.iter().filter(expired).map(|one| one.expiration().into_int());
        let first = self.signatures.iter().map(|one| one.inception().into_int());
        Some(match last.max() {
            Some(moment) => {
                format!("the signature of {} expired on {}", self.describe(), date(moment))
            }
            None => format!(
                "the signature of {} is valid only from {} on",
                self.describe(),
                date(first.min()?)
            ),
        })
    }

    fn verify(&self, signature: &Rrsig<Bytes, ParsedName<Bytes>>, key: &Dnskey<Bytes>) -> bool {
        let mut signed = Vec::new();
        let mut records = self.records.clone();
        signature.signed_data(&mut signed, &mut records).is_ok()
            && signature.verify_signed_data(key, &signed).is_ok()
    }

    fn keys(&self) -> impl Iterator<Item = &Dnskey<Bytes>> {
        self.records.iter().filter_map(|record| match record.data() {
            AllRecordData::Dnskey(key) => Some(key),
            _ => None,
        })
    }

    fn describe(&self) -> String {
        format!("the {} records of {}", self.rtype, to_dns_name(&self.owner))
    }
}

/// The RRsets of the answer and authority sections, in order.
fn sets(message: &Message<Bytes>) -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    let answer = message.answer().into_iter().flatten();
    let authority = message.authority().into_iter().flatten();
    for record in answer.chain(authority).flatten().filter_map(|record| readable(&record)) {
        let rtype = match record.data() {
            AllRecordData::Rrsig(signature) => signature.type_covered(),
            _ => record.rtype(),
        };
        let owner = record.owner().to_name();
        let at = match sets.iter().position(|set| set.rtype == rtype && set.owner == owner) {
            Some(at) => at,
            None if sets.len() == SETS => continue,
            None => {
                sets.push(Set { owner, rtype, records: Vec::new(), signatures: Vec::new() });
                sets.len() - 1
            }
        };
        let Some(set) = sets.get_mut(at) else {
            continue;
        };
        match record.data() {
            AllRecordData::Rrsig(signature) => set.signatures.push(signature.clone()),
            _ => set.records.push(record),
        }
    }
    sets
}

/// True if the DS record is that of the key.
fn names(ds: &Readable, zone: &Name<Bytes>, key: &Dnskey<Bytes>) -> bool {
    match ds.data() {
        AllRecordData::Ds(ds) => {
            ds.algorithm() == key.algorithm()
                && ds.key_tag() == key.key_tag()
                && key
                    .digest(zone, ds.digest_type())
                    .is_ok_and(|digest| ds.digest() == digest.as_ref())
        }
        _ => false,
    }
}

/// The day of a signature's time. RFC 4034 §3.1.5: it counts modulo 2^32, which is this era
/// until 2106.
fn date(seconds: u32) -> String {
    match jiff::Timestamp::from_second(seconds.into()) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) => seconds.to_string(),
    }
}

const SETS: usize = 64;
/// Signatures tried on one RRset: hostile zones can make there be many (CVE-2023-50387).
const ATTEMPTS: usize = 8;
