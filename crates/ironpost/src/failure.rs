//! Why a command came to nothing, and which exit code that is.

use crate::exit::{Exit, Signal};
use std::io;
use std::path::Path;

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, the configuration or a file is at fault.
    Usage(anyhow::Error),
    /// What lies outside cannot be reached at all.
    CouldNotTest(anyhow::Error),
    /// Whoever read our output has enough of it. Nobody is left to tell, and nothing is wrong.
    ReaderGone,
    /// A signal came; the text says what was saved and how to go on, and may be empty.
    Interrupted(Signal, String),
}

impl Failure {
    /// A fault of the command line, the configuration or a file.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// The same in words.
    pub(crate) fn message(text: impl Into<String>) -> Self {
        Self::Usage(anyhow::Error::msg(text.into()))
    }

    /// What lies outside cannot be reached.
    pub(crate) fn could_not_test(error: impl Into<anyhow::Error>) -> Self {
        Self::CouldNotTest(error.into())
    }

    /// Standard output could not be written.
    pub(crate) fn stdout(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Usage(anyhow::Error::new(error).context("cannot write to standard output")),
        }
    }

    /// The file `path` could not be read.
    pub(crate) fn reading(path: &Path, error: io::Error) -> Self {
        Self::Usage(anyhow::Error::new(error).context(format!("cannot read {}", path.display())))
    }

    /// The file `path` could not be written.
    pub(crate) fn writing(path: &Path, error: io::Error) -> Self {
        Self::Usage(anyhow::Error::new(error).context(format!("cannot write {}", path.display())))
    }

    /// The exit code it leads to.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::CouldNotTest(_) => Exit::CouldNotTest,
            Self::ReaderGone => Exit::Clean,
            Self::Interrupted(signal, _) => Exit::Interrupted(*signal),
        }
    }
}
