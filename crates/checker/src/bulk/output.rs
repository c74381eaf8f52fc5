//! Where results go: whole records or none, so that an interrupted run can go on.

mod encode;
mod resume;

pub use encode::Layout;

use super::names::NameSet;
use crate::render::RenderError;
use crate::report::Report;
use encode::Encoder;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to do with results that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave them alone, and say so.
    Refuse,
    /// Keep them and add the rest.
    Resume,
    /// Throw them away.
    Replace,
}

/// Why results could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file cannot be opened.
    #[error("{} cannot be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something already.
    #[error("{} holds results already; go on with --resume, or begin anew with --force", path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
    },
    /// Another run writes to it.
    #[error("{} is being written by another run", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A format that is only whole at its end.
    #[error("a run cannot be resumed in the format of {}; JSON Lines and CSV can", path.display())]
    NotResumable {
        /// The file.
        path: PathBuf,
    },
    /// It holds something that is not a result of ours; nothing was changed.
    #[error("{}, line {line}: not a result of ironpost check in this format", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing failed. What was written before is whole.
    #[error("{} could not be written; it is whole up to the result before", name.display())]
    Write {
        /// The file, or the stream's name.
        name: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A result could not be put into the format.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Results on their way to a file or a stream.
#[derive(Debug)]
pub struct Results {
    target: Target,
    encoder: Encoder,
}

impl Results {
    /// Results in a file, and the domains of which it holds results already (none unless
    /// resumed). The file is made if it is not there, and locked for as long as it is open.
    pub fn create(
        path: &Path,
        layout: Layout,
        existing: Existing,
    ) -> Result<(Self, NameSet), OutputError> {
        let open = |source| OutputError::Open { path: path.to_owned(), source };
        let mut file = OpenOptions::new();
        let file = file.read(true).append(true).create(true).open(path);
        // A pipe or a terminal may be there for writing only.
        let file = file.or_else(|_| OpenOptions::new().append(true).open(path)).map_err(open)?;
        let metadata = file.metadata().map_err(open)?;
        if !metadata.is_file() {
            let target = Target::File(OpenFile { file, path: path.to_owned(), whole: None });
            return Ok((Self { target, encoder: Encoder::new(layout) }, NameSet::new()));
        }
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(OutputError::InUse { path: path.to_owned() });
        }
        let mut encoder = Encoder::new(layout);
        let mut done = NameSet::new();
        let mut whole = 0;
        match existing {
            Existing::Refuse if metadata.len() > 0 => {
                return Err(OutputError::NotEmpty { path: path.to_owned() });
            }
            Existing::Refuse => {}
            Existing::Replace => file.set_len(0).map_err(open)?,
            Existing::Resume => {
                let kept = resume::scan(&file, path, layout)?;
                (done, whole) = (kept.done, kept.whole);
                file.set_len(whole).map_err(open)?;
                if whole > 0 {
                    encoder.go_on();
                }
            }
        }
        let file = OpenFile { file, path: path.to_owned(), whole: Some(whole) };
        Ok((Self { target: Target::File(file), encoder }, done))
    }

    /// Results on a stream; `name` is what errors call it.
    pub fn stream(writer: Box<dyn Write + Send>, name: &str, layout: Layout) -> Self {
        let target = Target::Stream(writer, name.into());
        Self { target, encoder: Encoder::new(layout) }
    }

    /// Adds a result. With [`Layout::Jsonl`], [`Layout::Csv`] and [`Layout::JsonArray`] it is
    /// written at once, in one piece; after an error the file ends where it ended before.
    pub fn write(&mut self, report: &Report) -> Result<(), OutputError> {
        let text = self.encoder.record(report)?;
        self.target.write(text.as_bytes())
    }

    /// Writes what closes the format, and waits until the file is on disk.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let text = self.encoder.end()?;
        self.target.write(text.as_bytes())?;
        self.target.sync()
    }
}

enum Target {
    File(OpenFile),
    Stream(Box<dyn Write + Send>, PathBuf),
}

struct OpenFile {
    file: File,
    path: PathBuf,
    /// Length up to the last whole record; `None` for what has no length, such as a pipe.
    whole: Option<u64>,
}

impl Target {
    fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(open) => open
                .write(bytes)
                .map_err(|source| OutputError::Write { name: open.path.clone(), source }),
            Self::Stream(writer, name) => writer
                .write_all(bytes)
                .and_then(|()| writer.flush())
                .map_err(|source| OutputError::Write { name: name.clone(), source }),
        }
    }

    fn sync(&mut self) -> Result<(), OutputError> {
        match self {
            Self::File(open) if open.whole.is_some() => open
                .file
                .sync_all()
                .map_err(|source| OutputError::Write { name: open.path.clone(), source }),
            Self::File(_) | Self::Stream(..) => Ok(()),
        }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // Closing would do, but for a process started meanwhile that still has the file open.
        let _ = self.file.unlock();
    }
}

impl OpenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        if let Some(whole) = &mut self.whole {
            match &written {
                Ok(()) => *whole += bytes.len() as u64,
                // Nobody shall find half a record. Should this fail too, --resume mends it.
                Err(_) => drop(self.file.set_len(*whole)),
            }
        }
        written
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(open) => f.debug_tuple("File").field(&open.path).finish(),
            Self::Stream(_, name) => f.debug_tuple("Stream").field(name).finish(),
        }
    }
}

#[cfg(test)]
mod tests;
