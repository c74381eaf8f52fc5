//! A policy as a sender gets it: the policy host's addresses, the fetch, the parse
//! (RFC 8461 §3.3).

mod failure;

use crate::dns::answer::Lookup;
use crate::dns::resolver::Resolver;
use crate::policy_fetch::{self, Manner, Patience, PolicyFetch, PolicyFetcher};
use crate::ports::Ports;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::policy::{Policy, parse};
use ironpost_proto::tls_rpt::result_type::FetchFailure;
use ironpost_proto::visible::Visible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

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
    /// word). IPv6 addresses are looked up only if no IPv4 address will do: most fetches get by
    /// without.
    pub async fn policy(&self, domain: &Domain) -> Result<Policy, NoPolicy> {
        let end = Instant::now() + self.budget;
        let host = domain.prefixed("mta-sts");
        let resolver = self.resolver.unvalidated().until(end);
        let mut course = Course { source: self, domain, host: &host, end, failure: None };
        let ipv4 = resolver.ipv4(&host).await;
        if let Some(fetch) = course.try_addresses(&ipv4).await {
            return policy_in(&host, &fetch);
        }
        let ipv6 = resolver.ipv6(&host).await;
        if let Some(fetch) = course.try_addresses(&ipv6).await {
            return policy_in(&host, &fetch);
        }
        Err(course.failure.map_or_else(|| NoPolicy::no_address(&host), |(_, failure)| failure))
    }
}

impl NoPolicy {
    /// The fetch was given up before its time was over, since others waited.
    pub fn too_slow() -> Self {
        let detail = Visible::from("no complete answer in time, and others are waiting");
        Self { failure: FetchFailure::Timeout, detail, address: None }
    }
}

/// A search for an address that can be connected to.
struct Course<'a> {
    source: &'a PolicySource,
    domain: &'a Domain,
    host: &'a DnsName,
    end: Instant,
    /// What says most about why there was none so far.
    failure: Option<(Weight, NoPolicy)>,
}

/// How much a failure says about the policy host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Nothing: this machine has no route to that address.
    Unroutable,
    /// Nothing is known of one family of addresses.
    Unresolved,
    /// It does not take a connection.
    Unconnected,
}

impl Course<'_> {
    /// What came from the first of the addresses that could be connected to.
    async fn try_addresses(&mut self, found: &Lookup<IpAddr>) -> Option<PolicyFetch> {
        let answer = match found {
            Ok(answer) => answer,
            Err(error) => {
                self.note(Weight::Unresolved, NoPolicy::unresolved(self.host, error));
                return None;
            }
        };
        let PolicySource { fetcher, ports, .. } = self.source;
        for address in answer.records().iter().take(ADDRESSES) {
            let left = self.end.saturating_duration_since(Instant::now());
            let patience = Patience { connect: CONNECT, total: left.min(fetcher.deadline) };
            let address = SocketAddr::new(*address, ports.https);
            let fetch = fetcher.fetch_within(patience, self.domain, address, Manner::Strict).await;
            match &fetch.failure {
                Some(failure) if fetch.connected_after.is_none() => {
                    let unroutable = *failure == policy_fetch::FetchFailure::Unroutable;
                    let weight = if unroutable { Weight::Unroutable } else { Weight::Unconnected };
                    self.note(weight, NoPolicy::of_fetch(self.host, &fetch, failure));
                }
                Some(_) | None => return Some(fetch),
            }
        }
        None
    }

    fn note(&mut self, weight: Weight, failure: NoPolicy) {
        if self.failure.as_ref().is_none_or(|(heaviest, _)| *heaviest < weight) {
            self.failure = Some((weight, failure));
        }
    }
}

fn policy_in(host: &DnsName, fetch: &PolicyFetch) -> Result<Policy, NoPolicy> {
    if let Some(failure) = &fetch.failure {
        return Err(NoPolicy::of_fetch(host, fetch, failure));
    }
    let body = fetch.response.as_ref().map_or(&[][..], |response| &response.body);
    let parsed = parse(body);
    parsed.verdict.map_err(|fault| {
        let place = parsed.deviations.iter().find(|deviation| deviation.class == fault);
        NoPolicy::invalid(fetch.address, fault, place)
    })
}

/// Addresses of one family that are tried. Own limit.
const ADDRESSES: usize = 4;
/// How long one address may take to connect before the next one gets its turn. Own limit: time for
/// a lost SYN to be sent again twice, after 1 and 3 seconds (RFC 6298 §5.5).
const CONNECT: Duration = Duration::from_secs(5);
