//! Certificates of policy hosts.

use super::{DomainId, Seq};
use crate::StoreError;
use crate::database::Database;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A certificate as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The private key, sealed.
    pub sealed_key: Vec<u8>,
    /// The directory of the CA.
    pub directory: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

impl Database {
    /// The certificate of a domain.
    pub async fn certificate(&self, id: DomainId) -> Result<Option<StoredCertificate>, StoreError> {
        let _ = id;
        todo!("acme")
    }

    /// In place of what was there; raises the feed.
    pub async fn put_certificate(
        &self,
        id: DomainId,
        certificate: &StoredCertificate,
        now: Timestamp,
    ) -> Result<Seq, StoreError> {
        let _ = (id, certificate, now);
        todo!("acme")
    }
}
