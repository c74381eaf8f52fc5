//! Gathering evidence: what a sender would look at, and a little behind it.
//!
//! Nothing here judges. Each part has its own deadline, the whole domain one more, and an MX
//! host is looked at once per run however many domains name it.

mod egress;
mod hosts;
mod parked;
mod policy_host;
mod record;
mod tls_rpt;

use crate::evidence::{Egress, Evidence, Host, Skip};
use egress::EgressTest;
use hosts::HostCache;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::answer::{Lookup, Mx, Outcome};
use ironpost_net::dns::resolver::{Resolver, ResolverConfig, SetupError};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::ports::Ports;
use ironpost_net::report_target::ReportTargetProber;
use ironpost_net::smtp::SmtpProber;
use ironpost_net::tls::roots::{RootSource, Roots, RootsError};
use ironpost_proto::domain::{DnsName, Domain};
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How the outside world is reached.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Lookups.
    pub resolver: ResolverConfig,
    /// Trust roots.
    pub roots: RootSource,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Where the servers of the other side listen.
    pub ports: Ports,
    /// Hosts that tell whether port 25 is open here; with `None` some large mail providers, asked
    /// only when no MX at a public address could be connected to.
    pub canaries: Option<Vec<Canary>>,
    /// The name given in EHLO.
    pub ehlo_name: String,
}

/// A host that is known to answer on port 25.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// Host name or address.
    pub host: String,
    /// Its port; the SMTP port of [`NetworkOptions::ports`] if `None`.
    pub port: Option<u16>,
}

/// A network that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The resolver.
    #[error(transparent)]
    Resolver(#[from] SetupError),
    /// The trust roots.
    #[error(transparent)]
    Roots(#[from] RootsError),
}

/// Gathers evidence about domains over one run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gatherer {
    network: Arc<Network>,
}

#[derive(Debug)]
struct Network {
    resolver: Resolver,
    fetcher: PolicyFetcher,
    prober: SmtpProber,
    report_targets: ReportTargetProber,
    guard: AddressGuard,
    ports: Ports,
    egress: EgressTest,
    hosts: HostCache,
    /// Room for SMTP sessions, over all domains.
    smtp_places: Semaphore,
}

impl Gatherer {
    /// Sets up resolver, trust roots and clients.
    pub async fn new(options: NetworkOptions) -> Result<Self, NetworkError> {
        let roots = Roots::load(&options.roots)?;
        let resolver = Resolver::new(options.resolver).await?;
        let guard = options.guard;
        let network = Network {
            resolver,
            fetcher: PolicyFetcher {
                roots: roots.clone(),
                guard: guard.clone(),
                deadline: HTTPS_DEADLINE,
            },
            prober: SmtpProber {
                roots: roots.clone(),
                guard: guard.clone(),
                deadline: SMTP_DEADLINE,
                ehlo_name: options.ehlo_name,
            },
            report_targets: ReportTargetProber {
                roots,
                guard: guard.clone(),
                deadline: HTTPS_DEADLINE,
            },
            guard,
            ports: options.ports,
            egress: EgressTest::new(options.canaries, options.ports.smtp),
            hosts: HostCache::default(),
            smtp_places: Semaphore::new(SMTP_IN_FLIGHT),
        };
        Ok(Self { network: Arc::new(network) })
    }

    /// Where DNSSEC status comes from in this run.
    pub fn dnssec_source(&self) -> String {
        self.network.resolver.dnssec_source()
    }

    /// The MX RRset of a domain.
    pub async fn mx(&self, domain: &Domain) -> Lookup<Mx> {
        self.network.resolver.unvalidated().mx(&DnsName::from(domain)).await
    }

    /// Looks at hosts as at MX hosts of the domain, at no more than a domain may have; ends within
    /// [`DOMAIN_DEADLINE`].
    pub async fn hosts(
        &self,
        domain: &Domain,
        names: &[DnsName],
        skip: Skip,
    ) -> (Vec<Host>, Egress) {
        let network = &*self.network;
        let look = Look { network, domain, skip, deadline: Instant::now() + DOMAIN_DEADLINE };
        let looks = names.iter().take(MAX_HOSTS).map(|name| async move {
            Host { preference: None, seen: look.host(name.clone()).await }
        });
        let hosts = futures_util::future::join_all(looks).await;
        let egress = network.egress.judge(network, &hosts, look.deadline).await;
        (hosts, egress)
    }

    /// Looks at one domain; ends within [`DOMAIN_DEADLINE`] whatever the peers do.
    pub async fn gather(&self, domain: &Domain, skip: Skip, now: Timestamp) -> Evidence {
        let started = Instant::now();
        let network = &*self.network;
        let look = Look { network, domain, skip, deadline: started + DOMAIN_DEADLINE };

        let ((record, policy_host), (mx, hosts), tls_rpt) =
            tokio::join!(look.published(), look.mail_hosts(), look.tls_rpt());
        let null_mx =
            matches!(&mx, Ok(answer) if answer.records().iter().any(|mx| mx.exchange.is_root()));
        let absent = record.set.candidates.is_empty() && record.lookup.is_ok();
        let (parked, parent_with_record, egress) = tokio::join!(
            async { if null_mx { look.parked().await } else { None } },
            async { if absent { look.parent_with_record().await } else { None } },
            network.egress.judge(network, &hosts, look.deadline),
        );
        Evidence {
            domain: domain.clone(),
            checked_at: now,
            elapsed: started.elapsed(),
            skip,
            record,
            policy_host,
            mx,
            hosts,
            egress,
            tls_rpt,
            parked,
            parent_with_record,
        }
    }
}

/// One look at one domain.
#[derive(Debug, Clone, Copy)]
struct Look<'a> {
    network: &'a Network,
    domain: &'a Domain,
    skip: Skip,
    deadline: Instant,
}

impl Look<'_> {
    /// The resolver for lookups whose DNSSEC status matters.
    fn validating(&self) -> Resolver {
        if self.skip.dane {
            self.plain()
        } else {
            self.network.resolver.clone().until(self.deadline)
        }
    }

    /// The resolver for all other lookups.
    fn plain(&self) -> Resolver {
        self.network.resolver.unvalidated().until(self.deadline)
    }

    /// Time left for this domain, at most `wish`, less what it takes to tell of what was seen: a
    /// probe that the domain's own end cuts off is lost.
    fn time_left(&self, wish: Duration) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        wish.min(left.saturating_sub(MARGIN))
    }

    async fn published(
        &self,
    ) -> (crate::evidence::RecordEvidence, crate::evidence::PolicyHostEvidence) {
        // Asking for the host's addresses before the TXT answer is in saves a round trip.
        let (mut record, host) = tokio::join!(self.record(), self.policy_host_addresses());
        let (around, policy_host) =
            tokio::join!(self.around(&record), self.policy_host(&record, host));
        record.misplaced = around.misplaced;
        record.wildcard = around.wildcard;
        record.servers = around.servers;
        (record, policy_host)
    }

    async fn mail_hosts(&self) -> (Lookup<Mx>, Vec<Host>) {
        let mx = self.validating().mx(&DnsName::from(self.domain)).await;
        let named = named_hosts(self.domain, &mx);
        let looks = named.into_iter().map(|(preference, name)| async move {
            Host { preference, seen: self.host(name).await }
        });
        (mx, futures_util::future::join_all(looks).await)
    }
}

/// The hosts an MX RRset names, by preference and name; without one the domain itself
/// (RFC 5321 §5.1); none for a null MX (RFC 7505 §3).
fn named_hosts(domain: &Domain, mx: &Lookup<Mx>) -> Vec<(Option<u16>, DnsName)> {
    let Ok(answer) = mx else { return Vec::new() };
    match &answer.outcome {
        Outcome::Found(records) => {
            let mut named: Vec<_> = records
                .iter()
                .filter(|mx| !mx.exchange.is_root())
                .map(|mx| (Some(mx.preference), mx.exchange.clone()))
                .collect();
            named.sort();
            named.dedup_by(|a, b| a.1 == b.1);
            named.truncate(MAX_HOSTS);
            named
        }
        Outcome::NoData => vec![(None, DnsName::from(domain))],
        Outcome::NxDomain => Vec::new(),
    }
}

/// The addresses two lookups brought, IPv4 first; no more than anyone needs.
fn addresses(ipv4: &Lookup<IpAddr>, ipv6: &Lookup<IpAddr>) -> Vec<IpAddr> {
    let found =
        [ipv4, ipv6].into_iter().flatten().flat_map(ironpost_net::dns::answer::Answer::records);
    found.copied().take(MAX_ADDRESSES).collect()
}

/// Total time for one domain.
pub const DOMAIN_DEADLINE: Duration = Duration::from_secs(20);
/// Total time for one policy fetch. RFC 8461 §3.3 suggests a minute to senders, who have nobody waiting.
pub const HTTPS_DEADLINE: Duration = Duration::from_secs(15);
/// Total time for one SMTP probe.
pub const SMTP_DEADLINE: Duration = Duration::from_secs(15);
/// Total time for one lookup.
pub const DNS_DEADLINE: Duration = Duration::from_secs(5);
/// What is kept of a domain's time for the end. Own limit.
const MARGIN: Duration = Duration::from_millis(500);
/// SMTP sessions at once, over all domains.
const SMTP_IN_FLIGHT: usize = 256;
/// Hosts looked at per domain; the largest providers name fewer than ten.
const MAX_HOSTS: usize = 20;
/// Addresses tried per host.
const MAX_ADDRESSES: usize = 8;
