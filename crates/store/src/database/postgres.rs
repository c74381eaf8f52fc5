//! PostgreSQL: a pool of connections, each call with its deadline.

mod open;
mod session;

pub(super) use session::Session;

use super::{Migration, PostgresUrl};
use crate::{OpenError, StoreError};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// A server, there or away.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pool: PgPool,
    url: PostgresUrl,
    migration: Migration,
    /// Set once the form of the database has been seen to be the right one.
    ready: Arc<OnceCell<()>>,
}

impl Server {
    pub(super) fn new(url: &PostgresUrl, migration: Migration) -> Result<Self, OpenError> {
        let options = options(url)?;
        // Tested before use: a connection that the server gave up is replaced unnoticed.
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_DEADLINE)
            .test_before_acquire(true)
            .connect_lazy_with(options);
        Ok(Self { pool, url: url.clone(), migration, ready: Arc::default() })
    }

    /// Makes sure that it is there and that its database has the right form.
    pub(super) async fn prepare(&self) -> Result<(), OpenError> {
        let prepared = self.ready.get_or_try_init(|| open::prepare(&self.url, self.migration));
        prepared.await.copied()
    }

    /// A connection that nobody else uses.
    pub(super) async fn session(&self) -> Result<Session, StoreError> {
        self.prepare().await?;
        Ok(Session::new(self.pool.acquire().await?))
    }

    /// For what stays connected.
    pub(super) fn url(&self) -> &PostgresUrl {
        &self.url
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// How connections are made.
pub(super) fn options(url: &PostgresUrl) -> Result<PgConnectOptions, OpenError> {
    let options = url.options().map_err(|error| OpenError::Failed {
        database: url.to_string(),
        detail: error.to_string(),
    })?;
    let name = options.get_application_name().unwrap_or("ironpost").to_owned();
    let limits = [
        ("statement_timeout", super::STATEMENT_DEADLINE),
        // A node that stops in the middle must not hold up the others.
        ("idle_in_transaction_session_timeout", IDLE_DEADLINE),
    ];
    let limits = limits.map(|(name, limit)| (name, limit.as_millis()));
    Ok(options.application_name(&name).options(limits).disable_statement_logging())
}

/// How long a connection may take, or the wait for one that is free.
pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(4);
/// How long a transaction may do nothing.
const IDLE_DEADLINE: Duration = Duration::from_secs(30);
/// Connections of a node: changes wait for each other at the feed anyway.
const CONNECTIONS: u32 = 10;
