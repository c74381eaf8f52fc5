//! The resolver: typed lookups through a recursive resolver.

mod lookup;

use super::answer::{Answer, Caa, DnsError, Lookup, Mx, Outcome};
use super::exchange::{Deadline, Exchange};
use super::question::{Asking, Question};
use super::record::Apex;
use super::resolv_conf;
use super::validator::Validator;
use super::validator::anchors::Anchors;
use domain::base::Rtype;
use domain::base::iana::OptRcode;
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::DnsName;
use lookup::{Core, Found, Kind, Status};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How lookups are made.
#[derive(Debug, Clone)]
pub struct ResolverConfig {
    /// The recursive resolvers, tried in order; from `/etc/resolv.conf` when empty.
    pub servers: Vec<SocketAddr>,
    /// Where DNSSEC status comes from.
    pub dnssec: Dnssec,
    /// Total time for one lookup, retransmissions, aliases and TCP included. Waiting for one's
    /// turn under `in_flight` is not counted.
    pub deadline: Duration,
    /// Most lookups on their way at once; each has one question out at a time.
    pub in_flight: usize,
}

/// Where DNSSEC status comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// `TrustAd` if the first resolver is on loopback and shows that it validates, else `Validate`.
    Auto,
    /// Validate in the process, from the root's anchors or those of a file (DS or DNSKEY records
    /// in zone-file form).
    Validate {
        /// Another trust anchor than the root's built-in one.
        trust_anchor: Option<PathBuf>,
    },
    /// Believe the AD bit of the resolver.
    TrustAd,
    /// Ask for none: every answer is indeterminate.
    Off,
}

/// A resolver that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `/etc/resolv.conf` cannot be read or names no server.
    #[error("no resolver is configured: {detail}; name one with --dns ADDR[:PORT]")]
    NoResolver {
        /// What was tried.
        detail: String,
    },
    /// The trust anchor file is unusable.
    #[error("the trust anchor {path}: {detail}", path = path.display())]
    TrustAnchor {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        detail: String,
    },
}

/// Typed lookups. Cheap to clone; answers are cached for their TTL within one run, and what is
/// asked for by several at once is asked once. A cached answer shows the TTL it came with.
#[derive(Debug, Clone)]
pub struct Resolver {
    core: Arc<Core>,
    status: Status,
    /// When its lookups end, whatever their own deadline.
    until: Option<Instant>,
}

impl Default for ResolverConfig {
    /// The system's resolvers, five seconds, 256 lookups.
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            dnssec: Dnssec::Auto,
            deadline: Duration::from_secs(5),
            in_flight: 256,
        }
    }
}

impl Resolver {
    /// Sets up the resolver; with [`Dnssec::Auto`] and [`Dnssec::TrustAd`] asks the first server
    /// whether it validates.
    pub async fn new(config: ResolverConfig) -> Result<Self, SetupError> {
        let servers = match config.servers.as_slice() {
            [] => resolv_conf::system_servers()?,
            _ => config.servers,
        };
        let (servers, dnssec) = match config.dnssec {
            Dnssec::Auto => automatic(servers).await,
            chosen @ (Dnssec::Validate { .. } | Dnssec::TrustAd | Dnssec::Off) => (servers, chosen),
        };
        let exchange = Arc::new(Exchange::new(servers));
        let (status, validator) = match dnssec {
            Dnssec::Auto | Dnssec::Validate { trust_anchor: None } => (
                Status::Validated,
                Some(Validator::new(Anchors::built_in()?, Arc::clone(&exchange), config.deadline)),
            ),
            Dnssec::Validate { trust_anchor: Some(path) } => (
                Status::Validated,
                Some(Validator::new(
                    Anchors::from_file(&path)?,
                    Arc::clone(&exchange),
                    config.deadline,
                )),
            ),
            Dnssec::TrustAd => (trusted(exchange.servers()).await, None),
            Dnssec::Off => (Status::Off, None),
        };
        let core = Core::new(exchange, config.deadline, config.in_flight, validator);
        Ok(Self { core: Arc::new(core), status, until: None })
    }

    /// The same resolver, cache included, for lookups whose DNSSEC status is of no interest: they
    /// ask for no signatures and check none. Believing an AD bit costs nothing and goes on.
    #[must_use]
    pub fn unvalidated(&self) -> Self {
        let status = match self.status {
            Status::Validated | Status::Unasked => Status::Unasked,
            Status::Trusted => Status::Trusted,
            Status::Unvouched => Status::Unvouched,
            Status::Off => Status::Off,
        };
        Self { core: Arc::clone(&self.core), status, until: self.until }
    }

    /// The same resolver, cache included, for lookups that nobody waits for after `end`: what has
    /// no answer by then has timed out. Waiting for one's turn is counted here.
    #[must_use]
    pub fn until(self, end: Instant) -> Self {
        Self { until: Some(end), ..self }
    }

    /// The recursive resolvers, in the order in which they are asked.
    pub fn servers(&self) -> &[SocketAddr] {
        self.core.servers()
    }

    /// How DNSSEC status is found, for the report ("validated here", "AD bit of 127.0.0.1", "off").
    pub fn dnssec_source(&self) -> String {
        match self.status {
            Status::Validated => "validated here".to_owned(),
            Status::Unvouched => "AD bit, which the resolver does not set".to_owned(),
            Status::Trusted => {
                let servers: Vec<String> =
                    self.servers().iter().map(|server| server.ip().to_string()).collect();
                format!("AD bit of {}", servers.join(", "))
            }
            Status::Unasked => "not asked for".to_owned(),
            Status::Off => "off".to_owned(),
        }
    }

    /// TXT records, the character-strings of each joined with nothing between (RFC 8461 §3.1).
    pub async fn txt(&self, name: &DnsName) -> Lookup<Vec<u8>> {
        self.answer(name, Rtype::TXT).await
    }

    /// MX records, in no order.
    pub async fn mx(&self, name: &DnsName) -> Lookup<Mx> {
        self.answer(name, Rtype::MX).await
    }

    /// A records.
    pub async fn ipv4(&self, name: &DnsName) -> Lookup<IpAddr> {
        self.answer(name, Rtype::A).await
    }

    /// AAAA records.
    pub async fn ipv6(&self, name: &DnsName) -> Lookup<IpAddr> {
        self.answer(name, Rtype::AAAA).await
    }

    /// TLSA records.
    pub async fn tlsa(&self, name: &DnsName) -> Lookup<Tlsa> {
        self.answer(name, Rtype::TLSA).await
    }

    /// CAA records of this very name (the caller climbs, RFC 8659 §3).
    pub async fn caa(&self, name: &DnsName) -> Lookup<Caa> {
        self.answer(name, Rtype::CAA).await
    }

    /// Name servers of a zone cut at this name.
    pub async fn ns(&self, name: &DnsName) -> Lookup<DnsName> {
        self.answer(name, Rtype::NS).await
    }

    /// SOA owner of the zone that holds `name`: the apex, or the error met on the way.
    pub async fn zone_of(&self, name: &DnsName) -> Result<DnsName, DnsError> {
        let plain = self.unvalidated();
        let mut name = name.clone();
        loop {
            let found = plain.find::<Apex>(&name, Rtype::SOA).await?;
            // An alias stands below the apex of its zone (RFC 1034 §3.6.2); what comes back with
            // it is the zone of the target.
            let aliased = !found.answer.aliases.is_empty();
            let zone = match (&found.answer.outcome, &found.zone) {
                _ if aliased => None,
                (Outcome::Found(_), _) => Some(name.clone()),
                (Outcome::NoData | Outcome::NxDomain, zone) => zone.clone(),
            };
            match (zone, name.parent()) {
                (Some(zone), _) => return Ok(zone),
                (None, Some(parent)) => name = parent,
                (None, None) => return Ok(name),
            }
        }
    }

    /// TXT records as one authoritative server gives them (no recursion, no cache). An alias that
    /// leads out of what the server answers is not followed: the answer then names it and has no
    /// record. Whether `server` may be talked to is for the caller's guard to say.
    pub async fn txt_at(&self, server: SocketAddr, name: &DnsName) -> Lookup<Vec<u8>> {
        self.in_time(self.core.ask_directly(server, name, Rtype::TXT)).await
    }

    async fn answer<T: Kind>(&self, name: &DnsName, rtype: Rtype) -> Lookup<T> {
        self.find(name, rtype).await.map(|found| Answer::clone(&found.answer))
    }

    async fn find<T: Kind>(&self, name: &DnsName, rtype: Rtype) -> Result<Arc<Found<T>>, DnsError> {
        self.in_time(Core::find(&self.core, name, rtype, self.status)).await
    }

    async fn in_time<T>(
        &self,
        looking: impl Future<Output = Result<T, DnsError>>,
    ) -> Result<T, DnsError> {
        let Some(end) = self.until else { return looking.await };
        let started = Instant::now();
        timeout_at(end, looking).await.unwrap_or_else(|_| {
            let unasked = SocketAddr::from(([0, 0, 0, 0], 0));
            let server = self.servers().first().copied().unwrap_or(unasked);
            Err(DnsError::Timeout { server, after: started.elapsed() })
        })
    }
}

/// What [`Dnssec::Auto`] comes to. An AD bit is only as good as the way it comes, so believing
/// one leaves the servers that are not on this machine out.
async fn automatic(servers: Vec<SocketAddr>) -> (Vec<SocketAddr>, Dnssec) {
    let validates = match servers.first() {
        Some(first) if first.ip().to_canonical().is_loopback() => {
            validates(*first).await == Some(true)
        }
        Some(_) | None => false,
    };
    if !validates {
        return (servers, Dnssec::Validate { trust_anchor: None });
    }
    let local = servers.into_iter().filter(|server| server.ip().to_canonical().is_loopback());
    (local.collect(), Dnssec::TrustAd)
}

/// What believing the AD bit comes to. Without one on the root's SOA record the resolver does not
/// validate, or something on the way takes the bit out: that says nothing about anybody's zone.
async fn trusted(servers: &[SocketAddr]) -> Status {
    match servers.first() {
        Some(first) if validates(*first).await == Some(false) => Status::Unvouched,
        Some(_) | None => Status::Trusted,
    }
}

/// Whether `server` calls the root's SOA record authentic, as only a validating resolver does;
/// `None` if it does not give it.
async fn validates(server: SocketAddr) -> Option<bool> {
    let root = Question { name: domain::base::Name::root_bytes(), rtype: Rtype::SOA };
    let exchange = Exchange::new(vec![server]);
    let deadline = Deadline::starting_now(PROBE);
    let reply = exchange.ask(&root, Asking::AuthenticData, deadline).await.ok()?;
    (reply.message.opt_rcode() == OptRcode::NOERROR).then(|| reply.message.header().ad())
}

const PROBE: Duration = Duration::from_secs(2); // a validating resolver knows the root's SOA
