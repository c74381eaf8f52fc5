//! What keeps certificates from coming, and when it is tried again: of a CA for the whole
//! installation, and of a domain.

use super::super::DomainId;
use super::super::column::{millis, number, time};
use crate::StoreError;
use crate::database::{Database, Statement};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A CA that is not to be asked for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Until when.
    pub until: Timestamp,
    /// Why, for people.
    pub why: String,
    /// How often in a row it failed.
    pub failures: u32,
}

/// A domain whose certificate does not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTrouble {
    /// Since when.
    pub since: Timestamp,
    /// How often in a row it failed.
    pub failures: u32,
    /// When it is tried again.
    pub again_at: Timestamp,
    /// Why, for people.
    pub why: String,
}

impl Database {
    /// What keeps a CA from being asked; it may be over.
    pub async fn acme_block(&self, directory: &str) -> Result<Option<Block>, StoreError> {
        let statement = Statement::new(
            "SELECT until, why, failures FROM acme_blocks WHERE directory = $1 AND failures > 0",
        );
        let Some(row) = self.fetch_optional(statement.bind(directory)).await? else {
            return Ok(None);
        };
        Ok(Some(Block { until: time(&row, 0)?, why: row.text(1)?, failures: number(&row, 2)? }))
    }

    /// Keeps the whole installation from asking a CA.
    pub async fn block_acme(&self, directory: &str, block: &Block) -> Result<(), StoreError> {
        let statement = Statement::new(
            "INSERT INTO acme_blocks (directory, until, why, failures) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (directory) DO UPDATE SET until = excluded.until, why = excluded.why, \
             failures = excluded.failures",
        )
        .bind(directory)
        .bind(millis(block.until))
        .bind(block.why.as_str())
        .bind(block.failures);
        self.execute(statement).await.map(drop)
    }

    /// The CA answers as it should.
    pub async fn unblock_acme(&self, directory: &str) -> Result<(), StoreError> {
        let statement = Statement::new(
            "UPDATE acme_blocks SET until = 0, why = '', failures = 0 \
             WHERE directory = $1 AND failures > 0",
        );
        self.execute(statement.bind(directory)).await.map(drop)
    }

    /// Why the certificate of a domain does not come.
    pub async fn order_trouble(&self, id: DomainId) -> Result<Option<OrderTrouble>, StoreError> {
        let statement = Statement::new(
            "SELECT since, failures, again_at, why FROM acme_troubles WHERE domain_id = $1",
        );
        let Some(row) = self.fetch_optional(statement.bind(id.0)).await? else { return Ok(None) };
        Ok(Some(OrderTrouble {
            since: time(&row, 0)?,
            failures: number(&row, 1)?,
            again_at: time(&row, 2)?,
            why: row.text(3)?,
        }))
    }

    /// The certificate of a domain does not come.
    pub async fn put_order_trouble(
        &self,
        id: DomainId,
        trouble: &OrderTrouble,
    ) -> Result<(), StoreError> {
        let statement = Statement::new(
            "INSERT INTO acme_troubles (domain_id, since, failures, again_at, why) \
             VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (domain_id) DO UPDATE SET since = excluded.since, \
             failures = excluded.failures, again_at = excluded.again_at, why = excluded.why",
        )
        .bind(id.0)
        .bind(millis(trouble.since))
        .bind(trouble.failures)
        .bind(millis(trouble.again_at))
        .bind(trouble.why.as_str());
        self.execute(statement).await.map(drop)
    }

    /// Tries the certificate of a domain again at once, as an administrator asks who has mended
    /// what was wrong.
    pub async fn forget_order_trouble(&self, id: DomainId) -> Result<(), StoreError> {
        let statement = Statement::new("DELETE FROM acme_troubles WHERE domain_id = $1");
        self.execute(statement.bind(id.0)).await.map(drop)
    }
}
