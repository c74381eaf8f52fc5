//! One server: its addresses first, then its TLSA records (RFC 7672 §2.2.2, §2.2.3).

use super::{Host, reading, ttl_of};
use crate::dns::answer::{Answer, Lookup};
use crate::dns::resolver::Resolver;
use ironpost_proto::dane::{
    self, Alias, LookupFault, Outcome, Security, TlsaAnswer, base_domains, choose_base, outcome,
};
use ironpost_proto::domain::DnsName;
use std::net::IpAddr;
use std::time::Duration;

/// A host, and how long what was seen of it may be kept.
pub(super) struct Found {
    pub(super) host: Host,
    pub(super) ttl: Duration,
}

/// The secure TLSA records of a host, or why there are none.
struct TlsaRecords {
    base: Option<DnsName>,
    answer: TlsaAnswer,
    ttl: Duration,
}

/// Looks at the host `name` that `mx` led to.
pub(super) async fn look_at(
    resolver: &Resolver,
    name: DnsName,
    mx: dane::Answer,
    port: u16,
) -> Found {
    let (ipv4, ipv6) = tokio::join!(resolver.ipv4(&name), resolver.ipv6(&name));
    let (address, lookup) = addresses(&ipv4, &ipv6);
    let (records, ttl) = match (address, lookup) {
        (dane::Answer::Found(security), Ok(answer)) => {
            let records = tlsa(resolver, answer, security, port).await;
            let ttl = ttl_of(lookup).min(records.ttl);
            (records, ttl)
        }
        _ => (TlsaRecords::none(TlsaAnswer::None), ttl_of(&ipv4).min(ttl_of(&ipv6))),
    };
    let outcome = outcome(&dane::Host { mx, address, tlsa: &records.answer });
    let tlsa = match records.answer {
        TlsaAnswer::Secure(records) => records,
        TlsaAnswer::None | TlsaAnswer::Fault(_) => Vec::new(),
    };
    // A failure is no knowledge, and is not kept.
    let ttl = if matches!(outcome, Outcome::Unreachable(_)) { Duration::ZERO } else { ttl };
    Found { host: Host { name, outcome, base: records.base, tlsa }, ttl }
}

/// What became of the address lookups together, and the one that says so. One address is enough to
/// deliver to, whatever became of the other lookup.
fn addresses<'a>(
    ipv4: &'a Lookup<IpAddr>,
    ipv6: &'a Lookup<IpAddr>,
) -> (dane::Answer, &'a Lookup<IpAddr>) {
    let weight = |answer| match answer {
        dane::Answer::Found(Security::Secure) => 4,
        dane::Answer::Found(Security::Insecure) => 3,
        dane::Answer::Fault(LookupFault::Bogus) => 2,
        dane::Answer::Fault(LookupFault::Indeterminate | LookupFault::Failed) => 1,
        dane::Answer::Absent(_) => 0,
    };
    let (by_ipv4, by_ipv6) = (reading::status(ipv4), reading::status(ipv6));
    if weight(by_ipv6) > weight(by_ipv4) { (by_ipv6, ipv6) } else { (by_ipv4, ipv4) }
}

/// The TLSA records of the host that has these addresses.
async fn tlsa(
    resolver: &Resolver,
    addresses: &Answer<IpAddr>,
    security: Security,
    port: u16,
) -> TlsaRecords {
    let mut ttl = Duration::MAX;
    let alias = match (addresses.aliases.last(), security) {
        (None, _) => Alias::None,
        (Some(target), Security::Secure) => {
            Alias::To { target: target.clone(), first: Security::Secure }
        }
        // RFC 7672 §2.1.3: an insecure answer may begin with a secure alias, which takes a query
        // of its own to tell.
        (Some(target), Security::Insecure) => {
            let lookup = resolver.alias(&addresses.name).await;
            ttl = ttl_of(&lookup);
            match reading::status(&lookup) {
                dane::Answer::Found(first) | dane::Answer::Absent(first) => {
                    Alias::To { target: target.clone(), first }
                }
                dane::Answer::Fault(fault) => return TlsaRecords::none(TlsaAnswer::Fault(fault)),
            }
        }
    };
    let candidates = base_domains(&addresses.name, &alias, security);
    let mut answers = Vec::with_capacity(candidates.len());
    for base in &candidates {
        let lookup = resolver.tlsa(&base.prefixed(&format!("_{port}._tcp"))).await;
        ttl = ttl.min(ttl_of(&lookup));
        let answer = reading::tlsa(lookup);
        let settled = answer != TlsaAnswer::None;
        answers.push(answer);
        if settled {
            break;
        }
    }
    let (index, answer) = choose_base(answers);
    let base = index.and_then(|index| candidates.into_iter().nth(index));
    TlsaRecords { base, answer, ttl }
}

impl TlsaRecords {
    fn none(answer: TlsaAnswer) -> Self {
        Self { base: None, answer, ttl: Duration::MAX }
    }
}
