//! One process at a time: a lock that is held for as long as the process lives.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A locked file with the number of this process in it. Dropping it removes the file; the system
/// gives up the lock of a process that is killed.
#[derive(Debug)]
pub(crate) struct Sole {
    path: PathBuf,
    _file: File,
}

/// A lock that is not to be had.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// Another process has it; its number, if it has written it already.
    By(Option<u32>),
    /// The file cannot be made or locked.
    Failed(io::Error),
}

impl Sole {
    /// Locks the file at `path`, in a folder that is there.
    pub(crate) fn claim(path: &Path) -> Result<Self, Claimed> {
        loop {
            let mut options = File::options();
            options.read(true).write(true).create(true).mode(OWNER_ONLY);
            let mut file = options.open(path).map_err(Claimed::Failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Claimed::By(number(&file))),
                Err(TryLockError::Error(error)) => return Err(Claimed::Failed(error)),
            }
            // Whoever had it may have removed it after it was opened here: a lock on a file that
            // nobody finds any more keeps nobody out.
            if !is_at(&file, path).map_err(Claimed::Failed)? {
                continue;
            }
            let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
            written.map_err(Claimed::Failed)?;
            return Ok(Self { path: path.to_owned(), _file: file });
        }
    }
}

impl Drop for Sole {
    fn drop(&mut self) {
        // Left there, it keeps nobody out.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match path.metadata() {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The number of the process that wrote the file.
fn number(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(LONGEST_NUMBER).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

const OWNER_ONLY: u32 = 0o600;
/// Octets; a number of 32 bits and the end of its line take less.
const LONGEST_NUMBER: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        // What a process left behind that was killed.
        std::fs::write(&path, "4000000000\n").unwrap();
        let first = Sole::claim(&path).unwrap();
        let second = Sole::claim(&path).unwrap_err();
        assert!(matches!(second, Claimed::By(Some(by)) if by == std::process::id()), "{second:?}");
        drop(first);
        assert!(!path.exists());
        drop(Sole::claim(&path).unwrap());
        let nowhere = Sole::claim(&folder.path().join("none/a.lock")).unwrap_err();
        assert!(matches!(nowhere, Claimed::Failed(_)), "{nowhere:?}");
    }

    #[test]
    fn a_lock_on_a_file_that_is_gone_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let file = File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        std::fs::write(&path, "").unwrap();
        assert!(!is_at(&file, &path).unwrap(), "another file of its name");
    }
}
