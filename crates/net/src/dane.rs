//! What DNS says of the servers of a next-hop, for DANE (RFC 7672 §2.2).

mod host;
mod reading;

use crate::dns::answer::{Answer, DnsError, Lookup, Mx, Outcome as DnsOutcome};
use crate::dns::resolver::Resolver;
use futures_util::future::join_all;
use host::Found;
use ironpost_proto::dane::{self, NotApplicable, Outcome, Security, Tlsa};
use ironpost_proto::delivery::{self, Dane};
use ironpost_proto::domain::DnsName;
use ironpost_proto::next_hop::{NextHop, Route};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// The servers of a next-hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    /// What DANE says of them together.
    pub dane: Dane,
    /// False if nobody tells the resolver whether answers are authentic: DANE cannot be used then,
    /// and `dane` says absent.
    pub validated: bool,
    /// The MX records in order of preference, or why there are none to go by. Empty without MX
    /// records, and where the next-hop is a host.
    pub mx: Result<Vec<Mx>, DnsError>,
    /// The hosts looked at, in order of preference. Where the MX records are insecure they are not
    /// looked at, since DANE cannot apply to any (RFC 7672 §2.2.1): their outcome says so.
    pub hosts: Vec<Host>,
    /// The domain takes no mail (RFC 7505).
    pub null_mx: bool,
    /// How long DNS lets this be kept: the least TTL of every answer that it rests on, zero if one
    /// of them failed.
    pub ttl: Duration,
}

/// One server of a next-hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name in the MX record, or the next-hop itself.
    pub name: DnsName,
    /// How a sender may deliver to it.
    pub outcome: Outcome,
    /// The TLSA base domain, if it has secure TLSA records.
    pub base: Option<DnsName>,
    /// The secure TLSA records.
    pub tlsa: Vec<Tlsa>,
}

/// Looks the servers of `next_hop` up. At most 20 hosts are looked at, as Postfix tries no more;
/// all lookups that do not depend on each other run side by side, and all of them together take 20
/// seconds at most.
pub async fn servers(resolver: &Resolver, next_hop: &NextHop) -> Servers {
    let resolver = resolver.clone().until(Instant::now() + DEADLINE);
    let domain = DnsName::from(&next_hop.domain);
    match (next_hop.route, resolver.tells_status()) {
        (Route::Mx, true) => by_mx(&resolver, domain, next_hop.port).await,
        (Route::Mx, false) => by_mx_unvalidated(&resolver, &domain).await,
        (Route::Host, true) => {
            // RFC 7672 §2.2.2: the name comes from the administrator, which is as good as secure.
            let named = dane::Answer::Found(Security::Secure);
            let found = host::look_at(&resolver, domain, named, next_hop.port).await;
            Servers::of(vec![found], Ok(Vec::new()), Duration::MAX)
        }
        (Route::Host, false) => Servers {
            hosts: vec![Host::without_dane(domain, NotApplicable::InsecureAddress)],
            ttl: UNASKED,
            ..Servers::unvalidated()
        },
    }
}

async fn by_mx(resolver: &Resolver, domain: DnsName, port: u16) -> Servers {
    let lookup = resolver.mx(&domain).await;
    let status = reading::status(&lookup);
    let answer = match lookup.and_then(Answer::unless_bogus) {
        Ok(answer) => answer,
        Err(error) => return Servers::unknown(dane::LookupFault::from(&error), Err(error)),
    };
    let ttl = seconds(answer.ttl);
    let found = match status {
        // RFC 7672 §2.1.2: nobody knows which servers to connect to.
        dane::Answer::Fault(fault) => return Servers::unknown(fault, Ok(sorted(&answer))),
        dane::Answer::Found(Security::Insecure) => return Servers::behind_insecure_mx(&answer),
        dane::Answer::Found(Security::Secure) => {
            let look = |name| host::look_at(resolver, name, status, port);
            join_all(exchanges(&sorted(&answer)).into_iter().map(look)).await
        }
        // Nothing has an address at a name that does not exist.
        dane::Answer::Absent(_) if answer.outcome == DnsOutcome::NxDomain => {
            vec![Found { host: Host::without_address(domain), ttl }]
        }
        // RFC 5321 §5.1: without MX records the domain is its own server.
        dane::Answer::Absent(_) => vec![host::look_at(resolver, domain, status, port).await],
    };
    let null_mx = is_null(answer.records());
    Servers { null_mx, ..Servers::of(found, Ok(sorted(&answer)), ttl) }
}

/// The MX records, for whoever wants to know, when nobody says what they are worth.
async fn by_mx_unvalidated(resolver: &Resolver, domain: &DnsName) -> Servers {
    let servers = match resolver.mx(domain).await {
        Ok(answer) if answer.records().is_empty() => {
            let host = Host::without_dane(domain.clone(), NotApplicable::InsecureAddress);
            Servers { hosts: vec![host], ttl: seconds(answer.ttl), ..Servers::unvalidated() }
        }
        Ok(answer) => Servers::behind_insecure_mx(&answer),
        Err(error) => Servers { mx: Err(error), ..Servers::unvalidated() },
    };
    Servers { validated: false, ..servers }
}

impl Servers {
    fn of(found: Vec<Found>, mx: Result<Vec<Mx>, DnsError>, ttl: Duration) -> Self {
        let ttl = found.iter().map(|found| found.ttl).fold(ttl, Duration::min);
        let hosts: Vec<Host> = found.into_iter().map(|found| found.host).collect();
        let dane = delivery::dane(hosts.iter().map(|host| host.outcome));
        Self { dane, validated: true, mx, hosts, null_mx: false, ttl }
    }

    /// Nothing is known of any server.
    fn unknown(fault: dane::LookupFault, mx: Result<Vec<Mx>, DnsError>) -> Self {
        let dane = Dane::Indeterminate(fault);
        Self { dane, validated: true, mx, hosts: Vec::new(), null_mx: false, ttl: Duration::ZERO }
    }

    fn behind_insecure_mx(answer: &Answer<Mx>) -> Self {
        let mx = sorted(answer);
        let host = |name| Host::without_dane(name, NotApplicable::InsecureMx);
        Self {
            dane: Dane::Absent,
            validated: true,
            hosts: exchanges(&mx).into_iter().map(host).collect(),
            null_mx: is_null(&mx),
            mx: Ok(mx),
            ttl: seconds(answer.ttl),
        }
    }

    /// Without validation every answer is as an insecure one, and DANE applies to no host.
    fn unvalidated() -> Self {
        Self {
            dane: Dane::Absent,
            validated: false,
            mx: Ok(Vec::new()),
            hosts: Vec::new(),
            null_mx: false,
            ttl: Duration::ZERO,
        }
    }
}

impl Host {
    fn without_dane(name: DnsName, why: NotApplicable) -> Self {
        Self { name, outcome: Outcome::Opportunistic(why), base: None, tlsa: Vec::new() }
    }

    fn without_address(name: DnsName) -> Self {
        Self { name, outcome: Outcome::NoAddress, base: None, tlsa: Vec::new() }
    }
}

/// The records in order of preference, and of names where that is the same.
fn sorted(answer: &Answer<Mx>) -> Vec<Mx> {
    let mut records = answer.records().to_vec();
    records.sort_unstable();
    records
}

/// The hosts to look at. A root among other names (RFC 7505 §3 forbids it) is nobody.
fn exchanges(mx: &[Mx]) -> Vec<DnsName> {
    let mut seen = HashSet::new();
    let names = mx.iter().map(|mx| &mx.exchange).filter(|name| !name.is_root());
    names.filter(|name| seen.insert(*name)).take(HOSTS).cloned().collect()
}

/// RFC 7505 §3.
fn is_null(mx: &[Mx]) -> bool {
    !mx.is_empty() && mx.iter().all(|mx| mx.exchange.is_root())
}

fn seconds(ttl: u32) -> Duration {
    Duration::from_secs(ttl.into())
}

/// How long an answer that rests on the answer to `lookup` may be kept.
fn ttl_of<T>(lookup: &Lookup<T>) -> Duration {
    lookup.as_ref().map_or(Duration::ZERO, |answer| seconds(answer.ttl))
}

/// Total time for one next-hop. Own limit: an MTA waits for an answer, and a policy has to be
/// fetched meanwhile.
const DEADLINE: Duration = Duration::from_secs(20);
/// Own limit. Postfix tries five addresses (`smtp_mx_address_limit`).
const HOSTS: usize = 20;
/// How long a verdict may be kept that rests on no answer at all.
const UNASKED: Duration = Duration::from_hours(1);
