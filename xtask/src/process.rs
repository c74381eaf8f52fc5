//! Running other programs: what is run is printed first, and what fails is named.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command in `dir` whose `PATH` reaches the tools that Debian keeps for administrators.
pub(crate) fn command(program: &str, arguments: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir).env("PATH", search_path());
    command
}

/// Runs a command to its end on our own terminal; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Runs a command to its end and gives its standard output; an exit code other than 0 is an
/// error that carries its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed: {}\n{}", output.status, told.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote no UTF-8"))
}

/// Runs a command to its end with `text` as its standard input.
pub(crate) fn feed(command: &mut Command, text: &str) -> Result<()> {
    let line = shown(command);
    println!("$ {line} <<< '{text}'");
    let mut child =
        command.stdin(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{text}").with_context(|| format!("`{line}` reads nothing"))?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Where a program of this name lies, if it is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&search_path()).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// `PATH`, and behind it the folders that an ordinary user's `PATH` lacks.
fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let admin = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    let all: Vec<PathBuf> = env::split_paths(&path).chain(admin).collect();
    env::join_paths(all).unwrap_or(path)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
