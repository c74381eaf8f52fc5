//! What can go wrong with a database.

use crate::database::PostgresUrl;
use ironpost_proto::visible::Visible;
use sqlx::postgres::PgDatabaseError;
use std::path::{Path, PathBuf};

/// A database that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no directory to keep it in.
    #[error(
        "{directory} is not there: make it, owned by the user that Ironpost runs as",
        directory = directory.display()
    )]
    NoDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// The file or its directory may not be read and written.
    #[error(
        "{path} cannot be read and written: {detail}; it and its directory have to belong to the \
         user that Ironpost runs as",
        path = path.display()
    )]
    NoAccess {
        /// The file.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// Another process is at it, and does not come to an end.
    #[error("{path} is locked by another process", path = path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// No room to make or to migrate it.
    #[error("{path} cannot be made ready: the disk is full", path = path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of the program has written it.
    #[error(
        "{path} was written by a newer version of Ironpost: run that one, or put a backup from before \
         it in its place",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// An older version has written it, and it is not to be changed unasked.
    #[error(
        "{database} was written by an older version of Ironpost: make a backup, stop every \
         `ironpost serve` that uses it, and run `ironpost db migrate`"
    )]
    Older {
        /// Which, without a password.
        database: String,
    },
    /// The file of another part of Ironpost.
    #[error("{path} belongs to `{part}`: give each its own file", path = path.display())]
    OtherPart {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        part: &'static str,
    },
    /// No server answers, or it answers nobody now.
    #[error("{database} cannot be reached: {detail}")]
    Unreachable {
        /// Which, without a password.
        database: String,
        /// What the system or the server says.
        detail: String,
    },
    /// The server does not let this user in.
    #[error(
        "{database} does not let us in: {detail}; check the user and the password in the URL \
         (or PGPASSWORD, or the password file), and pg_hba.conf of the server"
    )]
    Refused {
        /// Which, without a password.
        database: String,
        /// What the server says.
        detail: String,
    },
    /// The server has no database of this name.
    #[error(
        "{database}: the server has no such database; make it with `createdb --owner {user} {name}`"
    )]
    Missing {
        /// Which, without a password.
        database: String,
        /// As whom we came.
        user: String,
        /// What is not there.
        name: String,
    },
    /// The server is older than its makers look after.
    #[error("{database} is PostgreSQL {version}: 14 or later is needed")]
    TooOld {
        /// Which, without a password.
        database: String,
        /// Its major version.
        version: u32,
    },
    /// A newer version of the program has written the database.
    #[error("{database} was written by a newer version of Ironpost: run that one")]
    NewerDatabase {
        /// Which, without a password.
        database: String,
    },
    /// Another program keeps its tables there.
    #[error("{database} holds tables of another program: make a database for Ironpost alone")]
    Foreign {
        /// Which, without a password.
        database: String,
    },
    /// The user may not do what has to be done.
    #[error(
        "{database}: {detail}; the user that Ironpost connects as has to own the database \
         (`ALTER DATABASE … OWNER TO …`)"
    )]
    NotAllowed {
        /// Which, without a password.
        database: String,
        /// What the server says.
        detail: String,
    },
    /// Anything else that a server says.
    #[error("{database} cannot be used: {detail}")]
    Failed {
        /// Which, without a password.
        database: String,
        /// What is wrong.
        detail: String,
    },
    /// It is no database of ours, or a broken one.
    #[error(
        "{path} is no usable database: {detail}; move it away, together with {path}-wal and \
         {path}-shm if they are there, and an empty one is made in its place",
        path = path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

/// A read or a write that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room: what was to be written is not.
    #[error("the disk of the database is full")]
    Full,
    /// Another process was writing for longer than [`BUSY_TIMEOUT`](crate::BUSY_TIMEOUT): what was
    /// to be written is not.
    #[error("another process is writing to the database")]
    Busy,
    /// The database is not to be had: nothing can be read or written until it is back. Of a write
    /// it may be that it was done.
    #[error("the database is away: {0}")]
    Away(String),
    /// It contradicts what is there (the same key twice, a row that is referred to): nothing is
    /// written.
    #[error("the database holds something that contradicts it: {0}")]
    Conflict(String),
    /// Anything else; of a write, nothing is written.
    #[error("the database: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match Cause::of(&error) {
            Cause::Full => Self::Full,
            Cause::Busy => Self::Busy,
            Cause::Away => Self::Away(message(&error)),
            Cause::Conflict => Self::Conflict(message(&error)),
            Cause::Access | Cause::Login | Cause::Missing | Cause::Other => {
                Self::Database(message(&error))
            }
        }
    }
}

impl From<OpenError> for StoreError {
    /// Of a database that is opened when it is first used.
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unreachable { .. } => Self::Away(error.to_string()),
            other => Self::Database(other.to_string()),
        }
    }
}

impl OpenError {
    /// Of an attempt to open the file at `path` that failed with `error`.
    pub(crate) fn of(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        match Cause::of(error) {
            Cause::Full => Self::Full { path },
            Cause::Busy => Self::Locked { path },
            Cause::Access => Self::NoAccess { path, detail: message(error) },
            Cause::Away | Cause::Conflict | Cause::Login | Cause::Missing | Cause::Other => {
                Self::Unusable { path, detail: message(error) }
            }
        }
    }

    /// Of an attempt to use the server at `url` that failed with `error`.
    pub(crate) fn of_server(url: &PostgresUrl, error: &sqlx::Error) -> Self {
        let (database, detail) = (url.to_string(), message(error));
        match Cause::of(error) {
            Cause::Away => Self::Unreachable { database, detail },
            Cause::Login => Self::Refused { database, detail },
            Cause::Access => Self::NotAllowed { database, detail },
            Cause::Missing => {
                let (user, name) = url.user_and_name();
                Self::Missing { database, user, name }
            }
            Cause::Full | Cause::Busy | Cause::Conflict | Cause::Other => {
                Self::Failed { database, detail }
            }
        }
    }
}

/// What an error comes to.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Full,
    Busy,
    /// It may not be written.
    Access,
    Away,
    Conflict,
    /// A server does not know the user, or not by this password.
    Login,
    /// A server has no such database.
    Missing,
    Other,
}

impl Cause {
    fn of(error: &sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else { return Self::of_driver(error) };
        if let Some(error) = database.try_downcast_ref::<PgDatabaseError>() {
            return Self::of_sqlstate(error.code());
        }
        let code = database.code().and_then(|code| code.parse::<u32>().ok());
        Self::of_sqlite(code.unwrap_or_default())
    }

    fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away,
            _ => Self::Other,
        }
    }

    fn of_sqlite(extended: u32) -> Self {
        // https://www.sqlite.org/rescode.html: the primary code is in the low octet.
        match (extended & 0xff, extended) {
            (SQLITE_FULL, _) | (_, SQLITE_IOERR_SHMSIZE) => Self::Full,
            (SQLITE_BUSY, _) => Self::Busy,
            (SQLITE_PERM | SQLITE_READONLY | SQLITE_CANTOPEN, _) => Self::Access,
            (SQLITE_CONSTRAINT, _) => Self::Conflict,
            _ => Self::Other,
        }
    }

    /// <https://www.postgresql.org/docs/current/errcodes-appendix.html>: the class is in the first
    /// two characters.
    fn of_sqlstate(code: &str) -> Self {
        match (code.get(..2).unwrap_or_default(), code) {
            (_, "53100") => Self::Full,
            // Deadlock, serialisation, a lock that was not to be had.
            (_, "40001" | "40P01" | "55P03") => Self::Busy,
            // Too many connections; a statement that took too long; a transaction that did nothing
            // for too long; the server goes down or comes up, was promoted, or may only be read.
            (_, "53300" | "57014" | "25P03" | "25006") | ("08" | "57", _) => Self::Away,
            ("23", _) => Self::Conflict,
            ("28", _) => Self::Login,
            (_, "3D000") => Self::Missing,
            (_, "42501") => Self::Access,
            _ => Self::Other,
        }
    }
}

/// What the database says, without the frame that the driver puts around it.
fn message(error: &sqlx::Error) -> String {
    let text = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        sqlx::Error::PoolClosed => "it is closed".to_owned(),
        error => error.to_string(),
    };
    Visible::from_bytes(text.as_bytes()).to_string()
}

const SQLITE_PERM: u32 = 3;
const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_CONSTRAINT: u32 = 19;
/// The index of the write-ahead log could not grow.
const SQLITE_IOERR_SHMSIZE: u32 = 4_874;
