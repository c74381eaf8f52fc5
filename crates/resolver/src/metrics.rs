//! What is counted, for Prometheus.

/// Counters, gauges and histograms, each by its handle: counting is one atomic addition. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Metrics {}

impl Metrics {
    /// A new set, all at zero.
    pub fn new() -> Self {
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
