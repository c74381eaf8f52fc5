//! A policy as a sender gets it: the policy host's addresses, the fetch, the parse
//! (RFC 8461 §3.3).

use crate::dns::resolver::Resolver;
use crate::policy_fetch::PolicyFetcher;
use crate::ports::Ports;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::tls_rpt::result_type::FetchFailure;
use ironpost_proto::visible::Visible;
use std::net::SocketAddr;
use std::time::Duration;

/// Where policies come from.
#[derive(Debug, Clone)]
pub struct PolicySource {
    /// For the addresses of policy hosts; DNSSEC is of no interest there.
    pub resolver: Resolver,
    /// How one address is asked.
    pub fetcher: PolicyFetcher,
    /// The port of policy hosts.
    pub ports: Ports,
    /// Total time for one policy, all addresses together.
    pub budget: Duration,
}

/// No policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NoPolicy {
    /// What a TLS report calls it.
    pub failure: FetchFailure,
    /// The same for people, made visible.
    pub detail: Visible,
    /// The address that it came from, where there was one.
    pub address: Option<SocketAddr>,
}

impl PolicySource {
    /// Fetches the policy of `domain`: its policy host's addresses in turn, the next one only
    /// when the one before could not be connected to (what an authenticated host says is its
    /// word).
    pub async fn policy(&self, domain: &Domain) -> Result<Policy, NoPolicy> {
        let _ = domain;
        todo!()
    }
}
