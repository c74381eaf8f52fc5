//! What can go wrong with a database.

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
        "{path} was written by a newer version of Ironpost: run that one, or move the file away",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
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
    #[error("the disk is full")]
    Full,
    /// Another process was writing for longer than [`BUSY_TIMEOUT`](crate::BUSY_TIMEOUT): what was
    /// to be written is not.
    #[error("another process is writing to the database")]
    Busy,
    /// Anything else; of a write, nothing is written.
    #[error("the database: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match Cause::of(&error) {
            Cause::Full => Self::Full,
            Cause::Busy => Self::Busy,
            Cause::Access | Cause::Other => Self::Database(message(&error)),
        }
    }
}

impl OpenError {
    /// Of an attempt to open `path` that failed with `error`.
    pub(crate) fn of(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        match Cause::of(error) {
            Cause::Full => Self::Full { path },
            Cause::Busy => Self::Locked { path },
            Cause::Access => Self::NoAccess { path, detail: message(error) },
            Cause::Other => Self::Unusable { path, detail: message(error) },
        }
    }
}

/// What SQLite's result code comes to.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Full,
    Busy,
    Access,
    Other,
}

impl Cause {
    fn of(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        let extended = code.and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
        // https://www.sqlite.org/rescode.html: the primary code is in the low octet.
        match (extended & 0xff, extended) {
            (SQLITE_FULL, _) | (_, SQLITE_IOERR_SHMSIZE) => Self::Full,
            (SQLITE_BUSY, _) => Self::Busy,
            (SQLITE_PERM | SQLITE_READONLY | SQLITE_CANTOPEN, _) => Self::Access,
            _ => Self::Other,
        }
    }
}

/// What the database says, without the frame that the driver puts around it.
fn message(error: &sqlx::Error) -> String {
    let text = error
        .as_database_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_owned());
    ironpost_proto::visible::Visible::from_bytes(text.as_bytes()).to_string()
}

const SQLITE_PERM: u32 = 3;
const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
/// The index of the write-ahead log could not grow.
const SQLITE_IOERR_SHMSIZE: u32 = 4_874;
