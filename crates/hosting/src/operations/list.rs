//! Every hosted domain of an organisation, a page at a time.

use super::{Desk, OperationError};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::State;
use ironpost_store::hosting::domains::Hosted;

impl Desk {
    /// The domains after `after` in the order of their names; fewer than [`PAGE`] are the last.
    pub async fn list(
        &self,
        state: Option<State>,
        after: Option<&Domain>,
    ) -> Result<Vec<Hosted>, OperationError> {
        Ok(self.database.domains(self.organisation, state, after, PAGE).await?)
    }
}

/// Domains in a page.
pub const PAGE: u32 = 1_000;
