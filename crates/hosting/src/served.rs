//! What a node serves, in memory: everything that [`crate::policy_host`] and [`crate::authdns`]
//! answer from. Reading takes a lock for the time of a lookup and never waits for the database.

mod certificate;
mod delta;
mod sites;

pub use certificate::{PackError, PackedCertificate};
pub use sites::Served;

use bytes::Bytes;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::hosting::DomainId;
use std::sync::Arc;

/// A hosted domain as a node serves it. Never changed: replaced as a whole.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its number in the database.
    pub id: DomainId,
    /// The policy domain.
    pub domain: Domain,
    /// What its CNAMEs are known by.
    pub token: Token,
    /// The policy that is shown.
    pub policy: Option<ServedPolicy>,
    /// The id that is announced.
    pub record: Option<PolicyId>,
    /// The value of `rua` at `_smtp._tls`.
    pub rua: Option<Box<str>>,
    /// What its policy host presents.
    pub certificate: Option<Arc<PackedCertificate>>,
    /// Values of TXT records for DNS-01.
    pub dns_challenges: Vec<Box<str>>,
    /// SHA-256 of the key authorization for TLS-ALPN-01.
    pub alpn_challenge: Option<[u8; 32]>,
}

/// A policy as it is served.
#[derive(Debug, Clone)]
pub struct ServedPolicy {
    /// The number of its version.
    pub version: u32,
    /// The file.
    pub body: Bytes,
}
