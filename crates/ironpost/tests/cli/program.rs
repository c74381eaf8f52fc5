//! Running the program.

use assert_cmd::Command;
use std::ffi::OsStr;

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The exit code; -1 after a signal.
    pub(crate) code: i32,
    /// Data.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

/// The program with nothing of our environment that it listens to.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironpost"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("IRONPOST_") || text.starts_with("CLICOLOR") || text == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Runs the program with `args`.
pub(crate) fn ironpost<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    finish(command().args(args))
}

/// Runs the program with `args` and `input` on standard input.
pub(crate) fn ironpost_with<S: AsRef<OsStr>>(
    args: impl IntoIterator<Item = S>,
    input: impl Into<Vec<u8>>,
) -> Run {
    finish(command().args(args).write_stdin(input))
}

/// Runs it.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
