//! New files in a folder: all of them or none, and none in place of another unasked.

use crate::failure::Failure;
use crate::output::{Console, Destination};
use std::fs;
use std::path::Path;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewFile {
    /// Relative to the folder.
    pub(super) path: String,
    /// What stands in it.
    pub(super) contents: String,
}

/// Writes the files below `folder`, which is made where it is not there.
pub(super) fn write(
    folder: &Path,
    files: &[NewFile],
    force: bool,
    console: &Console,
) -> Result<(), Failure> {
    let there: Vec<_> = files
        .iter()
        .map(|file| folder.join(&file.path))
        .filter(|path| !force && fs::symlink_metadata(path).is_ok())
        .map(|path| path.display().to_string())
        .collect();
    if !there.is_empty() {
        let (is, it) = if there.len() == 1 { ("is", "it") } else { ("are", "them") };
        return Err(Failure::message(format!(
            "{} {is} there already; nothing was written; --force replaces {it}",
            there.join(", ")
        )));
    }
    for file in files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::writing(parent, error))?;
        let mut destination = Destination::open(Some(&path))?;
        destination.write(file.contents.as_bytes())?;
        destination.finish()?;
        console.note(&format!("wrote {}", path.display()));
    }
    Ok(())
}
