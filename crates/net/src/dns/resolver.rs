//! The resolver: typed lookups through a recursive resolver.

mod caches;
mod lookup;
mod way;

use super::answer::{Answer, Caa, DnsError, Lookup, Mx, Outcome};
use super::exchange::Exchange;
use super::record::Apex;
use super::resolv_conf;
use super::validator::Validator;
use super::validator::anchors::Anchors;
use caches::Kind;
use domain::base::Rtype;
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::DnsName;
use lookup::{Core, Found, Limits};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use way::{Status, Way, Ways};

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
    /// What a lookup may take while others wait for its turn; all of its time if this is `None`.
    pub grace: Option<Duration>,
    /// What becomes of an answer.
    pub keep: Keep,
}

/// What becomes of an answer once everyone who waited for it has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    /// It is given again for its TTL, an hour at most, and shows the TTL that it came with: for a
    /// run that is over soon.
    ForTtl,
    /// Nothing: for a program that stays, has a schedule of its own, and a recursive resolver near
    /// that keeps answers and says how much of their TTL is left.
    Nothing,
}

/// Where DNSSEC status comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// `TrustAd` if the first resolver is on loopback and shows that it validates, else `Validate`.
    /// It is asked again now and then, soon if it has not answered yet: it may start later than we do, or
    /// change.
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

/// Typed lookups. Cheap to clone; what is asked for by several at once is asked once.
#[derive(Debug, Clone)]
pub struct Resolver {
    core: Arc<Core>,
    interest: Interest,
    /// When its lookups end, whatever their own deadline.
    until: Option<Instant>,
}

/// Whether anybody wants to know the status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interest {
    InStatus,
    InRecordsAlone,
}

impl Default for ResolverConfig {
    /// The system's resolvers, five seconds, 256 lookups.
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            dnssec: Dnssec::Auto,
            deadline: Duration::from_secs(5),
            in_flight: 256,
            grace: None,
            keep: Keep::ForTtl,
        }
    }
}

impl Resolver {
    /// Sets up the resolver; with [`Dnssec::Auto`] and [`Dnssec::TrustAd`] asks the first server
    /// whether it validates. That server need not be there yet.
    pub async fn new(config: ResolverConfig) -> Result<Self, SetupError> {
        let servers = match config.servers.as_slice() {
            [] => resolv_conf::system_servers()?,
            _ => config.servers,
        };
        let everyone = Arc::new(Exchange::new(servers));
        let anchors = match &config.dnssec {
            Dnssec::Auto | Dnssec::Validate { trust_anchor: None } => Some(Anchors::built_in()?),
            Dnssec::Validate { trust_anchor: Some(path) } => Some(Anchors::from_file(path)?),
            Dnssec::TrustAd | Dnssec::Off => None,
        };
        let validator =
            anchors.map(|anchors| Validator::new(anchors, Arc::clone(&everyone), config.deadline));
        let ways = Ways::new(&config.dnssec, &everyone);
        let heard = ways.look_again().await;
        let limits = Limits {
            deadline: config.deadline,
            in_flight: config.in_flight,
            grace: config.grace,
            keep: config.keep,
        };
        let core = Core::start(ways, heard, limits, validator);
        Ok(Self { core, interest: Interest::InStatus, until: None })
    }

    /// The same resolver, cache included, for lookups whose DNSSEC status is of no interest: they
    /// ask for no signatures and check none. Believing an AD bit costs nothing and goes on.
    #[must_use]
    pub fn unvalidated(&self) -> Self {
        Self { interest: Interest::InRecordsAlone, ..self.clone() }
    }

    /// The same resolver, cache included, for lookups that nobody waits for after `end`, or after an
    /// earlier end that was set before: what has no answer by then has timed out. Waiting for one's
    /// turn is counted here.
    #[must_use]
    pub fn until(self, end: Instant) -> Self {
        let end = self.until.map_or(end, |before| before.min(end));
        Self { until: Some(end), ..self }
    }

    /// The recursive resolvers, in the order in which they are asked.
    pub fn servers(&self) -> Vec<SocketAddr> {
        self.core.way().exchange.servers().to_vec()
    }

    /// True if answers come with a DNSSEC status. If not, every one is indeterminate, and nothing
    /// that needs DNSSEC can be used.
    pub fn tells_status(&self) -> bool {
        match self.status(&self.core.way()) {
            Status::Validated | Status::Trusted => true,
            Status::Unvouched | Status::Unasked | Status::Off => false,
        }
    }

    /// True if the status is what the servers say: it is only as good as the way to them.
    pub fn believes_servers(&self) -> bool {
        match self.status(&self.core.way()) {
            Status::Trusted => true,
            Status::Validated | Status::Unvouched | Status::Unasked | Status::Off => false,
        }
    }

    /// How DNSSEC status is found, for the report ("validated here", "AD bit of 127.0.0.1", "off").
    pub fn dnssec_source(&self) -> String {
        match self.status(&self.core.way()) {
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

    fn status(&self, way: &Way) -> Status {
        match (self.interest, way.status) {
            (Interest::InRecordsAlone, Status::Validated) => Status::Unasked,
            (Interest::InStatus | Interest::InRecordsAlone, status) => status,
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

    /// The alias that stands at this very name, with the status of nothing but itself (RFC 7672
    /// §2.1.3).
    pub async fn alias(&self, name: &DnsName) -> Lookup<DnsName> {
        self.answer(name, Rtype::CNAME).await
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
        let way = self.core.way();
        let status = self.status(&way);
        self.in_time(Core::find(&self.core, way, name, rtype, status)).await
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
