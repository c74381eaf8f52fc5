//! What is kept of lookups, a cache for each type of record.

use super::lookup::Found;
use super::way::Status;
use crate::dns::answer::{Caa, DnsError, Mx};
use crate::dns::cache::Cache;
use crate::dns::record::{Apex, RecordData};
use domain::base::Rtype;
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::DnsName;
use std::net::IpAddr;
use std::sync::Arc;

/// A type of record data with a cache of its own.
pub(super) trait Kind: RecordData {
    /// Its cache.
    fn cache(caches: &Caches) -> &LookupCache<Self>;
}

type Key = (DnsName, Rtype, Status);
/// One of them.
pub(super) type LookupCache<T> = Cache<Key, Result<Arc<Found<T>>, DnsError>>;

/// The caches. Names are apart by what their status rests on.
#[derive(Debug)]
pub(super) struct Caches {
    txt: LookupCache<Vec<u8>>,
    mx: LookupCache<Mx>,
    address: LookupCache<IpAddr>,
    tlsa: LookupCache<Tlsa>,
    caa: LookupCache<Caa>,
    ns: LookupCache<DnsName>,
    apex: LookupCache<Apex>,
}

impl Caches {
    pub(super) fn new() -> Self {
        Self {
            txt: Cache::new(ENTRIES),
            mx: Cache::new(ENTRIES),
            address: Cache::new(ENTRIES),
            tlsa: Cache::new(ENTRIES),
            caa: Cache::new(ENTRIES),
            ns: Cache::new(ENTRIES),
            apex: Cache::new(ENTRIES),
        }
    }
}

impl Kind for Vec<u8> {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.txt
    }
}

impl Kind for Mx {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.mx
    }
}

impl Kind for IpAddr {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.address
    }
}

impl Kind for Tlsa {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.tlsa
    }
}

impl Kind for Caa {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.caa
    }
}

impl Kind for DnsName {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.ns
    }
}

impl Kind for Apex {
    fn cache(caches: &Caches) -> &LookupCache<Self> {
        &caches.apex
    }
}

/// Answers of each type that are kept: some megabytes in all, however long the run, as large ones
/// are not.
const ENTRIES: usize = 2048;
