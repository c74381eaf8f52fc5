//! A write that leaves nothing behind: whether there could be one.

use crate::StoreError;
use crate::database::{Database, Statement};

impl Database {
    /// Writes, and takes it back: an error is what every write meets now. Holds up other changes
    /// for that time.
    pub async fn try_write(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        transaction.execute(Statement::new("UPDATE feed SET seq = seq + 1")).await?;
        // Not committed, it did not happen.
        drop(transaction);
        Ok(())
    }
}
