//! Databases of other programs, which are read and never written.

use crate::StoreError;
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row as _};
use std::path::Path;

/// A row of the cache of postfix-mta-sts-resolver, as it stands there: nothing in it has been
/// judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The domain.
    pub domain: String,
    /// When the policy was fetched, or its id was seen again: seconds since the epoch.
    pub seconds: i64,
    /// The id of the policy.
    pub id: String,
    /// The policy, as a JSON object.
    pub policy: String,
}

/// A database that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// It has no table of that name and these columns.
    #[error("there is no cache of postfix-mta-sts-resolver in it")]
    OtherTables,
    /// It cannot be opened or read.
    #[error(transparent)]
    Database(#[from] StoreError),
}

/// Every row of the SQLite cache of postfix-mta-sts-resolver at `path`, whatever version wrote it:
/// its one table has always been the same. Rows with texts far too long for their purpose are
/// passed over.
pub async fn mta_sts_resolver(path: &Path) -> Result<Vec<Row>, ForeignError> {
    let mut connection = open(path).await.map_err(StoreError::from)?;
    let columns: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pragma_table_info('sts_policy_cache') \
         WHERE name IN ('domain', 'ts', 'pol_id', 'pol_body')",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(StoreError::from)?;
    if columns != 4 {
        return Err(ForeignError::OtherTables);
    }
    let mut found = sqlx::query(
        "SELECT CAST(domain AS TEXT), CAST(ts AS INTEGER), CAST(pol_id AS TEXT), \
                CAST(pol_body AS TEXT) \
         FROM sts_policy_cache \
         WHERE domain IS NOT NULL AND ts IS NOT NULL AND pol_id IS NOT NULL \
           AND length(domain) <= $1 AND length(pol_id) <= $1 AND length(pol_body) <= $2 \
         ORDER BY domain",
    )
    .bind(MAX_NAME)
    .bind(MAX_POLICY)
    .fetch(&mut connection);
    let mut rows = Vec::new();
    while let Some(row) = found.try_next().await.map_err(StoreError::from)? {
        let row = Row {
            domain: row.try_get(0).map_err(StoreError::from)?,
            seconds: row.try_get(1).map_err(StoreError::from)?,
            id: row.try_get(2).map_err(StoreError::from)?,
            policy: row.try_get(3).map_err(StoreError::from)?,
        };
        rows.push(row);
    }
    Ok(rows)
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    SqliteConnection::connect_with(&options.disable_statement_logging()).await
}

/// Longer than any domain or id.
const MAX_NAME: i64 = 1024;
/// A policy of 64 KiB (RFC 8461 §3.3), every character of it escaped.
const MAX_POLICY: i64 = 6 * 64 * 1024;
