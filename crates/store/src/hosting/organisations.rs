//! To whom rows belong.

use super::OrganisationId;
use crate::StoreError;
use crate::database::Database;

/// The name of the organisation that a new installation has.
pub const FIRST: &str = "default";

impl Database {
    /// The organisation of this name; made if it is [`FIRST`] or `make` says so.
    pub async fn organisation(
        &self,
        name: &str,
        make: bool,
    ) -> Result<Option<OrganisationId>, StoreError> {
        let _ = (name, make);
        todo!("store")
    }
}
