//! The program that is measured.

use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The release build, and a folder for what the runs write.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Program {
    /// Builds it.
    pub(crate) fn build(root: &Path) -> Result<Self> {
        process::run(&mut process::command("cargo", &["build", "--release"], root))?;
        let program = Self::at(root, PathBuf::new())?;
        let path = program.folder.with_file_name("release").join("ironpost");
        Ok(Self { path, ..program })
    }

    /// One that was built before.
    pub(crate) fn at(root: &Path, path: PathBuf) -> Result<Self> {
        let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
        let target = metadata.target_directory.into_std_path_buf();
        let folder = target.join("bench");
        fs::create_dir_all(&folder).context("no room for results")?;
        Ok(Self { path, folder })
    }
}
