//! Every hosted domain of an organisation, a page at a time.

use super::{Desk, OperationError};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::State;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::domains::Hosted;
use std::collections::BTreeMap;

impl Desk {
    /// The domains after `after` in the order of their names; fewer than [`PAGE`] are the last.
    pub async fn list(
        &self,
        state: Option<State>,
        after: Option<&Domain>,
    ) -> Result<Vec<Hosted>, OperationError> {
        Ok(self.database.domains(self.organisation, state, after, PAGE).await?)
    }

    /// What is wrong now.
    pub async fn alarmed(&self) -> Result<Alarmed, OperationError> {
        let mut alarmed = Alarmed::new();
        for alert in self.database.open_alerts(None, MOST_ALERTS).await? {
            if alert.is_wrong()
                && let Some(domain) = alert.domain
            {
                alarmed.entry(domain).or_default().push(alert.kind);
            }
        }
        Ok(alarmed)
    }
}

/// The kinds of trouble of each domain with which something is wrong.
pub type Alarmed = BTreeMap<DomainId, Vec<String>>;

/// Domains in a page.
pub const PAGE: u32 = 1_000;
/// Alerts that are looked at. Own limit: more are one great trouble, whatever their names.
const MOST_ALERTS: u32 = 100_000;
