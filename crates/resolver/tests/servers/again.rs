//! The test program run anew, as another process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The path that the parent has handed down; `None` in the parent itself.
pub(crate) fn path_from_parent() -> Option<PathBuf> {
    std::env::var_os(PATH).map(PathBuf::from)
}

/// The test of that name in a process of its own.
pub(crate) fn again(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(PATH, path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

const PATH: &str = "IRONPOST_TEST_SERVERS";
