//! Everything that happened to a domain, in this hosting and in earlier ones.

use super::{Desk, OperationError};
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::domains::{Event, Hosted};

impl Desk {
    /// Every hosting of the name by this organisation, gone or not, the latest first; at least one.
    pub async fn hostings(&self, name: &Domain) -> Result<Vec<Hosted>, OperationError> {
        let hostings = self.database.hostings(self.organisation, name).await?;
        if hostings.is_empty() {
            return Err(OperationError::NotHosted(name.clone()));
        }
        Ok(hostings)
    }

    /// The first of them: what there is of the domain, or what is left of it.
    pub async fn last_hosted(&self, name: &Domain) -> Result<Hosted, OperationError> {
        let hostings = self.hostings(name).await?;
        hostings.into_iter().next().ok_or_else(|| OperationError::NotHosted(name.clone()))
    }

    /// What happened in one of these hostings, newest first.
    pub async fn events(&self, hosted: &Hosted) -> Result<Vec<Event>, OperationError> {
        Ok(self.database.events(hosted.id, MOST_EVENTS).await?)
    }
}

/// More than anybody reads.
const MOST_EVENTS: u32 = 1_000;
