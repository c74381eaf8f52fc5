//! A copy of a file that is in use.

use crate::StoreError;
use crate::database::{Database, Statement};
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;

/// A backup that was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has its own tools.
    #[error("a PostgreSQL database is backed up with pg_dump, or with `ironpost db export`")]
    Server,
    /// Something is there already.
    #[error("{path} is there already: a backup never takes the place of another file", path = path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("{path} cannot be written: {error}", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Makes a copy of the file of the database, as it is at one moment, while it is in use. The
    /// copy is for its owner alone (mode 0600), and is a database like the original.
    pub async fn backup(&self, path: &Path) -> Result<(), BackupError> {
        if self.is_shared() {
            return Err(BackupError::Server);
        }
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: path.to_owned() },
            _ => BackupError::Write { path: path.to_owned(), error },
        };
        let mut new = fs::OpenOptions::new();
        let file = new.write(true).create_new(true).mode(0o600).open(path).await.map_err(failed)?;
        let copied = self.copy_to(path).await;
        let kept = match copied {
            Ok(()) => file.sync_all().await.map_err(failed),
            Err(error) => Err(error.into()),
        };
        if kept.is_err() {
            // Half a copy is of no use to anybody.
            let _ = fs::remove_file(path).await;
        }
        kept
    }

    async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let Some(name) = path.to_str() else {
            return Err(StoreError::Database("the name of the copy is not UTF-8".to_owned()));
        };
        // Into an empty file, which SQLite takes as none.
        self.execute(Statement::new("VACUUM INTO $1").bind(name)).await.map(drop)
    }
}
