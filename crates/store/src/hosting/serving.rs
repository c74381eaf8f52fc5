//! What nodes serve.

use super::{DomainId, Seq};
use crate::StoreError;
use crate::database::Database;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::record::PolicyId;

/// All that a node needs of a domain. A domain of which nothing is served has neither policy nor
/// record nor certificate; a node that gets it forgets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRow {
    /// Its number.
    pub id: DomainId,
    /// The policy domain.
    pub name: Domain,
    /// Its token.
    pub token: Token,
    /// True once the domain is gone.
    pub gone: bool,
    /// The version that is shown: its number and the text of its policy.
    pub policy: Option<(u32, String)>,
    /// The id that is announced.
    pub record: Option<PolicyId>,
    /// The value of `rua` at `_smtp._tls`.
    pub rua: Option<String>,
    /// The certificate chain (DER, leaf first) and the sealed private key.
    pub certificate: Option<ServedCertificate>,
    /// Its last change.
    pub seq: Seq,
}

/// A certificate with its sealed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedCertificate {
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The private key, sealed.
    pub sealed_key: Vec<u8>,
}

impl Database {
    /// Domains that changed after `after`, in the order of the feed, at most `limit`.
    pub async fn served_after(&self, after: Seq, limit: u32) -> Result<Vec<ServedRow>, StoreError> {
        let _ = (after, limit);
        todo!("store")
    }
}
