//! Publishing what an earlier version said, under a new id.

use super::decision::Asked;
use super::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Checks;

impl Desk {
    /// Decides on publishing what version `number` said.
    pub async fn rollback(
        &self,
        name: &Domain,
        number: u32,
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        let checks = self.with_former(name, checks).await?;
        self.prepare(name, Asked::Rollback(number), said, &checks).await
    }
}
