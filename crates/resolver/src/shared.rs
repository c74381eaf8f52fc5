//! Policies shared between resolvers through Redis or Valkey.

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};

/// The shared cache. Cheap to clone. While it is away every call returns at once, and says so by
/// the state.
#[derive(Debug, Clone)]
pub struct SharedCache {}

/// An address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct AddressError {
    /// What is wrong.
    pub detail: String,
}

/// How the shared cache is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It answers.
    Here,
    /// It does not: why.
    Away(String),
}

impl SharedCache {
    /// Connects in the background. `url` is `redis://…`, `redis+cluster://a,b,c` or
    /// `redis+sentinel://a,b/service`, `rediss` for TLS.
    pub fn connect(url: &str) -> Result<Self, AddressError> {
        let _ = url;
        todo!()
    }

    /// The policy of a domain, if it is there, sound and unexpired at `now`.
    pub async fn policy(&self, domain: &Domain, now: Timestamp) -> Option<CachedPolicy> {
        let _ = (domain, now);
        todo!()
    }

    /// Keeps a policy until it expires, unless a newer one is there.
    pub async fn keep(&self, domain: &Domain, cached: &CachedPolicy, now: Timestamp) {
        let _ = (domain, cached, now);
        todo!()
    }

    /// Drops a policy.
    pub async fn forget(&self, domain: &Domain) {
        let _ = domain;
        todo!()
    }

    /// How it is.
    pub fn state(&self) -> State {
        todo!()
    }
}
