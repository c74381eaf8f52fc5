//! Taking a policy back, so that no sender is left enforcing it (RFC 8461 §8.3).

use super::decision::Asked;
use super::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Checks;

impl Desk {
    /// Decides on mode none, and an end when nobody holds anything else.
    pub async fn withdraw(&self, name: &Domain, said: &Said) -> Result<Prepared, OperationError> {
        self.prepare(name, Asked::Withdraw, said, &Checks::default()).await
    }
}
