//! The engine: from a key to an answer, from memory or from outside.

use crate::admin::{ListedPolicy, RefreshReport, StatusReport};
use crate::alert::Alerts;
use crate::answer::{Dialect, Status};
use crate::clock::Clock;
use crate::failure_report::FailureReports;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::shared::SharedCache;
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::CachedPolicy;
use ironpost_store::Store;
use std::sync::Arc;

/// The engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {}

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

impl Engine {
    /// Starts the engine and its background work: loading, refreshing, writing down.
    pub fn start(parts: Parts) -> Self {
        let _ = parts;
        todo!()
    }

    /// Answers from memory, appending to `text`; `None` if the network has to be asked first.
    pub fn answer_now(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Option<Status> {
        let _ = (dialect, key, text);
        todo!()
    }

    /// Answers, from the network if need be. The work goes on when the caller leaves.
    pub async fn answer(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Status {
        let _ = (dialect, key, text);
        todo!()
    }

    /// Puts new settings in place; memory and connections stay.
    pub fn set_settings(&self, settings: Settings) {
        let _ = settings;
        todo!()
    }

    /// How it stands.
    pub fn status(&self) -> StatusReport {
        todo!()
    }

    /// The policies after `after` in no particular but a stable order, at most `limit`.
    pub fn list(&self, after: Option<&Domain>, limit: usize) -> Vec<ListedPolicy> {
        let _ = (after, limit);
        todo!()
    }

    /// What is remembered of one domain.
    pub fn policy(&self, domain: &Domain) -> Option<ListedPolicy> {
        let _ = domain;
        todo!()
    }

    /// Looks the record up and fetches the policy now, whatever its age; a failed attempt less
    /// than five minutes ago is not repeated (RFC 8461 §3.3).
    pub async fn refresh(&self, domain: &Domain) -> RefreshReport {
        let _ = domain;
        todo!()
    }

    /// Forgets everything about a domain, in the store and the shared cache too; false if nothing
    /// was known.
    pub async fn purge(&self, domain: &Domain) -> bool {
        let _ = domain;
        todo!()
    }

    /// Takes a policy over from elsewhere, unless it has expired or a newer one is known; true if
    /// it was taken.
    pub fn import(&self, domain: &Domain, cached: CachedPolicy) -> bool {
        let _ = (domain, cached);
        todo!()
    }

    /// Ends background work and writes down what is not written yet.
    pub async fn stop(&self) {
        todo!()
    }
}
