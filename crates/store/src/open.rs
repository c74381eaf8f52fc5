//! Opening a database, and bringing it up to date.

use crate::database::Migration;
use crate::{BUSY_TIMEOUT, OpenError};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::fs;

/// Whose a database is, and how it is kept.
#[derive(Debug)]
pub(crate) struct Kind<'a> {
    /// In the header of the file.
    application: i64,
    /// Each step from one form of the database to the next. What has been released is never
    /// changed; new ones go to the end.
    migrations: &'a [&'static str],
    migration: Migration,
    synchronous: SqliteSynchronous,
}

impl<'a> Kind<'a> {
    /// What a sender remembers: it can be had again.
    pub(crate) fn sender() -> Kind<'static> {
        Kind {
            application: SENDER,
            migrations: SENDER_MIGRATIONS,
            migration: Migration::Apply,
            synchronous: SqliteSynchronous::Normal,
        }
    }

    /// What an installation that hosts policies remembers: it cannot.
    pub(crate) fn hosting(migrations: &'a [&'static str], migration: Migration) -> Self {
        Self { application: HOSTING, migrations, migration, synchronous: SqliteSynchronous::Full }
    }

    /// What a node serves, beside a database on another machine: a node starts from it, and has
    /// said that it keeps it.
    pub(crate) fn of_snapshot(migrations: &'a [&'static str], migration: Migration) -> Self {
        Self { application: SNAPSHOT, migrations, migration, synchronous: SqliteSynchronous::Full }
    }
}

/// Opens the database at `path`, and makes or migrates it if need be: the connection that writes,
/// and those that read.
pub(crate) async fn open(
    path: &Path,
    kind: &Kind<'_>,
) -> Result<(SqlitePool, SqlitePool), OpenError> {
    make_file(path).await?;
    let unusable = |error| OpenError::of(path, &error);
    let options = |cache| options(path, cache).synchronous(kind.synchronous);
    let writer = pool(1).connect_with(options(WRITER_CACHE)).await.map_err(unusable)?;
    let mut connection = writer.acquire().await.map_err(unusable)?;
    prepare(&mut connection, kind).await.map_err(|fault| fault.of(path))?;
    drop(connection);
    let readers = pool(READERS).connect_with(options(READER_CACHE).read_only(true));
    Ok((writer, readers.await.map_err(unusable)?))
}

/// Makes an empty file where there is none. SQLite would do so itself, with the mode that the
/// umask leaves; the files that it puts beside the database get the mode of the database.
async fn make_file(path: &Path) -> Result<(), OpenError> {
    let no_access =
        |error: io::Error| OpenError::NoAccess { path: path.to_owned(), detail: error.to_string() };
    let mut new = fs::OpenOptions::new();
    match new.write(true).create_new(true).mode(OWNER_ONLY).open(path).await {
        // Whatever the umask took away.
        Ok(file) => {
            file.set_permissions(Permissions::from_mode(OWNER_ONLY)).await.map_err(no_access)
        }
        // Left unopened: closing a file gives up all locks that the process has on it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(path).to_owned();
            Err(OpenError::NoDirectory { directory })
        }
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            Err(OpenError::Full { path: path.to_owned() })
        }
        Err(error) => Err(no_access(error)),
    }
}

/// How a connection is made.
pub(crate) fn options(path: &Path, cache_size: &'static str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", cache_size)
        .pragma("journal_size_limit", WAL_LIMIT)
        .pragma("temp_store", "MEMORY")
        .row_buffer_size(ROW_BUFFER)
        .disable_statement_logging()
}

/// Connections are kept: opening one means reading the schema again.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}

/// Why a file that SQLite opens is not one to work with.
#[derive(Debug)]
enum Fault {
    Newer,
    Older,
    Foreign,
    /// Ours, but of the other kind.
    Other(&'static str),
    NoWal,
    Sqlite(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Fault {
    fn of(self, path: &Path) -> OpenError {
        let unusable =
            |detail: &str| OpenError::Unusable { path: path.to_owned(), detail: detail.to_owned() };
        match self {
            Self::Newer => OpenError::Newer { path: path.to_owned() },
            Self::Older => OpenError::Older { database: path.display().to_string() },
            Self::Other(part) => OpenError::OtherPart { path: path.to_owned(), part },
            Self::Foreign => unusable("another program made it"),
            Self::NoWal => unusable("its file system has no shared memory, which SQLite needs"),
            Self::Sqlite(error) => OpenError::of(path, &error),
        }
    }
}

/// Makes sure that the database is ours, and in the form of this version.
async fn prepare(connection: &mut SqliteConnection, kind: &Kind<'_>) -> Result<(), Fault> {
    // Before anything is written: it may be another program's.
    let seen = applied(connection, kind).await?;
    if kind.migration == Migration::Refuse && (1..kind.migrations.len()).contains(&seen) {
        return Err(Fault::Older);
    }
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await?;
    if mode != "wal" {
        return Err(Fault::NoWal);
    }
    if kind.migration == Migration::Refuse && seen == kind.migrations.len() {
        // Who only reads does not wait for those that write.
        return Ok(());
    }
    migrate(connection, kind).await
}

/// How many of its migrations the database has seen.
async fn applied(connection: &mut SqliteConnection, kind: &Kind<'_>) -> Result<usize, Fault> {
    let (application, version, tables): (i64, i64, i64) = sqlx::query_as(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
         FROM pragma_application_id, pragma_user_version",
    )
    .fetch_one(connection)
    .await?;
    if application != kind.application && (tables, version, application) != (0, 0, 0) {
        let part = PARTS.iter().find(|(known, _)| *known == application);
        return Err(part.map_or(Fault::Foreign, |(_, part)| Fault::Other(part)));
    }
    usize::try_from(version).ok().filter(|seen| *seen <= kind.migrations.len()).ok_or(Fault::Newer)
}

/// All or nothing, and one process at a time.
async fn migrate(connection: &mut SqliteConnection, kind: &Kind<'_>) -> Result<(), Fault> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let seen = applied(&mut transaction, kind).await?;
    for migration in kind.migrations.iter().skip(seen) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    // Of no effect on a database that is up to date, but refused if it may not be written.
    let (application, version) = (kind.application, kind.migrations.len());
    let mark = format!("PRAGMA application_id = {application}; PRAGMA user_version = {version}");
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    if seen == kind.migrations.len() {
        // Leaves no trace, and so takes no room on a disk that is full.
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(())
}

const SENDER_MIGRATIONS: &[&str] = &[include_str!("../migrations/sqlite/0001_sender.sql")];
/// The octets "IrPo".
const SENDER: i64 = 0x4972_506f;
/// The octets "IrPh".
const HOSTING: i64 = 0x4972_5068;
/// The octets "IrPs".
const SNAPSHOT: i64 = 0x4972_5073;
/// Whose files are whose.
const PARTS: [(i64, &str); 3] = [
    (SENDER, "ironpost resolver"),
    (HOSTING, "ironpost serve"),
    (SNAPSHOT, "a snapshot of ironpost serve"),
];

/// The load of all policies takes one; the others answer meanwhile.
pub(crate) const READERS: u32 = 3;
/// Pages that a connection keeps: 8 MiB, in KiB as SQLite reads a negative size. What a great write
/// changes beyond that goes into the log twice.
const WRITER_CACHE: &str = "-8192";
/// The same for each reader: 1 MiB. What it reads is in the memory of the system anyway.
pub(crate) const READER_CACHE: &str = "-1024";
/// What the write-ahead log keeps of a great write once it is in the database: 4 MiB, about as
/// much as SQLite lets it grow to before each checkpoint (1,000 pages).
const WAL_LIMIT: &str = "4194304";
/// Rows that a connection may be ahead of who reads them.
const ROW_BUFFER: usize = 256;
/// Longer than the wait for another process.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
const OWNER_ONLY: u32 = 0o600;
