//! CA certificates that proper chains of this run held, for servers that leave them out.

use crate::tls::certificate::Certificate;
use crate::tls::path::{End, Path};
use crate::tls::roots::Roots;
use rustls_pki_types::CertificateDer;
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// Intermediates of chains that led to a root. One that completes another server's chain proves
/// that the other server fails to send it.
#[derive(Debug, Default)]
pub(super) struct SeenIntermediates(RwLock<HashSet<CertificateDer<'static>>>);

impl SeenIntermediates {
    /// Takes up the intermediates of a chain that was found trusted.
    ///
    /// Only certificates that lie on a path of good signatures to a root are kept, so that nobody
    /// can fill the store with others.
    pub(super) fn learn(&self, chain: &[Certificate<'_>], roots: &Roots) {
        // The usual case costs one look: the certificate next to the end entity is known.
        let Some(next) = chain.get(1) else { return };
        if self.is_settled(&CertificateDer::from(next.der())) {
            return;
        }
        let path = Path::walk(chain, roots.store());
        if path.end != End::Root {
            return;
        }
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for certificate in path.issuers().filter(|issuer| !issuer.is_self_signed()) {
            if seen.len() < MAX_SEEN {
                seen.insert(CertificateDer::from(certificate.der().to_vec()));
            }
        }
    }

    /// All that are known.
    pub(super) fn all(&self) -> Vec<CertificateDer<'static>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn is_settled(&self, certificate: &CertificateDer<'_>) -> bool {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        seen.len() >= MAX_SEEN || seen.contains(certificate)
    }
}

/// Own limit. The web's public CAs issue from some 200 intermediates in earnest.
const MAX_SEEN: usize = 256;
