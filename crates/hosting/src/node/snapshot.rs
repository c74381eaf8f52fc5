//! What a node served last, on its own disk: for a start while the database is away.

use super::load::Loader;
use ironpost_store::OpenError;
use ironpost_store::StoreError;
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::serving::ServedRow;
use ironpost_store::snapshot::SnapshotFile;
use std::path::Path;

/// A file with every row that a node serves; private keys in it are sealed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    file: SnapshotFile,
}

/// A snapshot that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] StoreError),
}

impl Snapshot {
    /// Opens the file, or makes an empty one.
    pub async fn open(path: &Path) -> Result<Self, SnapshotError> {
        Ok(Self { file: SnapshotFile::open(path).await? })
    }

    /// Serves what is in it. Says up to where it goes.
    pub(super) async fn load(&self, loader: &mut Loader) -> Result<Seq, SnapshotError> {
        let mut after = None;
        loop {
            let rows = self.file.rows(after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for (row, certificate) in loader.unpack(rows).await? {
                loader.put(row, certificate);
            }
        }
        let seen = self.file.seen().await?;
        loader.started_from(seen);
        Ok(seen)
    }

    /// Keeps rows: before the node says that it serves them.
    pub(super) async fn put(&self, rows: &[ServedRow], seen: Seq) -> Result<(), StoreError> {
        self.file.put(rows, seen).await
    }

    /// Forgets everything.
    pub(super) async fn clear(&self) -> Result<(), StoreError> {
        self.file.clear().await
    }
}

/// Rows that are read at once.
const PAGE: u32 = 2_000;
