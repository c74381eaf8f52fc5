//! Programs from PyPI to compare with, each in a virtual environment of its own.

use crate::process;
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs `packages` into a virtual environment at `venv`, unless that was done before; its
/// Python.
pub(crate) fn installed(root: &Path, venv: &Path, packages: &[&str]) -> Result<PathBuf> {
    let python = venv.join("bin/python");
    if !venv.join("complete").is_file() {
        if process::find("python3").is_none() {
            bail!("the peer needs python3 with venv and pip (Debian package python3-venv)");
        }
        process::run(process::command("python3", &["-m", "venv"], root).arg(venv))?;
        let mut pip = Command::new(&python);
        process::run(pip.args(["-m", "pip", "install", "--quiet"]).args(packages))?;
        fs::write(venv.join("complete"), "")?;
    }
    Ok(python)
}
