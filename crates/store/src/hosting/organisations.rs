//! To whom rows belong.

use super::OrganisationId;
use crate::StoreError;
use crate::database::{Database, Statement};

/// The name of the organisation that a new installation has.
pub const FIRST: &str = "default";

impl Database {
    /// The organisation of this name; made if it is [`FIRST`] or `make` says so.
    pub async fn organisation(
        &self,
        name: &str,
        make: bool,
    ) -> Result<Option<OrganisationId>, StoreError> {
        let find = || Statement::new("SELECT id FROM organisations WHERE name = $1").bind(name);
        let mut found = self.fetch_optional(find()).await?;
        if found.is_none() && (make || name == FIRST) {
            // Somebody else may make it at the same moment.
            let insert = "INSERT INTO organisations (name) VALUES ($1) ON CONFLICT DO NOTHING";
            self.execute(Statement::new(insert).bind(name)).await?;
            found = self.fetch_optional(find()).await?;
        }
        found.map(|row| row.int(0).map(OrganisationId)).transpose()
    }
}
