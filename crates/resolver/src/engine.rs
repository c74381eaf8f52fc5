//! The engine: from a key to an answer, from memory or from outside.

mod answering;
mod asked;
mod background;
mod discovery;
mod flights;
mod journal;
mod listing;
mod local;
mod memory;
mod route_lookup;
mod routes;

use crate::admin::{ListedPolicy, RefreshReport, StatusReport};
use crate::alert::Alerts;
use crate::answer::{Dialect, Status};
use crate::failure_report::FailureReports;
use crate::metrics::{Metrics, Source};
use crate::settings::Settings;
use crate::shared::SharedCache;
use arc_swap::ArcSwap;
use asked::Asked;
use background::Due;
use discovery::Discovered;
use flights::Flights;
use ironpost_net::clock::Clock;
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::places::Places;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::visible::Visible;
use ironpost_store::Store;
use ironpost_store::sender::Change;
use journal::Journal;
use local::Rules;
use memory::Memory;
use routes::Routes;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use tokio::sync::mpsc;

/// The engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What an engine stands on.
#[derive(Debug)]
pub struct Parts {
    /// What the administrator decides.
    pub settings: Settings,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Names, with DNSSEC status.
    pub resolver: Resolver,
    /// Policies.
    pub source: PolicySource,
    /// Where policies outlive the process.
    pub store: Option<Store>,
    /// Where they are shared with other resolvers.
    pub shared: Option<SharedCache>,
    /// Who hears of what is wrong.
    pub alerts: Alerts,
    /// Where failed fetches are reported.
    pub reports: Option<FailureReports>,
    /// What is counted.
    pub metrics: Metrics,
    /// Most policies fetched at once while an MTA waits.
    pub in_flight: usize,
}

#[derive(Debug)]
struct Inner {
    outside: Outside,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    rules: ArcSwap<Rules>,
    memory: Memory,
    routes: Routes,
    journal: Journal,
    work: Work,
}

/// Who is asked and who is told.
#[derive(Debug)]
struct Outside {
    resolver: Resolver,
    /// The same, without DNSSEC status: for records that need none.
    plain: Resolver,
    source: PolicySource,
    store: Option<Store>,
    shared: Option<SharedCache>,
    alerts: Alerts,
    reports: Option<FailureReports>,
}

/// What is under way.
#[derive(Debug)]
struct Work {
    discoveries: Arc<Flights<Arc<Discovered>>>,
    route_lookups: Arc<Flights<Arc<route_lookup::Looked>>>,
    /// For fetches that an MTA waits for.
    places: Places,
    /// For the others.
    upkeep_places: Places,
    /// Most discoveries, and most lookups of next-hops, under way.
    most: usize,
    due: mpsc::UnboundedSender<Due>,
    /// Next-hops in a row of which nothing could be told.
    untold: AtomicU32,
    background: background::Handles,
    started: Timestamp,
}

impl Engine {
    /// Starts the engine and its background work: loading, refreshing, writing down.
    pub fn start(parts: Parts) -> Self {
        let (due, to_do) = mpsc::unbounded_channel();
        let started = parts.clock.now();
        let inner = Arc::new(Inner {
            outside: Outside {
                plain: parts.resolver.unvalidated(),
                resolver: parts.resolver,
                source: parts.source,
                store: parts.store,
                shared: parts.shared,
                alerts: parts.alerts,
                reports: parts.reports,
            },
            clock: parts.clock,
            metrics: parts.metrics,
            rules: ArcSwap::from_pointee(Rules::new(parts.settings)),
            memory: Memory::new(),
            routes: Routes::new(),
            journal: Journal::new(),
            work: Work {
                discoveries: Flights::new(),
                route_lookups: Flights::new(),
                places: Places::new(parts.in_flight, Some(discovery::GRACE)),
                upkeep_places: Places::new(background::FETCHES, Some(discovery::GRACE)),
                most: parts.in_flight.saturating_mul(WAITING_PER_PLACE).max(WAITING),
                due,
                untold: AtomicU32::new(0),
                background: background::Handles::new(),
                started,
            },
        });
        background::start(&inner, to_do);
        Self { inner }
    }

    /// Answers from memory, appending to `text`; `None` if the network has to be asked first.
    pub fn answer_now(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Option<Status> {
        let status = match Asked::plain(key) {
            Some(asked) => self.inner.answer_from_memory(&asked, dialect, text),
            None => match asked::parse(key) {
                Ok(Some(next_hop)) => {
                    let name = next_hop.to_string();
                    self.inner.answer_from_memory(&Asked::of(&next_hop, &name), dialect, text)
                }
                // S3, S4: nothing is inherited, and an address literal has no policy.
                Ok(None) => Some(answering::nothing_demanded(key, dialect, text)),
                Err(error) => {
                    text.push_str(&error.to_string());
                    Some(Status::Perm)
                }
            },
        };
        if let Some(status) = status {
            self.inner.metrics.lookup(Source::Memory, status);
            tracing::trace!(key = %Visible::from_bytes(key), ?status, "answered from memory");
        }
        status
    }

    /// Answers, from the network if need be. The work goes on when the caller leaves.
    pub async fn answer(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Status {
        if let Some(status) = self.answer_now(dialect, key, text) {
            return status;
        }
        let Ok(Some(next_hop)) = asked::parse(key) else {
            // Memory has answered every other key.
            return Status::NotFound;
        };
        let status = if self.inner.work.has_room() {
            let name = next_hop.to_string();
            let asked = Asked::of(&next_hop, &name);
            self.inner.answer_from_outside(&next_hop, &asked, dialect, text).await
        } else {
            // Nothing is known, and mail that waits is better than memory that runs out.
            text.push_str("too much is being looked up");
            Status::Temp
        };
        self.inner.metrics.lookup(Source::Outside, status);
        tracing::trace!(key = %Visible::from_bytes(key), ?status, "answered");
        status
    }

    /// Puts new settings in place; memory and connections stay.
    pub fn set_settings(&self, settings: Settings) {
        self.inner.rules.store(Arc::new(Rules::new(settings)));
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// How it stands.
    pub fn status(&self) -> StatusReport {
        self.inner.status()
    }

    /// The policies after `after` in no particular but a stable order, at most `limit`.
    pub fn list(&self, after: Option<&Domain>, limit: usize) -> Vec<ListedPolicy> {
        self.inner
            .memory
            .page(after.map(Domain::as_str), limit, listing::listed)
            .into_iter()
            .flatten()
            .collect()
    }

    /// What is remembered of one domain.
    pub fn policy(&self, domain: &Domain) -> Option<ListedPolicy> {
        self.inner.memory.read(domain.as_str(), listing::listed).flatten()
    }

    /// Looks the record up and fetches the policy now, whatever its age; a failed attempt less
    /// than five minutes ago is not repeated (RFC 8461 §3.3).
    pub async fn refresh(&self, domain: &Domain) -> RefreshReport {
        self.inner.refresh_now(domain).await
    }

    /// Forgets everything about a domain, in the store and the shared cache too; false if nothing
    /// was known.
    pub async fn purge(&self, domain: &Domain) -> bool {
        self.inner.purge(domain).await
    }

    /// Takes a policy over from elsewhere, unless it has expired or one is known already; true if it
    /// was taken.
    pub fn import(&self, domain: &Domain, cached: &CachedPolicy) -> bool {
        self.inner.take_over(domain, cached)
    }

    /// Ends background work and writes down what is not written yet.
    pub async fn stop(&self) {
        self.inner.journal.stop();
        self.inner.work.background.end().await;
    }
}

impl Inner {
    /// Has a change written down, if there is a store.
    fn note(&self, change: Change) {
        if self.outside.store.is_some() {
            self.journal.note(change);
        }
    }
}

impl Work {
    /// False if whoever asks makes us look up more than there is memory for.
    fn has_room(&self) -> bool {
        self.discoveries.len() < self.most && self.route_lookups.len() < self.most
    }

    /// Has something done in the background. The other end lives as long as the engine.
    fn due(&self, due: Due) {
        let _ = self.due.send(due);
    }
}

/// Discoveries that may wait for each place; each takes some ten kilobytes. Own limit.
const WAITING_PER_PLACE: usize = 16;
/// So many may wait however few places there are.
const WAITING: usize = 1024;
