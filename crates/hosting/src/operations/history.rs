//! Everything that happened to a domain.

use super::{Desk, OperationError};
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::domains::{Event, Hosted};

impl Desk {
    /// The domain with all its versions, and its events, newest first.
    pub async fn history(&self, name: &Domain) -> Result<(Hosted, Vec<Event>), OperationError> {
        let hosted = self.hosted(name).await?;
        let events = self.database.events(hosted.id, MOST_EVENTS).await?;
        Ok((hosted, events))
    }
}

/// More than anybody reads.
const MOST_EVENTS: u32 = 1_000;
