//! A resolver that answers as it is told.

use ironpost_resolver::admin::StatusReport;
use ironpost_resolver::answer::{Dialect, Status};
use ironpost_resolver::metrics::{Metrics, Source};
use ironpost_resolver::server::Answers;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{Semaphore, watch};

/// What is answered depends on the beginning of the key: `slow` waits at the [gate](Told::open),
/// `none`, `temp` and `perm` have those statuses, `long` is followed by the length of the value;
/// everything else is found, and the value repeats dialect and key.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    gate: watch::Sender<bool>,
    /// A permit for each that has come to the gate.
    arrived: Semaphore,
    from_memory: AtomicUsize,
    loading: AtomicBool,
    metrics: Metrics,
}

impl Told {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            gate: watch::Sender::new(false),
            arrived: Semaphore::new(0),
            from_memory: AtomicUsize::new(0),
            loading: AtomicBool::new(false),
            metrics: Metrics::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Waits until `count` more have come to the gate.
    pub(crate) async fn arrived(&self, count: u32) {
        self.inner.arrived.acquire_many(count).await.unwrap().forget();
    }

    /// Lets everybody through.
    pub(crate) fn open(&self) {
        self.inner.gate.send_replace(true);
    }

    pub(crate) fn set_loading(&self) {
        self.inner.loading.store(true, Ordering::SeqCst);
    }

    /// How many are connected.
    pub(crate) fn connections(&self) -> u64 {
        self.inner.metrics.totals().connections
    }

    /// How many were answered at once.
    pub(crate) fn answered_at_once(&self) -> usize {
        self.inner.from_memory.load(Ordering::SeqCst)
    }
}

impl Answers for Told {
    fn answer_now(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Option<Status> {
        let shown = String::from_utf8_lossy(key);
        if shown.starts_with("slow") {
            return None;
        }
        let status = if shown.starts_with("none") {
            Status::NotFound
        } else if shown.starts_with("temp") {
            text.push_str(&in_words(dialect, "later"));
            Status::Temp
        } else if shown.starts_with("perm") {
            text.push_str("no sense");
            Status::Perm
        } else if let Some(length) = shown.strip_prefix("long ") {
            text.extend(std::iter::repeat_n('x', length.parse().unwrap()));
            Status::Found
        } else {
            text.push_str(&in_words(dialect, &shown));
            Status::Found
        };
        self.inner.metrics.lookup(Source::Memory, status);
        self.inner.from_memory.fetch_add(1, Ordering::SeqCst);
        Some(status)
    }

    async fn answer(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Status {
        if let Some(status) = self.answer_now(dialect, key, text) {
            return status;
        }
        self.inner.arrived.add_permits(1);
        let mut gate = self.inner.gate.subscribe();
        gate.wait_for(|open| *open).await.unwrap();
        text.push_str(&in_words(dialect, &String::from_utf8_lossy(key)));
        self.inner.metrics.lookup(Source::Outside, Status::Found);
        Status::Found
    }

    fn status(&self) -> StatusReport {
        StatusReport {
            version: "1".to_owned(),
            started: "2026-01-01T00:00:00Z".to_owned(),
            enforce: 1,
            testing: 2,
            none: 3,
            without_policy: 4,
            routes: 5,
            lookups: 0,
            from_memory: 0,
            fetches: 0,
            failed_fetches: 0,
            connections: self.inner.metrics.totals().connections,
            loading: self.inner.loading.load(Ordering::SeqCst),
            unwritten: 6,
            store: "sound".to_owned(),
            shared: "none".to_owned(),
            dnssec: "validated here".to_owned(),
            alerts: Vec::new(),
        }
    }

    fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }
}

fn in_words(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Postfix30 => format!("30 {text}"),
        Dialect::Postfix34 => format!("34 {text}"),
        Dialect::Postfix310 => format!("310 {text}"),
        Dialect::Json => serde_json::json!({ "said": text }).to_string(),
    }
}
