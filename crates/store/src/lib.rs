//! What Ironpost keeps on disk: an embedded SQLite database behind one interface.

pub mod sender;

use std::path::{Path, PathBuf};

/// An open database. Cheap to clone. One process at a time writes to it.
#[derive(Debug, Clone)]
pub struct Store {}

/// A database that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer version of the program has written it.
    #[error("{path} was written by a newer version of Ironpost", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// It is no database, or a broken one.
    #[error("{path} is no usable database: {detail}", path = path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
}

/// A read or a write that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room: what was to be written is not.
    #[error("the disk is full")]
    Full,
    /// Anything else.
    #[error("the database: {0}")]
    Database(String),
}

impl Store {
    /// Opens the database at `path`, and makes or migrates it if need be.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let _ = path;
        todo!()
    }
}
