//! Hearing what PostgreSQL tells.

use super::postgres::{self, Server};
use super::{Database, Engine};
use crate::StoreError;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};

/// A connection that hears what is told on a channel, and makes itself anew when it is lost. What
/// is told meanwhile is not heard.
pub(crate) struct Ear {
    told: BoxStream<'static, Result<PgNotification, sqlx::Error>>,
}

impl Database {
    /// Listens, with a connection of its own. A file tells nothing: `None`.
    pub(crate) async fn ear(&self, channel: &str) -> Result<Option<Ear>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(server) => Ear::of(server, channel).await.map(Some),
        }
    }
}

impl Ear {
    async fn of(server: &Server, channel: &str) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(postgres::CONNECT_DEADLINE)
            .connect_lazy_with(postgres::options(server.url())?);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(channel).await?;
        Ok(Self { told: listener.into_stream().boxed() })
    }

    /// Returns when something is told. Safe to drop and call again. After an error it is of no use.
    pub(crate) async fn heard(&mut self) -> Result<(), StoreError> {
        match self.told.next().await {
            Some(told) => Ok(told.map(drop)?),
            None => Err(StoreError::Away("it tells nothing any more".to_owned())),
        }
    }
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ear")
    }
}
