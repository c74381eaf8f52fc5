//! Private keys at rest: sealed with a key that is not in the database.

use std::path::Path;

/// The keys that seal. The first seals; all of them open. `Debug` says nothing of them.
#[derive(Clone)]
pub struct Seals {}

/// A sealing key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The acme author fills this in.
    #[error("not yet written")]
    Unwritten,
}

impl Seals {
    /// Reads the keys in a file: one in each line, 32 octets in base64, the newest first.
    pub fn load(path: &Path) -> Result<Self, SealError> {
        let _ = path;
        todo!("acme")
    }

    /// Makes a file with a new key, for its owner alone; leaves one that is there.
    pub fn make(path: &Path) -> Result<Self, SealError> {
        let _ = path;
        todo!("acme")
    }

    /// Seals `plain` for the purpose that `context` names (a domain, an account).
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let _ = (context, plain);
        todo!("acme")
    }

    /// Opens what was sealed for that purpose.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let _ = (context, sealed);
        todo!("acme")
    }

    /// True if it was not sealed with the first key.
    pub fn is_old(&self, sealed: &[u8]) -> bool {
        let _ = sealed;
        todo!("acme")
    }
}
