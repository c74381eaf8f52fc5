//! What Ironpost keeps on disk.
//!
//! A sender remembers policies in a [`Store`]; an installation that hosts policies remembers them
//! in a [`database::Database`]. Both are SQLite files, and the latter may be PostgreSQL instead.
//!
//! Of a file one connection writes, a few read; the write-ahead log keeps them out of each other's
//! way. What [`Store::write`] has acknowledged survives the end of the process at any moment
//! (`kill -9`, a crash). Nobody waits for the disk: a loss of power may cost the writes since the
//! last checkpoint, one of which follows every 4 MiB or so, but never the soundness of the file.
//! What a [`database::Database`] has acknowledged survives a loss of power too.
//!
//! Two processes may have one file open. They write in turns, and one that waits for more than
//! [`BUSY_TIMEOUT`] is told so.

pub mod database;
mod failure;
pub mod foreign;
pub mod hosting;
mod open;
pub mod sender;
pub mod snapshot;

pub use failure::{OpenError, StoreError};

use sqlx::sqlite::SqlitePool;
use std::path::Path;
use std::time::Duration;

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Debug, Clone)]
pub struct Store {
    /// One connection.
    writer: SqlitePool,
    /// [`open::READERS`] connections.
    readers: SqlitePool,
}

impl Store {
    /// Opens the database at `path`, and makes or migrates it if need be. The directory has to
    /// exist. A new file is for its owner alone (mode 0600).
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let (writer, readers) = open::open(path, &open::Kind::sender()).await?;
        Ok(Self { writer, readers })
    }

    /// Waits for writes that are on their way, moves the write-ahead log into the database and
    /// closes it. Calls on other clones fail from then on.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// How long a write waits for another process that is writing.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
