//! SQLite: one connection that writes, and a few that read.

use super::{Row, Statement};
use crate::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqlitePool};

/// An open file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// One connection.
    pub(super) writer: SqlitePool,
    /// [`READERS`](crate::open::READERS) connections.
    pub(super) readers: SqlitePool,
}

/// A transaction. SQLite ends one by itself when the disk is full or broken, and the driver does
/// not learn of it: so the driver knows nothing of transactions here, and after an error the
/// connection is closed, with which SQLite rolls back.
#[derive(Debug)]
pub(super) struct FileSession {
    connection: PoolConnection<Sqlite>,
    ended: bool,
}

impl File {
    /// A transaction that may write.
    pub(super) async fn begin(&self) -> Result<FileSession, StoreError> {
        FileSession::begin(self.writer.acquire().await?, "BEGIN IMMEDIATE").await
    }

    /// A transaction that reads.
    pub(super) async fn begin_reading(&self) -> Result<FileSession, StoreError> {
        FileSession::begin(self.readers.acquire().await?, "BEGIN").await
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl FileSession {
    async fn begin(
        connection: PoolConnection<Sqlite>,
        sql: &'static str,
    ) -> Result<Self, StoreError> {
        let mut session = Self { connection, ended: false };
        sqlx::raw_sql(sql).execute(&mut *session.connection).await?;
        Ok(session)
    }

    pub(super) async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let rows = statement.for_sqlite().fetch_all(&mut *self.connection).await?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    pub(super) async fn fetch_optional(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        let row = statement.for_sqlite().fetch_optional(&mut *self.connection).await?;
        Ok(row.map(Row::Sqlite))
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let done = statement.for_sqlite().execute(&mut *self.connection).await?;
        Ok(done.rows_affected())
    }

    /// Ends it. Where SQLite has ended it already, this is an error, and the connection is closed.
    pub(super) async fn end(mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(&mut *self.connection).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for FileSession {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
