//! What is counted, for Prometheus, in the text form of OpenMetrics 1.0.
//!
//! Those who serve count by themselves, one atomic addition each; here it is read when somebody
//! asks.

use crate::authdns::{Counters, Rcode, Transport};
use crate::fetch_log::FetchLog;
use crate::node::Health;
use crate::policy_host::Counts;
use crate::served::Served;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// Everything that a node counts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
}

/// Who counts.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The policy host.
    pub policy_host: Arc<Counts>,
    /// The name server.
    pub authority: Arc<Counters>,
    /// What is served.
    pub served: Served,
    /// Who fetched what.
    pub log: FetchLog,
    /// How the node is doing.
    pub health: watch::Receiver<Health>,
}

impl Metrics {
    /// Reads from these.
    pub fn new(counted: Counted) -> Self {
        let mut registry = Registry::with_prefix("ironpost_hosting");
        registry.register_collector(Box::new(counted));
        Self { registry: Arc::new(registry) }
    }

    /// Everything, as it is now.
    pub fn render(&self) -> String {
        let mut out = String::new();
        // A string takes all that is written to it.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Collector for Counted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let into = &mut encoder;
        self.policy_host(into)?;
        self.authority(into)?;
        self.node(into)
    }
}

impl Counted {
    fn policy_host(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "What happened to the policy host";
        let counter = ConstCounter::new(0_u64);
        let mut family =
            into.encode_descriptor("policy_host_events", help, None, counter.metric_type())?;
        for (event, count) in self.policy_host.all() {
            let label = [("event", event)];
            ConstCounter::new(count).encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }

    fn authority(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Requests of DNS that were answered, by transport and response code";
        let counter = ConstCounter::new(0_u64);
        let mut family =
            into.encode_descriptor("dns_answers", help, None, counter.metric_type())?;
        for (transport, name) in [(Transport::Udp, "udp"), (Transport::Tcp, "tcp")] {
            for rcode in Rcode::ALL {
                let label = [("transport", name), ("rcode", rcode.name())];
                let count = self.authority.answered(transport, rcode);
                ConstCounter::new(count).encode(family.encode_family(&label)?)?;
            }
        }
        let totals = [
            ("dns_truncated", "Answers over UDP that had no room", self.authority.truncated()),
            ("dns_slipped", "Answers cut down by the rate limit", self.authority.slipped()),
            ("dns_dropped", "Answers held back by the rate limit", self.authority.dropped()),
            (
                "dns_noise",
                "Messages to the name server that are no requests",
                self.authority.noise(),
            ),
            ("dns_unsent", "Answers that the system did not send", self.authority.unsent()),
            ("dns_evicted", "TCP connections closed to make room", self.authority.evicted()),
            ("fetches_uncounted", "Fetches that found no room in the log", self.log.uncounted()),
        ];
        for (name, help, count) in totals {
            let counter = ConstCounter::new(count);
            counter.encode(into.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }

    fn node(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let health = *self.health.borrow();
        let sites = i64::try_from(self.served.len()).unwrap_or(i64::MAX);
        let gauges = [
            ("domains", "Domains that this node serves", sites),
            ("feed", "The last change of the database that this node serves", health.seen.0),
            ("database_connected", "1 while the database answers", i64::from(health.connected)),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(into.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
