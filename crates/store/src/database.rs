//! One database behind two engines: SQLite on this machine, or PostgreSQL for several nodes.
//!
//! A [`Statement`] is one SQL text for both, with `$1`, `$2` as parameters; what the two write
//! differently is not used, or stands in one place here. Times are milliseconds since the epoch in
//! BIGINT.

mod address;
mod row;
mod statement;

pub use address::{AddressError, DatabaseAddress};
pub(crate) use row::Row;
pub(crate) use statement::{Statement, Value};

use crate::{OpenError, StoreError};
use std::time::Duration;

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Debug, Clone)]
pub struct Database {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    // Sqlite { writer, readers } | Postgres(pool)
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
    /// Opens it.
    pub async fn open(address: &DatabaseAddress, migration: Migration) -> Result<Self, OpenError> {
        let _ = (address, migration);
        todo!("store")
    }

    /// True if several nodes may share it.
    pub fn is_shared(&self) -> bool {
        match self.engine {}
    }

    /// Waits for what is under way and closes it.
    pub async fn close(&self) {
        match self.engine {}
    }

    /// All rows.
    pub(crate) async fn fetch_all(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let _ = statement;
        todo!("store")
    }

    /// The first row.
    pub(crate) async fn fetch_optional(
        &self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        let _ = statement;
        todo!("store")
    }

    /// One statement by itself; the number of rows it touched.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, StoreError> {
        let _ = statement;
        todo!("store")
    }

    /// Several that hold together. Dropped without [`Transaction::commit`], nothing happened.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        todo!("store")
    }
}

/// Statements that hold together.
#[derive(Debug)]
pub(crate) struct Transaction {}

impl Transaction {
    pub(crate) async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let _ = statement;
        todo!("store")
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        let _ = statement;
        todo!("store")
    }

    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let _ = statement;
        todo!("store")
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        todo!("store")
    }
}

/// How long a statement may take before the database counts as away.
pub const STATEMENT_DEADLINE: Duration = Duration::from_secs(10);
