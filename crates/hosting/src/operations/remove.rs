//! Taking a domain away at once, whatever senders hold.

use super::decision::Asked;
use super::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Checks;

impl Desk {
    /// Decides on an end without waiting.
    pub async fn remove(&self, name: &Domain, said: &Said) -> Result<Prepared, OperationError> {
        self.prepare(name, Asked::Remove, said, &Checks::default()).await
    }
}
