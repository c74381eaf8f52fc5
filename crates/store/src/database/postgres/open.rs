//! The first look at a database of PostgreSQL.

use super::{CONNECT_DEADLINE, options};
use crate::OpenError;
use crate::database::migrations::STEPS;
use crate::database::{Migration, PostgresUrl};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row as _};
use tokio::time::timeout;

/// Makes sure that the database is ours, and in the form of this version.
pub(super) async fn prepare(url: &PostgresUrl, migration: Migration) -> Result<(), OpenError> {
    let options = options(url)?;
    let away = |detail: &str| OpenError::Unreachable {
        database: url.to_string(),
        detail: detail.to_owned(),
    };
    let connecting = timeout(CONNECT_DEADLINE, PgConnection::connect_with(&options)).await;
    let mut connection = connecting
        .map_err(|_| away("it does not answer"))?
        .map_err(|error| OpenError::of_server(url, &error))?;
    let seen = timeout(PREPARE_DEADLINE, look(url, migration, &mut connection)).await;
    let done = seen.unwrap_or_else(|_| Err(away("it does not answer")));
    // Whether the goodbye arrives is nobody's concern.
    let _ = timeout(CONNECT_DEADLINE, connection.close()).await;
    done
}

async fn look(
    url: &PostgresUrl,
    migration: Migration,
    connection: &mut PgConnection,
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::of_server(url, &error);
    let version = connection.server_version_num().unwrap_or_default();
    if version < OLDEST {
        let major = version / 10_000;
        return Err(OpenError::TooOld { database: url.to_string(), version: major });
    }
    match form(connection).await.map_err(failed)? {
        Form::Seen(seen) if seen == STEPS.len() => Ok(()),
        Form::Seen(seen) if seen > STEPS.len() => Err(newer(url)),
        Form::Seen(_) if migration == Migration::Refuse => {
            Err(OpenError::Older { database: url.to_string() })
        }
        Form::Seen(_) | Form::Empty => migrate(url, connection).await,
        Form::Foreign => Err(OpenError::Foreign { database: url.to_string() }),
    }
}

/// What a database looks like.
enum Form {
    /// Nothing is in it.
    Empty,
    /// It has seen so many of our steps.
    Seen(usize),
    /// Other tables than ours.
    Foreign,
}

async fn form(connection: &mut PgConnection) -> Result<Form, sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM information_schema.tables \
                 WHERE table_schema = current_schema()), \
                to_regclass('ironpost_migration') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (tables, ours): (i64, bool) = (row.try_get(0)?, row.try_get(1)?);
    if !ours {
        return Ok(if tables == 0 { Form::Empty } else { Form::Foreign });
    }
    let row = sqlx::query("SELECT coalesce(max(number), 0) FROM ironpost_migration");
    let seen: i64 = row.fetch_one(connection).await?.try_get(0)?;
    Ok(Form::Seen(usize::try_from(seen).unwrap_or(usize::MAX)))
}

/// All or nothing, and one process at a time.
async fn migrate(url: &PostgresUrl, connection: &mut PgConnection) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::of_server(url, &error);
    let mut transaction = connection.begin().await.map_err(failed)?;
    // Another node may be at it, and the tables may be large.
    sqlx::raw_sql("SET LOCAL statement_timeout = 0")
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let seen = match form(&mut transaction).await.map_err(failed)? {
        Form::Empty => 0,
        Form::Seen(seen) if seen > STEPS.len() => return Err(newer(url)),
        Form::Seen(seen) => seen,
        Form::Foreign => return Err(OpenError::Foreign { database: url.to_string() }),
    };
    sqlx::raw_sql(TABLE).execute(&mut *transaction).await.map_err(failed)?;
    for (number, step) in (1_i64..).zip(STEPS).skip(seen) {
        sqlx::raw_sql(step.postgres).execute(&mut *transaction).await.map_err(failed)?;
        sqlx::query("INSERT INTO ironpost_migration (number, name) VALUES ($1, $2)")
            .bind(number)
            .bind(step.name)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

fn newer(url: &PostgresUrl) -> OpenError {
    OpenError::NewerDatabase { database: url.to_string() }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS ironpost_migration \
     (number BIGINT PRIMARY KEY, name TEXT NOT NULL)";
/// Of no meaning but ours: the octets "IrPoMigr".
const LOCK: i64 = 0x4972_506f_4d69_6772;
/// The oldest major version that its makers look after, as the server counts.
const OLDEST: u32 = 140_000;
/// Within it another node's migration is waited for.
const PREPARE_DEADLINE: std::time::Duration = std::time::Duration::from_mins(5);
