//! Caches of other resolvers, so that a change of program forgets no policy.

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::CachedPolicy;

/// A policy read from another cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The policy domain.
    pub domain: Domain,
    /// The policy.
    pub cached: CachedPolicy,
}
