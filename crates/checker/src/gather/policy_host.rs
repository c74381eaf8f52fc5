//! The policy host: addresses, fetches, and a look behind what failed.

use super::{HTTPS_DEADLINE, Look, addresses};
use crate::evidence::{PolicyHostEvidence, RecordEvidence};
use futures_util::future::join_all;
use ironpost_net::dns::answer::{Caa, Lookup};
use ironpost_net::policy_fetch::{FetchFailure, Manner, PolicyFetch};
use ironpost_proto::domain::DnsName;
use std::net::{IpAddr, SocketAddr};

/// The addresses of the policy host.
pub(super) struct HostAddresses {
    name: DnsName,
    ipv4: Lookup<IpAddr>,
    ipv6: Lookup<IpAddr>,
}

impl Look<'_> {
    pub(super) async fn policy_host_addresses(&self) -> HostAddresses {
        let name = self.domain.prefixed("mta-sts");
        let resolver = self.plain();
        let (ipv4, ipv6) = tokio::join!(resolver.ipv4(&name), resolver.ipv6(&name));
        HostAddresses { name, ipv4, ipv6 }
    }

    pub(super) async fn policy_host(
        &self,
        record: &RecordEvidence,
        host: HostAddresses,
    ) -> PolicyHostEvidence {
        let HostAddresses { name, ipv4, ipv6 } = host;
        let mut to_try = addresses(&ipv4, &ipv6);
        if record.set.candidates.is_empty() {
            // No sender comes here; one fetch tells whether a policy waits in vain (D-ORPHAN).
            to_try.truncate(1);
        }
        let fetching = async {
            let strict = to_try.iter().map(|address| self.fetch(*address, Manner::Strict));
            let fetches = join_all(strict).await;
            let behind = self.look_behind(&fetches).await;
            (fetches, behind)
        };
        let asking = async { if to_try.is_empty() { None } else { self.caa(&name).await } };
        let ((fetches, behind), caa) = tokio::join!(fetching, asking);
        PolicyHostEvidence { name, ipv4, ipv6, fetches, behind, caa }
    }

    async fn fetch(&self, address: IpAddr, manner: Manner) -> PolicyFetch {
        let mut fetcher = self.network.fetcher.clone();
        fetcher.deadline = self.time_left(HTTPS_DEADLINE);
        let at = SocketAddr::new(address, self.network.ports.https);
        fetcher.fetch(self.domain, at, manner).await
    }

    /// One diagnostic fetch, from the first address whose fault may hide something.
    async fn look_behind(&self, fetches: &[PolicyFetch]) -> Vec<PolicyFetch> {
        let hidden = fetches.iter().find_map(|fetch| Some((fetch, manner_behind(fetch)?)));
        match hidden {
            Some((fetch, manner)) => vec![self.fetch(fetch.address.ip(), manner).await],
            None => Vec::new(),
        }
    }

    /// The CAA set nearest above the policy host (RFC 8659 §3), the policy domain's parent zone at most.
    async fn caa(&self, host: &DnsName) -> Option<(DnsName, Vec<Caa>)> {
        let resolver = self.plain();
        let mut at = Some(host.clone());
        while let Some(name) = at.filter(|name| name.labels().len() > 1) {
            let answer = resolver.caa(&name).await.ok()?;
            if !answer.records().is_empty() {
                return Some((name, answer.records().to_vec()));
            }
            at = name.parent();
        }
        None
    }
}

/// How to look behind a failed fetch, if there may be anything to see.
fn manner_behind(fetch: &PolicyFetch) -> Option<Manner> {
    match fetch.failure.as_ref()? {
        FetchFailure::Certificate => Some(Manner::BehindCertificate),
        // A bot rule answers with an error of its own, or closes the connection.
        FetchFailure::Status(status) if !(300..400).contains(status) => Some(Manner::AsBrowser),
        FetchFailure::Http(_) | FetchFailure::MediaType => Some(Manner::AsBrowser),
        FetchFailure::Status(_)
        | FetchFailure::Forbidden(_)
        | FetchFailure::Refused
        | FetchFailure::Unroutable
        | FetchFailure::ConnectTimeout
        | FetchFailure::Connect(_)
        | FetchFailure::Handshake(_)
        | FetchFailure::Timeout
        | FetchFailure::TooLarge => None,
    }
}
