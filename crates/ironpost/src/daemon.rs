//! What the daemons, `ironpost resolver` and `ironpost serve`, do alike.

pub(crate) mod confinement;
pub(crate) mod handed;
pub(crate) mod service_manager;

use crate::failure::Failure;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A server that ended by itself.
pub(crate) fn broken(server: Result<(), tokio::task::JoinError>) -> Failure {
    let error = server.map_or_else(anyhow::Error::new, |()| anyhow::anyhow!("its socket closed"));
    Failure::could_not_test(error.context("a server has ended"))
}

/// True if a configuration file says nothing: what an editor or a full disk leaves behind.
pub(crate) fn is_blank(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.trim().is_empty())
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// The mode of a folder for the daemon's own user.
pub(crate) const PRIVATE: u32 = 0o700;
