//! The engine: from a key to an answer, from memory or from outside.

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
use crate::answer::{Answer, Dialect, Status, word};
use crate::clock::Clock;
use crate::failure_report::FailureReports;
use crate::metrics::{Metrics, Source};
use crate::settings::{Settings, Testing};
use crate::shared::SharedCache;
use arc_swap::ArcSwap;
use asked::Asked;
use background::Due;
use discovery::Discovered;
use flights::Flights;
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::delivery::{Dane, Demand, Precedence, demand};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::next_hop::NextHop;
use ironpost_store::Store;
use ironpost_store::sender::Change;
use journal::Journal;
use local::Rules;
use memory::Memory;
use routes::Routes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

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
    /// Most discoveries on their way at once.
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
    /// For an MTA that waits; background work has places of its own.
    places: Semaphore,
    due: mpsc::UnboundedSender<Due>,
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
                places: Semaphore::new(parts.in_flight.clamp(1, Semaphore::MAX_PERMITS)),
                due,
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
            Some(asked) => self.inner.from_memory(&asked, dialect, text),
            None => match asked::parse(key) {
                Ok(Some(next_hop)) => {
                    let name = next_hop.to_string();
                    self.inner.from_memory(&Asked::of(&next_hop, &name), dialect, text)
                }
                // S3, S4: nothing is inherited, and an address literal has no policy.
                Ok(None) => Some(no_policy_domain(key, dialect, text)),
                Err(error) => {
                    text.push_str(&error.to_string());
                    Some(Status::Perm)
                }
            },
        };
        if let Some(status) = status {
            self.inner.metrics.lookup(Source::Memory, status);
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
        let name = next_hop.to_string();
        let asked = Asked::of(&next_hop, &name);
        let status = self.inner.from_outside(&next_hop, &asked, dialect, text).await;
        self.inner.metrics.lookup(Source::Outside, status);
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

    /// Takes a policy over from elsewhere, unless it has expired or a newer one is known; true if
    /// it was taken.
    pub fn import(&self, domain: &Domain, cached: CachedPolicy) -> bool {
        self.inner.take_over(domain, &cached)
    }

    /// Ends background work and writes down what is not written yet.
    pub async fn stop(&self) {
        self.inner.journal.stop();
        self.inner.work.background.end().await;
    }
}

impl Inner {
    /// Answers from memory; `None` if memory does not know enough.
    fn from_memory(
        &self,
        asked: &Asked<'_>,
        dialect: Dialect,
        text: &mut String,
    ) -> Option<Status> {
        let rules = self.rules.load();
        let local = rules.local(asked.domain);
        if let Some(demand) = local.fixed() {
            return Some(self.say(&rules, asked, demand, None, dialect, text));
        }
        let now = self.clock.now();
        let dane = if rules.uses_dane(local) {
            let usable = self.routes.usable(asked.next_hop, now)?;
            if usable.renew {
                self.work.due(Due::route(now, asked.next_hop));
            }
            usable.dane
        } else {
            Dane::Absent
        };
        if let Some(policy) = local.policy() {
            let demand = demand(dane, Some(Mode::Enforce), rules.precedence());
            let policy = Some((policy.view(), None));
            return Some(self.say(&rules, asked, demand, policy, dialect, text));
        }
        if policy_is_no_matter(dane, rules.precedence(), dialect) {
            let demand = demand(dane, None, rules.precedence());
            return Some(self.say(&rules, asked, demand, None, dialect, text));
        }
        self.memory
            .read(asked.domain, |entry| {
                let policy = entry.valid(now);
                // Without a policy the answer is as good as the record's absence is fresh.
                if policy.is_none() && !entry.is_known_without(now) {
                    return None;
                }
                if policy.is_some() && entry.begin_to_watch() {
                    self.work.due(Due::policy(entry.recheck_at, asked.domain));
                }
                let demand = demand(dane, policy.map(|view| view.mode()), rules.precedence());
                let policy = policy.map(|view| (view, entry.failure));
                Some(self.say(&rules, asked, demand, policy, dialect, text))
            })
            .flatten()
    }

    /// Asks DNS and the policy host what memory does not know, and answers.
    async fn from_outside(
        self: &Arc<Self>,
        next_hop: &NextHop,
        asked: &Asked<'_>,
        dialect: Dialect,
        text: &mut String,
    ) -> Status {
        let end = Instant::now() + PATIENCE;
        let rules = self.rules.load_full();
        let local = rules.local(asked.domain).clone();
        let uses_dane = rules.uses_dane(&local);
        // Both at once: the policy is found even if DANE turns out to decide alone.
        let discovery = local.policy().is_none().then(|| self.discover(&next_hop.domain));
        let route = if uses_dane { Some(self.route(next_hop, asked, end).await) } else { None };
        let dane = route.as_ref().map_or(Dane::Absent, |looked| looked.dane);
        if let Some(policy) = local.policy() {
            let demand = demand(dane, Some(Mode::Enforce), rules.precedence());
            return self.say(&rules, asked, demand, Some((policy.view(), None)), dialect, text);
        }
        if policy_is_no_matter(dane, rules.precedence(), dialect) {
            let demand = demand(dane, None, rules.precedence());
            return self.say(&rules, asked, demand, None, dialect, text);
        }
        let discovered = match discovery {
            Some(discovery) => timeout_at(end, discovery.value()).await.ok().flatten(),
            None => None,
        };
        if let Some(looked) = &route {
            self.check_coverage(&next_hop.domain, looked);
        }
        match discovered.as_deref() {
            Some(Discovered::Policy { held, failure }) => {
                let view = held.policy.view();
                let demand = demand(dane, Some(view.mode()), rules.precedence());
                self.say(&rules, asked, demand, Some((view, *failure)), dialect, text)
            }
            // A6, by setting.
            Some(Discovered::Unknown) => {
                text.push_str("the MTA-STS record cannot be looked up");
                Status::Temp
            }
            // S34: a policy that cannot be had never holds up mail.
            Some(Discovered::NoPolicy) | None => {
                let demand = demand(dane, None, rules.precedence());
                self.say(&rules, asked, demand, None, dialect, text)
            }
        }
    }

    /// What DANE says of a next-hop, which the MTA waits for.
    async fn route(
        self: &Arc<Self>,
        next_hop: &NextHop,
        asked: &Asked<'_>,
        end: Instant,
    ) -> Arc<route_lookup::Looked> {
        if let Some(dane) = self.remembered_route(asked.next_hop).await {
            return Arc::new(route_lookup::Looked::remembered(dane));
        }
        let looking = self.look_up_route(next_hop).value();
        timeout_at(end, looking).await.ok().flatten().unwrap_or_default()
    }

    fn say(
        &self,
        rules: &Rules,
        asked: &Asked<'_>,
        demand: Demand,
        policy: Option<discovery::Applied<'_>>,
        dialect: Dialect,
        text: &mut String,
    ) -> Status {
        let told = match (demand, rules.testing(), dialect) {
            (
                Demand::Report,
                Testing::NotFound,
                Dialect::Postfix30 | Dialect::Postfix34 | Dialect::Postfix310,
            ) => {
                return Status::NotFound;
            }
            _ => demand,
        };
        let answer = Answer {
            domain: asked.domain,
            demand: told,
            policy: policy.map(|(view, _)| view),
            failure: policy.and_then(|(_, failure)| failure),
        };
        word(&answer, dialect, text)
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
    /// Has something done in the background. The other end lives as long as the engine.
    fn due(&self, due: Due) {
        let _ = self.due.send(due);
    }
}

/// True if the answer is the same whatever the policy: it need not be waited for.
fn policy_is_no_matter(dane: Dane, precedence: Precedence, dialect: Dialect) -> bool {
    dialect != Dialect::Json
        && [Mode::Enforce, Mode::Testing]
            .into_iter()
            .all(|mode| demand(dane, Some(mode), precedence) == demand(dane, None, precedence))
}

/// The answer to a key that can have no policy.
fn no_policy_domain(key: &[u8], dialect: Dialect, text: &mut String) -> Status {
    let shown = String::from_utf8_lossy(key);
    let answer = Answer { domain: &shown, demand: Demand::Nothing, policy: None, failure: None };
    word(&answer, dialect, text)
}

/// How long an MTA is kept waiting: Postfix waits 100 seconds for the answer of a socketmap.
const PATIENCE: Duration = Duration::from_secs(90);
