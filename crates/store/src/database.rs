//! One database behind two engines: SQLite on this machine, or PostgreSQL for several nodes.
//!
//! A `Statement` is one SQL text for both, with `$1`, `$2` as parameters; what the two write
//! differently is not used, or stands in one place here. Times are milliseconds since the epoch in
//! BIGINT.
//!
//! What has been acknowledged is kept through the end of the process and through a loss of power.

mod address;
mod ear;
mod file;
mod migrations;
mod postgres;
mod row;
mod statement;
mod transaction;

pub use address::{AddressError, DatabaseAddress, PostgresUrl};
pub(crate) use ear::Ear;
pub(crate) use row::Row;
pub(crate) use statement::{MAX_VALUES, Statement, Value};
pub(crate) use transaction::Transaction;

use crate::open::{self, Kind};
use crate::{OpenError, StoreError};
use file::File;
use postgres::Server;
use std::path::Path;
use std::time::Duration;

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Debug, Clone)]
pub struct Database {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    Sqlite(File),
    Postgres(Server),
}

/// What to do with a database whose form is older than the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// Bring it up to date; make it if it is empty.
    Apply,
    /// Refuse it, and say how to bring it up to date. An empty one is made.
    Refuse,
}

impl Database {
    /// How many steps have led to the form that this version knows.
    pub(crate) const MIGRATIONS: usize = migrations::STEPS.len();

    /// Opens it.
    pub async fn open(address: &DatabaseAddress, migration: Migration) -> Result<Self, OpenError> {
        match address {
            DatabaseAddress::Sqlite(path) => Self::open_file(path, migration).await,
            DatabaseAddress::Postgres(url) => {
                let server = Server::new(url, migration)?;
                server.prepare().await?;
                Ok(Self { engine: Engine::Postgres(server) })
            }
        }
    }

    /// Opens it, even while a server does not answer: then every call says
    /// [`StoreError::Away`] until it does, and looks at its form first. Says whether it is there.
    pub async fn open_when_there(
        address: &DatabaseAddress,
        migration: Migration,
    ) -> Result<(Self, Result<(), OpenError>), OpenError> {
        match address {
            DatabaseAddress::Sqlite(path) => Ok((Self::open_file(path, migration).await?, Ok(()))),
            DatabaseAddress::Postgres(url) => {
                let server = Server::new(url, migration)?;
                let there = match server.prepare().await {
                    Err(away @ OpenError::Unreachable { .. }) => Err(away),
                    other => Ok(other?),
                };
                Ok((Self { engine: Engine::Postgres(server) }, there))
            }
        }
    }

    async fn open_file(path: &Path, migration: Migration) -> Result<Self, OpenError> {
        let steps: Vec<_> = migrations::STEPS.iter().map(|step| step.sqlite).collect();
        let (writer, readers) = open::open(path, &Kind::hosting(&steps, migration)).await?;
        Ok(Self { engine: Engine::Sqlite(File { writer, readers }) })
    }

    /// True if several nodes may share it.
    pub fn is_shared(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(_) => true,
        }
    }

    /// Waits for what is under way and closes it.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(file) => file.close().await,
            Engine::Postgres(server) => server.close().await,
        }
    }

    /// All rows. Reads alone: what writes and returns rows belongs into a transaction.
    pub(crate) async fn fetch_all(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match &self.engine {
            Engine::Sqlite(file) => {
                let rows = statement.for_sqlite().fetch_all(&file.readers).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Engine::Postgres(server) => server.session().await?.fetch_all(statement).await,
        }
    }

    /// The first row. Reads alone, like [`Self::fetch_all`].
    pub(crate) async fn fetch_optional(
        &self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        match &self.engine {
            Engine::Sqlite(file) => {
                let row = statement.for_sqlite().fetch_optional(&file.readers).await?;
                Ok(row.map(Row::Sqlite))
            }
            Engine::Postgres(server) => server.session().await?.fetch_optional(statement).await,
        }
    }

    /// One statement by itself; the number of rows it touched.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        match &self.engine {
            Engine::Sqlite(file) => {
                Ok(statement.for_sqlite().execute(&file.writer).await?.rows_affected())
            }
            Engine::Postgres(server) => server.session().await?.execute(statement).await,
        }
    }

    /// Several reads of one moment, however long they take. To be ended with
    /// [`Transaction::rollback`].
    pub(crate) async fn begin_reading(&self) -> Result<Transaction, StoreError> {
        let engine = match &self.engine {
            Engine::Sqlite(file) => transaction::Engine::Sqlite(file.begin_reading().await?),
            Engine::Postgres(server) => {
                let mut session = server.session().await?;
                session.begin(READING).await?;
                transaction::Engine::Postgres(session)
            }
        };
        Ok(Transaction { engine })
    }

    /// Several that hold together. Dropped without [`Transaction::commit`], nothing happened.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let engine = match &self.engine {
            Engine::Sqlite(file) => transaction::Engine::Sqlite(file.begin().await?),
            Engine::Postgres(server) => {
                let mut session = server.session().await?;
                session.begin("BEGIN").await?;
                transaction::Engine::Postgres(session)
            }
        };
        Ok(Transaction { engine })
    }
}

/// How long a statement may take before the database counts as away.
pub const STATEMENT_DEADLINE: Duration = Duration::from_secs(10);
/// Whoever takes the rows may be slow.
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL idle_in_transaction_session_timeout = 0";
