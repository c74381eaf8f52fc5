//! What a node served last, on its own disk: for a start while the database is away.

use super::load::{Loader, PAGE};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::OpenError;
use ironpost_store::StoreError;
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::serving::ServedRow;
use ironpost_store::snapshot::SnapshotFile;
use std::path::Path;
use std::time::Duration;

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

    /// True if the node may serve from it.
    ///
    /// RFC 8461 §8.3: what was replaced must not be served again, or senders hold it for longer than
    /// anybody knows. A node that fell silent is waited for; one that took leave is not, and what it
    /// served may have been replaced without it.
    pub(super) async fn is_fit(&self, now: Timestamp) -> Result<bool, SnapshotError> {
        let left_at = self.file.left_at().await?;
        Ok(left_at.is_none_or(|at| now.since(at) <= ABSENCE))
    }

    /// Keeps that the node takes leave of the others, who do not wait for it from here on.
    pub(super) async fn leave(&self, now: Timestamp) -> Result<(), StoreError> {
        self.file.put_left_at(Some(now)).await
    }

    /// Keeps that the others wait for the node again.
    pub(super) async fn join(&self) -> Result<(), StoreError> {
        self.file.put_left_at(None).await
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

/// A restart, a new version, a move to another machine: what takes longer than this is no pause but
/// an end. Own limit.
const ABSENCE: Duration = Duration::from_hours(1);
