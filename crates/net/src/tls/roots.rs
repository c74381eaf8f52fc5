//! Trust roots.

use std::path::PathBuf;
use std::sync::Arc;

/// Where trust roots come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RootSource {
    /// The Mozilla roots compiled in.
    #[default]
    Bundled,
    /// The system's, `SSL_CERT_FILE` and `SSL_CERT_DIR` honoured.
    System,
    /// A PEM file.
    File(PathBuf),
}

/// Roots that cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("no trust roots from {place}: {detail}")]
pub struct RootsError {
    /// File or store.
    pub place: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Loaded trust roots. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Roots(#[expect(dead_code, reason = "skeleton")] Arc<rustls::RootCertStore>);

impl Roots {
    /// Loads roots; none at all is an error.
    pub fn load(_source: &RootSource) -> Result<Self, RootsError> {
        todo!()
    }
}
