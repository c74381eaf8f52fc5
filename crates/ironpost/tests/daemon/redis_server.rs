//! A real redis-server on a socket of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use tempfile::TempDir;

/// Keeps nothing on disk, and ends with the value.
#[derive(Debug)]
pub(crate) struct RedisServer {
    folder: TempDir,
    child: Child,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(&folder);
        Self { folder, child }
    }

    /// As kill -9 does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After [`Self::kill`], with nothing in it.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.folder);
    }

    /// The line of the configuration of those who share it.
    pub(crate) fn line(&self) -> String {
        format!("cache = \"redis+unix://{}\"\n", socket(&self.folder).display())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket(folder: &TempDir) -> PathBuf {
    folder.path().join("socket")
}

/// Starts it, and returns when it accepts connections.
fn spawn(folder: &TempDir) -> Child {
    let mut child = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--daemonize", "no", "--dir"])
        .arg(folder.path())
        .arg("--unixsocket")
        .arg(socket(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is installed (Debian package redis-server)");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("eady to accept connections")));
    // What it says from now on must go somewhere.
    thread::spawn(move || lines.for_each(drop));
    child
}
