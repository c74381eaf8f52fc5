//! The test program run anew, as another process.

use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The path that the parent has handed down; `None` in the parent itself.
pub(crate) fn path_from_parent() -> Option<std::path::PathBuf> {
    std::env::var_os(PATH).map(Into::into)
}

/// The test of that name in a process of its own, behind the words of `before`.
pub(crate) fn again(before: &[&str], test: &str, path: &Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut words = before.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args([test, "--exact", "--nocapture"]).env(PATH, path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// Lets the parent know.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn tell(what: &str) {
    println!("{MARK}{what}");
}

/// What the child tells.
pub(crate) struct Telling(Lines<BufReader<ChildStdout>>);

impl Telling {
    pub(crate) fn of(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().unwrap()).lines())
    }

    /// The next thing, past what the test harness says; `None` when the child has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            let line = self.0.next_line().await.unwrap()?;
            // The harness leaves its own line open.
            if let Some((_, told)) = line.split_once(MARK) {
                return Some(told.to_owned());
            }
        }
    }
}

const PATH: &str = "IRONPOST_TEST_STORE";
const MARK: &str = "told: ";
