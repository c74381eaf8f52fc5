//! A policy that a domain has already, to be taken over without a gap.

use super::id_of;
use ironpost_net::dns::answer::{Answer, DnsError};
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::policy_source::{NoPolicy, PolicySource};
use ironpost_proto::delegation::Target;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;
use std::net::IpAddr;

/// A policy that senders follow now, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundElsewhere {
    /// The policy.
    pub policy: Policy,
    /// The id that announces it; `None` if no valid record does, so that only senders that hold the
    /// policy still follow it.
    pub id: Option<PolicyId>,
    /// Where `_mta-sts` leads.
    pub record: LeadsTo,
    /// Where the policy host leads.
    pub policy_host: LeadsTo,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The value of the one TXT record of `_smtp._tls`, if there is one.
    pub reports: Option<Vec<u8>>,
}

/// Where a name leads now, and how long caches may hold to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadsTo {
    /// The end of its chain of aliases, or the name itself.
    pub name: DnsName,
    /// The least TTL on the way, in seconds.
    pub ttl: u32,
}

/// Why there is nothing to take over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingElsewhere {
    /// The policy cannot be fetched: what senders hold is not known.
    #[error("the domain announces a policy, but it cannot be fetched: {0}")]
    NoPolicy(NoPolicy),
    /// Neither a record nor a policy.
    #[error("the domain has no policy to take over: there is no record, and {0}")]
    Neither(NoPolicy),
    /// Whether there is a record cannot be told.
    #[error("{name} cannot be looked up: {error}")]
    Unanswered {
        /// The name.
        name: DnsName,
        /// Why.
        error: DnsError,
    },
}

/// Fetches the policy that a domain has, as a sender would, and looks at where its names lead.
///
/// A policy without a record is found too: senders that hold it go on following it until it expires
/// (RFC 8461 §5.1), so taking over must not forget it.
pub async fn found_elsewhere(
    source: &PolicySource,
    domain: &Domain,
) -> Result<FoundElsewhere, NothingElsewhere> {
    let resolver = &source.resolver;
    let (record, host) = (Target::Record.owner(domain), Target::PolicyHost.owner(domain));
    let reports = Target::ReportRecord.owner(domain);
    let (texts, ipv4, ipv6, reports, policy) = tokio::join!(
        texts(resolver, &record),
        resolver.ipv4(&host),
        resolver.ipv6(&host),
        texts(resolver, &reports),
        source.policy(domain),
    );
    let texts = texts?;
    let id = id_of(texts.records());
    let policy = policy.map_err(|reason| match id {
        Some(_) => NothingElsewhere::NoPolicy(reason),
        None => NothingElsewhere::Neither(reason),
    })?;
    let mut addresses = Vec::new();
    let mut policy_host = LeadsTo { name: host, ttl: 0 };
    for found in [ipv6, ipv4].into_iter().flatten() {
        if !found.records().is_empty() {
            policy_host = leads_to(&found);
            addresses.extend_from_slice(found.records());
        }
    }
    let reports = reports.ok().and_then(|answer| match answer.records() {
        [one] => Some(one.clone()),
        [] | [_, _, ..] => None,
    });
    Ok(FoundElsewhere { policy, id, record: leads_to(&texts), policy_host, addresses, reports })
}

async fn texts(resolver: &Resolver, name: &DnsName) -> Result<Answer<Vec<u8>>, NothingElsewhere> {
    let answer = resolver.txt(name).await.and_then(Answer::unless_bogus);
    answer.map_err(|error| NothingElsewhere::Unanswered { name: name.clone(), error })
}

fn leads_to<T>(answer: &Answer<T>) -> LeadsTo {
    LeadsTo { name: answer.owner().clone(), ttl: answer.ttl }
}
