//! What a host presents, ready to sign with: unpacked when it is needed, and kept as long as there
//! is room.

use super::answer::domain_of;
use crate::served::{PackError, PackedCertificate, Served};
use hashbrown::HashMap;
use ironpost_store::hosting::DomainId;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, Mutex, PoisonError};

/// Certificates by the names that clients ask for.
#[derive(Debug)]
pub(super) struct Identities {
    served: Served,
    unpacked: Mutex<Recent>,
}

/// Those that were used lately, in two generations: what is used moves to the young one; when that
/// is full, the old one is dropped and the young one grows old. It is nearly a list by last use,
/// for two lookups and no links.
#[derive(Debug, Default)]
struct Recent {
    young: HashMap<DomainId, Unpacked>,
    old: HashMap<DomainId, Unpacked>,
    room: usize,
}

#[derive(Debug, Clone)]
struct Unpacked {
    from: Arc<PackedCertificate>,
    key: Arc<CertifiedKey>,
}

impl Identities {
    /// With room for so many.
    pub(super) fn new(served: Served, room: usize) -> Self {
        let recent = Recent { room: (room / 2).max(1), ..Recent::default() };
        Self { served, unpacked: Mutex::new(recent) }
    }

    /// The identity of a site.
    fn unpack(
        &self,
        site: DomainId,
        packed: &Arc<PackedCertificate>,
    ) -> Result<Arc<CertifiedKey>, PackError> {
        if let Some(key) = self.with_recent(|recent| recent.find(site, packed)) {
            return Ok(key);
        }
        // Without the lock: this calculates. If two do so at once, one of them did so in vain.
        let key = Arc::new(packed.unpack()?);
        let unpacked = Unpacked { from: Arc::clone(packed), key: Arc::clone(&key) };
        let dropped = self.with_recent(|recent| recent.put(site, unpacked));
        drop(dropped);
        Ok(key)
    }

    fn with_recent<T>(&self, work: impl FnOnce(&mut Recent) -> T) -> T {
        work(&mut self.unpacked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let site = self.served.by_domain(domain_of(client_hello.server_name()?)?)?;
        let unpacked = self.unpack(site.id, site.certificate.as_ref()?);
        unpacked
            .inspect_err(|error| {
                tracing::error!(domain = %site.domain, "no handshake is possible: {error}");
            })
            .ok()
    }
}

impl Recent {
    fn find(
        &mut self,
        site: DomainId,
        packed: &Arc<PackedCertificate>,
    ) -> Option<Arc<CertifiedKey>> {
        let current = |unpacked: &&Unpacked| Arc::ptr_eq(&unpacked.from, packed);
        if let Some(unpacked) = self.young.get(&site).filter(current) {
            return Some(Arc::clone(&unpacked.key));
        }
        let unpacked = self.old.get(&site).filter(current)?.clone();
        let key = Arc::clone(&unpacked.key);
        self.put(site, unpacked);
        Some(key)
    }

    /// Keeps one, and gives back what had to leave: to drop a generation takes a while.
    fn put(&mut self, site: DomainId, unpacked: Unpacked) -> HashMap<DomainId, Unpacked> {
        self.old.remove(&site);
        self.young.insert(site, unpacked);
        if self.young.len() < self.room {
            return HashMap::new();
        }
        let grown = std::mem::take(&mut self.young);
        std::mem::replace(&mut self.old, grown)
    }
}
