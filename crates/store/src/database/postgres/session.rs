//! A connection in use.

use crate::StoreError;
use crate::database::{Row, STATEMENT_DEADLINE, Statement};
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};
use std::time::Duration;
use tokio::time::timeout;

/// A connection in use. One that is in doubt (given up in the middle of a statement or of a
/// transaction) is closed and not used again, with which the server rolls back.
#[derive(Debug)]
pub(in crate::database) struct Session {
    connection: PoolConnection<Postgres>,
    in_transaction: bool,
    in_doubt: bool,
}

impl Session {
    pub(super) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self { connection, in_transaction: false, in_doubt: false }
    }

    pub(in crate::database) async fn fetch_all(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<Row>, StoreError> {
        let rows =
            self.within_deadline(|c| Box::pin(statement.for_postgres().fetch_all(c))).await?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    pub(in crate::database) async fn fetch_optional(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        let row =
            self.within_deadline(|c| Box::pin(statement.for_postgres().fetch_optional(c))).await?;
        Ok(row.map(Row::Postgres))
    }

    pub(in crate::database) async fn execute(
        &mut self,
        statement: Statement,
    ) -> Result<u64, StoreError> {
        let done = self.within_deadline(|c| Box::pin(statement.for_postgres().execute(c))).await?;
        Ok(done.rows_affected())
    }

    /// A text without parameters.
    pub(in crate::database) async fn command(
        &mut self,
        sql: &'static str,
    ) -> Result<(), StoreError> {
        self.within_deadline(|c| Box::pin(sqlx::raw_sql(sql).execute(c))).await.map(drop)
    }

    pub(in crate::database) async fn begin(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.in_transaction = true;
        self.command(sql).await
    }

    /// Ends a transaction.
    pub(in crate::database) async fn end(mut self, sql: &'static str) -> Result<(), StoreError> {
        self.command(sql).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// The server ends a statement by itself in time; where it has vanished, we do.
    async fn within_deadline<T>(
        &mut self,
        run: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        self.in_doubt = true;
        let outcome = timeout(STATEMENT_DEADLINE + GRACE, run(&mut self.connection)).await;
        let Ok(outcome) = outcome else {
            return Err(StoreError::Away("it does not answer".to_owned()));
        };
        // After an error of the server's own the connection is as good as before.
        self.in_doubt = matches!(&outcome, Err(error) if error.as_database_error().is_none());
        outcome.map_err(StoreError::from)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.in_doubt || self.in_transaction {
            self.connection.close_on_drop();
        }
    }
}

/// On top of the server's own limit.
const GRACE: Duration = Duration::from_secs(2);
