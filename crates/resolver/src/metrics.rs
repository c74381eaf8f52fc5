//! What is counted, for Prometheus.

use crate::answer::Status;
use ironpost_proto::mta_sts::discovery::TxtLookup;
use ironpost_proto::tls_rpt::result_type::ResultType;

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Memory, at once.
    Memory,
    /// DNS and the policy host.
    Outside,
}

/// Totals since the start, for the status report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
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

/// Counters, gauges and histograms, each by its handle: counting is one atomic addition. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Metrics {}

impl Metrics {
    /// A new set, all at zero.
    pub fn new() -> Self {
        todo!()
    }

    /// A lookup was answered.
    pub fn lookup(&self, source: Source, status: Status) {
        let _ = (source, status);
        todo!()
    }

    /// An `_mta-sts` record was looked up.
    pub fn record_lookup(&self, txt: &TxtLookup) {
        let _ = txt;
        todo!()
    }

    /// A policy was fetched, or not: why.
    pub fn fetch(&self, failure: Option<ResultType>) {
        let _ = failure;
        todo!()
    }

    /// Totals since the start.
    pub fn counted(&self) -> Counted {
        todo!()
    }

    /// The text format of Prometheus.
    pub fn render(&self) -> String {
        todo!()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
