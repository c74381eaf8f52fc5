//! Documents: written whole, or not at all.

use super::Console;
use crate::failure::Failure;
use ironpost_checker::render::terminal::DEFAULT_WIDTH;
use ironpost_checker::render::theme::Theme;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where a document goes.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Standard output.
    Stdout,
    /// A file, replaced in one step when the document is complete.
    File {
        /// The file, symbolic links resolved.
        path: PathBuf,
        /// What is written until then, in the same folder.
        draft: BufWriter<NamedTempFile>,
    },
    /// Something that cannot be replaced: a device, a pipe.
    Device {
        /// Its path.
        path: PathBuf,
        /// The open device.
        file: BufWriter<File>,
    },
}

impl Destination {
    /// Opens `path`, or standard output without one (or for `-`).
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        match path {
            None => Ok(Self::Stdout),
            Some(path) if path == Path::new("-") => Ok(Self::Stdout),
            Some(path) => Self::open_file(path).map_err(|error| Failure::writing(path, error)),
        }
    }

    fn open_file(path: &Path) -> io::Result<Self> {
        let path = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            resolved => resolved?,
        };
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                let file = BufWriter::new(OpenOptions::new().write(true).open(&path)?);
                Ok(Self::Device { path, file })
            }
            found => {
                // An old file keeps its mode; a new one gets what the umask leaves.
                let mode = found.map_or(NEW_FILE_MODE, |found| found.permissions().mode());
                let folder = path.parent().filter(|folder| *folder != Path::new(""));
                let draft = tempfile::Builder::new()
                    .prefix(".ironpost-")
                    .permissions(Permissions::from_mode(mode))
                    .tempfile_in(folder.unwrap_or(Path::new(".")))?;
                Ok(Self::File { path, draft: BufWriter::new(draft) })
            }
        }
    }

    /// Adds to the document.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => io::stdout().lock().write_all(data).map_err(Failure::stdout),
            Self::File { path, draft } => {
                draft.write_all(data).map_err(|error| Failure::writing(path, error))
            }
            Self::Device { path, file } => {
                file.write_all(data).map_err(|error| Failure::writing(path, error))
            }
        }
    }

    /// Ends the document; only now a file is replaced.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout => io::stdout().lock().flush().map_err(Failure::stdout),
            Self::File { path, draft } => draft
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|draft| {
                    draft.as_file().sync_all()?;
                    draft.persist(&path).map_err(|error| error.error).map(drop)
                })
                .map_err(|error| Failure::writing(&path, error)),
            Self::Device { path, mut file } => {
                file.flush().map_err(|error| Failure::writing(&path, error))
            }
        }
    }

    /// Colours and marks for what is written here.
    pub(crate) fn theme(&self, console: &Console) -> Theme {
        match self {
            Self::Stdout => console.stdout_theme(),
            Self::File { .. } | Self::Device { .. } => console.file_theme(),
        }
    }

    /// Columns for what is written here.
    pub(crate) fn width(&self, console: &Console) -> usize {
        match self {
            Self::Stdout => console.width(),
            Self::File { .. } | Self::Device { .. } => DEFAULT_WIDTH,
        }
    }
}

/// Before the umask.
const NEW_FILE_MODE: u32 = 0o666;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_when_the_document_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "old").unwrap();
        let mut document = Destination::open(Some(&path)).unwrap();
        document.write(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        document.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");

        let mut document = Destination::open(Some(&path)).unwrap();
        document.write(b"half").unwrap();
        drop(document);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_link_stays_and_its_target_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut document = Destination::open(Some(&link)).unwrap();
        document.write(b"new").unwrap();
        document.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }

    #[test]
    fn a_full_device_is_an_error() {
        let mut document = Destination::open(Some(Path::new("/dev/full"))).unwrap();
        document.write(b"x").unwrap();
        assert!(matches!(document.finish(), Err(Failure::Usage(_))));
    }
}
