//! What is counted, for Prometheus.

mod exposition;

pub use exposition::Format;

use crate::admin::StatusReport;
use crate::alert::Kind;
use crate::answer::Status;
use ironpost_proto::tls_rpt::result_type::ResultType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::time::Duration;

/// Counters, gauges and histograms, each by its handle: counting is one atomic addition. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Memory: no waiting.
    Memory,
    /// DNS and the policy host.
    Outside,
}

/// Who is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// socketmap.
    Socketmap,
    /// tcp_table.
    TcpTable,
    /// HTTP.
    Http,
}

/// What looking a cached policy's TXT record up again came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recheck {
    /// The id of the cached policy.
    Same,
    /// Another id.
    Changed,
    /// No record, or none that is valid.
    Absent,
    /// DNS gave no answer.
    Failed,
}

/// What has been counted, for a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Totals {
    /// Lookups answered.
    pub lookups: u64,
    /// Of these, from memory.
    pub from_memory: u64,
    /// Policies fetched.
    pub fetches: u64,
    /// Fetches that failed.
    pub failed_fetches: u64,
    /// Connections of MTAs now.
    pub connections: u64,
}

/// Counts a connection as open until it is dropped.
#[derive(Debug)]
pub struct OpenConnection {
    open: Gauge,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    from_memory: ByStatus,
    from_outside: ByStatus,
    open: ByProtocol<Gauge>,
    accepted: ByProtocol<Counter>,
    fetches: Counter,
    failed_fetches: Family<Label, Counter>,
    rechecks: Family<Label, Counter>,
    refreshes: Counter,
    discovery: Histogram,
    alerts: Family<Label, Gauge>,
    at_scrape: AtScrape,
}

/// Lookups of one source.
#[derive(Debug)]
struct ByStatus {
    found: Counter,
    not_found: Counter,
    temp: Counter,
    perm: Counter,
}

#[derive(Debug)]
struct ByProtocol<M> {
    socketmap: M,
    tcp_table: M,
    http: M,
}

/// What others know and is asked for when somebody looks.
#[derive(Debug)]
struct AtScrape {
    policies: Family<Label, Gauge>,
    without_policy: Gauge,
    routes: Gauge,
    unwritten: Gauge,
    loading: Gauge,
    store_failing: Gauge,
    shared_away: Gauge,
}

impl Metrics {
    /// A new set, all at zero.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner::new()) }
    }

    /// A lookup was answered.
    pub fn lookup(&self, source: Source, status: Status) {
        let by_status = match source {
            Source::Memory => &self.inner.from_memory,
            Source::Outside => &self.inner.from_outside,
        };
        by_status.of(status).inc();
    }

    /// Somebody connected.
    pub fn connected(&self, protocol: Protocol) -> OpenConnection {
        self.inner.accepted.of(protocol).inc();
        let open = self.inner.open.of(protocol).clone();
        open.inc();
        OpenConnection { open }
    }

    /// A policy was fetched, or could not be.
    pub fn fetch(&self, outcome: Result<(), ResultType>) {
        match outcome {
            Ok(()) => _ = self.inner.fetches.inc(),
            Err(failure) => {
                self.inner.failed_fetches.get_or_create(&[("result", failure.as_str())]).inc();
            }
        }
    }

    /// A cached policy's TXT record was looked up again.
    pub fn recheck(&self, outcome: Recheck) {
        self.inner.rechecks.get_or_create(&[("record", outcome.as_str())]).inc();
    }

    /// A cached policy was due for renewal, whatever its record says.
    pub fn refresh(&self) {
        self.inner.refreshes.inc();
    }

    /// A discovery, from the TXT record to the policy, took so long.
    pub fn discovery(&self, took: Duration) {
        self.inner.discovery.observe(took.as_secs_f64());
    }

    /// So many alerts of a kind are open.
    pub fn alerts(&self, kind: Kind, open: usize) {
        self.inner.alerts.get_or_create(&[("kind", kind.as_str())]).set(gauge(open as u64));
    }

    /// What has been counted.
    pub fn totals(&self) -> Totals {
        let Inner { from_memory, from_outside, open, .. } = &*self.inner;
        let failed = |result: ResultType| {
            let label = [("result", result.as_str())];
            self.inner.failed_fetches.get(&label).map_or(0, |counter| counter.get())
        };
        let connections = open.socketmap.get() + open.tcp_table.get() + open.http.get();
        Totals {
            lookups: from_memory.sum() + from_outside.sum(),
            from_memory: from_memory.sum(),
            fetches: self.inner.fetches.get(),
            failed_fetches: ResultType::ALL.into_iter().map(failed).sum(),
            connections: connections.try_into().unwrap_or(0),
        }
    }

    /// Everything, for a scraper; `status` is how the resolver stands now.
    pub fn render(&self, status: &StatusReport, format: Format) -> String {
        self.inner.at_scrape.set(status);
        exposition::render(&self.inner.registry, format)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.open.dec();
    }
}

impl Inner {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("ironpost_resolver");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        let lookups = Family::<[(&str, &str); 2], Counter>::default();
        registry.register("lookups", "Lookups answered", lookups.clone());
        let [open, accepted, failed, rechecks, alerts] = [
            ("connections_open", "Connections now"),
            ("connections", "Connections accepted"),
            ("fetches_failed", "Policy fetches that failed, by RFC 8460 result type"),
            ("rechecks", "TXT records of cached policies looked up again"),
            ("alerts_open", "Alerts that have not ended"),
        ];
        let discovery = Histogram::new(DISCOVERY_BUCKETS);
        let (name, help) = ("discovery_duration", "From the TXT record to the policy");
        registry.register_with_unit(name, help, Unit::Seconds, discovery.clone());
        let inner = Self {
            from_memory: ByStatus::new(&lookups, "memory"),
            from_outside: ByStatus::new(&lookups, "outside"),
            open: ByProtocol::new(&register(&mut registry, open)),
            accepted: ByProtocol::new(&register(&mut registry, accepted)),
            fetches: register(&mut registry, ("fetches", "Policies fetched")),
            failed_fetches: register(&mut registry, failed),
            rechecks: register(&mut registry, rechecks),
            refreshes: register(&mut registry, ("refreshes", "Policies due for renewal")),
            discovery,
            alerts: register(&mut registry, alerts),
            at_scrape: AtScrape::new(&mut registry),
            registry,
        };
        inner.begin_at_zero();
        inner
    }

    /// A series that appears with its first event hides that event from `increase()`.
    fn begin_at_zero(&self) {
        for result in FETCH_RESULTS {
            drop(self.failed_fetches.get_or_create(&[("result", result.as_str())]));
        }
        for outcome in [Recheck::Same, Recheck::Changed, Recheck::Absent, Recheck::Failed] {
            drop(self.rechecks.get_or_create(&[("record", outcome.as_str())]));
        }
        for kind in Kind::ALL {
            drop(self.alerts.get_or_create(&[("kind", kind.as_str())]));
        }
    }
}

impl ByStatus {
    fn new(
        lookups: &Family<[(&'static str, &'static str); 2], Counter>,
        source: &'static str,
    ) -> Self {
        let of = |status| lookups.get_or_create_owned(&[("source", source), ("status", status)]);
        Self { found: of("found"), not_found: of("not_found"), temp: of("temp"), perm: of("perm") }
    }

    fn of(&self, status: Status) -> &Counter {
        match status {
            Status::Found => &self.found,
            Status::NotFound => &self.not_found,
            Status::Temp => &self.temp,
            Status::Perm => &self.perm,
        }
    }

    fn sum(&self) -> u64 {
        self.found.get() + self.not_found.get() + self.temp.get() + self.perm.get()
    }
}

impl<M: Clone + Default> ByProtocol<M> {
    fn new(family: &Family<Label, M>) -> Self {
        let of = |protocol| family.get_or_create_owned(&[("protocol", protocol)]);
        Self { socketmap: of("socketmap"), tcp_table: of("tcp_table"), http: of("http") }
    }

    fn of(&self, protocol: Protocol) -> &M {
        match protocol {
            Protocol::Socketmap => &self.socketmap,
            Protocol::TcpTable => &self.tcp_table,
            Protocol::Http => &self.http,
        }
    }
}

impl AtScrape {
    fn new(registry: &mut Registry) -> Self {
        Self {
            policies: register(registry, ("policies", "Policies in memory by mode")),
            without_policy: register(
                registry,
                ("domains_without_policy", "Domains known to have no policy, for now"),
            ),
            routes: register(registry, ("routes", "Next-hops of which DANE is known")),
            unwritten: register(registry, ("store_unwritten", "Changes not written down yet")),
            loading: register(
                registry,
                ("store_loading", "1 while what the store holds is still being read"),
            ),
            store_failing: register(
                registry,
                ("store_failing", "1 while nothing can be written to the store"),
            ),
            shared_away: register(
                registry,
                ("shared_away", "1 while the shared cache does not answer"),
            ),
        }
    }

    fn set(&self, status: &StatusReport) {
        let modes =
            [("enforce", status.enforce), ("testing", status.testing), ("none", status.none)];
        for (mode, count) in modes {
            self.policies.get_or_create(&[("mode", mode)]).set(gauge(count));
        }
        self.without_policy.set(gauge(status.without_policy));
        self.routes.set(gauge(status.routes));
        self.unwritten.set(gauge(status.unwritten));
        self.loading.set(i64::from(status.loading));
        let failing = |words: &str| i64::from(!["sound", "none"].contains(&words));
        self.store_failing.set(failing(&status.store));
        self.shared_away.set(failing(&status.shared));
    }
}

impl Recheck {
    fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}

/// One label; both name and value are ours, never from outside: nobody can make a new series.
type Label = [(&'static str, &'static str); 1];

fn register<M>(registry: &mut Registry, (name, help): (&str, &str)) -> M
where
    M: prometheus_client::registry::Metric + Clone + Default,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a policy fetch can fail with (RFC 8460 §4.3.2.2).
const FETCH_RESULTS: [ResultType; 3] =
    [ResultType::StsPolicyFetchError, ResultType::StsPolicyInvalid, ResultType::StsWebpkiInvalid];

/// From a near host to the whole budget of a discovery.
const DISCOVERY_BUCKETS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

#[cfg(test)]
mod tests;
