//! `ironpost lab` as a child, and what it tells its user to type.

use crate::lab::signal;
use crate::program::Run;
use crate::waiting::wait_until;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempDir;

/// A running lab whose customers have come into their states.
#[derive(Debug)]
pub(crate) struct Guided {
    child: Child,
    /// Kept open: it may have more to say.
    talk: BufReader<ChildStderr>,
    commands: Vec<String>,
    folder: TempDir,
}

impl Guided {
    /// The one that all tests of this process share; it ends with the last of them.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Guided>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let guided = Arc::new(Self::start());
            *shared = Arc::downgrade(&guided);
            guided
        })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["lab", "--dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let guide = BufReader::new(child.stdout.take().unwrap());
        let talk = BufReader::new(child.stderr.take().unwrap());
        let mut guided = Self { child, talk, commands: Vec::new(), folder };
        // The last of them is the one that shows what came of it.
        let mut begun = false;
        for line in guide.lines().map(Result::unwrap) {
            begun |= line.contains("from nothing to mode enforce");
            if let Some(command) = line.strip_prefix("  ").filter(|_| begun) {
                guided.commands.push(command.to_owned());
                if command.contains(" check ") {
                    break;
                }
            }
        }
        let mut settled = String::new();
        while !settled.contains("library.customers.example is withdrawing") {
            let octets = guided.talk.read_line(&mut settled).unwrap();
            assert!(octets > 0, "the lab has ended: {settled}");
        }
        guided
    }

    /// What is to be typed, in this order.
    pub(crate) fn commands(&self) -> &[String] {
        &self.commands
    }

    /// Types a line.
    pub(crate) fn shell(line: &str) -> Run {
        let output = Command::new("sh").env_clear().args(["-c", line]).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `ironpost …` with the configuration of the lab's installation.
    pub(crate) fn ironpost(&self, line: &str) -> Run {
        Self::shell(&format!("{PROGRAM} {line} --config {}", self.path("hosting.toml")))
    }

    /// What `ironpost domain WHAT DOMAIN --format json` gives.
    pub(crate) fn json(&self, what: &str, domain: &str) -> Value {
        let run = self.ironpost(&format!("domain {what} {domain} --format json"));
        assert_eq!((run.code, &*run.stderr), (0, ""), "{what} {domain}");
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// Waits until a domain is in this state.
    pub(crate) fn wait_for(&self, domain: &str, state: &str) {
        let look = || self.json("show", domain);
        wait_until(state, look, |shown| shown["state"] == state);
    }

    fn path(&self, name: &str) -> String {
        Path::join(self.folder.path(), name).display().to_string()
    }
}

impl Drop for Guided {
    fn drop(&mut self) {
        // In order, so that `ironpost serve` ends with it.
        signal("INT", self.child.id());
        let _ = self.child.wait();
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ironpost");
