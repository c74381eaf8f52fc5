//! `cargo xtask test`: what the tests need, then the tests, then the examples in the docs.

use crate::{packages, process, trixie};
use anyhow::Result;
use std::path::Path;

/// Installs what is missing and runs all tests.
pub(crate) fn run(root: &Path) -> Result<()> {
    packages::ensure(packages::FOR_TESTS)?;
    trixie::ensure(root)?;
    let cargo = |arguments: &[&str]| process::run(&mut process::command("cargo", arguments, root));
    // The examples come first: the last lines are then those of the many tests.
    cargo(&["test", "--workspace", "--doc"])?;
    if process::find("cargo-nextest").is_some() {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--all-targets", "--no-fail-fast"])
    }
}
