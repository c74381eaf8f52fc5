//! Statements that hold together.

use super::file::FileSession;
use super::postgres::Session;
use super::{Row, Statement};
use crate::StoreError;

/// Statements that hold together. Dropped without [`commit`](Self::commit), nothing happened.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(super) engine: Engine,
}

#[derive(Debug)]
pub(super) enum Engine {
    Sqlite(FileSession),
    Postgres(Session),
}

impl Transaction {
    pub(crate) async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(session) => session.fetch_all(statement).await,
            Engine::Postgres(session) => session.fetch_all(statement).await,
        }
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(session) => session.fetch_optional(statement).await,
            Engine::Postgres(session) => session.fetch_optional(statement).await,
        }
    }

    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(session) => session.execute(statement).await,
            Engine::Postgres(session) => session.execute(statement).await,
        }
    }

    /// What an engine needs and the other does not.
    pub(crate) async fn execute_on_postgres(
        &mut self,
        sql: &'static str,
    ) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(session) => session.command(sql).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(session) => session.end("COMMIT").await,
            Engine::Postgres(session) => session.end("COMMIT").await,
        }
    }

    /// What a drop does too, at the price of the connection.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(session) => session.end("ROLLBACK").await,
            Engine::Postgres(session) => session.end("ROLLBACK").await,
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(_) => true,
        }
    }
}
