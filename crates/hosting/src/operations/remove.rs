//! Taking a domain away at once, whatever senders hold.

use super::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Checks, Command};

impl Desk {
    /// Decides on an end without waiting.
    pub async fn remove(&self, name: &Domain, said: &Said) -> Result<Prepared, OperationError> {
        self.prepare(name, said, &Checks::default(), |_, _| Command::Remove).await
    }
}
