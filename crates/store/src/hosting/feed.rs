//! The feed: one counter that goes up with each change that nodes have to see.

use super::Seq;
use super::column::damaged;
use crate::StoreError;
use crate::database::{Database, Statement, Transaction};

impl Database {
    /// The last number of the feed.
    pub async fn feed(&self) -> Result<Seq, StoreError> {
        let row = self.fetch_optional(Statement::new("SELECT seq FROM feed")).await?;
        row.ok_or_else(damaged)?.int(0).map(Seq)
    }
}

impl Transaction {
    /// Takes the next number of the feed, for the row that changes. To be called before anything
    /// else is written: from here to the end of the transaction nobody else changes what nodes
    /// have to see.
    pub(crate) async fn raise_feed(&mut self) -> Result<Seq, StoreError> {
        self.raise_feed_by(1).await
    }

    /// Takes as many numbers, and returns the last.
    pub(crate) async fn raise_feed_by(&mut self, count: i64) -> Result<Seq, StoreError> {
        let sql = if self.is_postgres() { RAISE_AND_NOTIFY } else { RAISE };
        let row = self.fetch_optional(Statement::new(sql).bind(count)).await?;
        row.ok_or_else(damaged)?.int(0).map(Seq)
    }
}

const RAISE: &str = "UPDATE feed SET seq = seq + $1 RETURNING seq";
/// The notification goes out when the transaction is committed.
const RAISE_AND_NOTIFY: &str = "WITH raised AS (UPDATE feed SET seq = seq + $1 RETURNING seq) \
     SELECT seq, pg_notify('ironpost_feed', '') FROM raised";
/// On which PostgreSQL tells of it.
pub(crate) const CHANNEL: &str = "ironpost_feed";
