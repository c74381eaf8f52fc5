//! Where a database is.

use std::path::PathBuf;
use std::str::FromStr;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file.
    Sqlite(PathBuf),
    /// `postgres://user@host/database`, with everything that libpq writes into such a URL.
    Postgres(String),
}

/// A text that names no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected postgres://user@host/database, or the path of a file")]
pub struct AddressError;

impl FromStr for DatabaseAddress {
    type Err = AddressError;

    /// `postgres://…`, `postgresql://…`, `sqlite:PATH`, or a path.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let _ = text;
        todo!("store")
    }
}
