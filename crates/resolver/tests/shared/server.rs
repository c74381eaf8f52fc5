//! Real servers, on sockets in a directory of their own or on ports of loopback.

use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A redis-server that keeps nothing on disk, until it is dropped.
pub(crate) struct Server {
    files: TempDir,
    arguments: Vec<String>,
    /// Killed on drop.
    child: Child,
}

impl Server {
    /// On a unix socket, with arguments of its own.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let socket = files.path().join("socket");
        let socket = ["--port", "0", "--unixsocket", socket.to_str().unwrap()];
        Self::run(files, &[&socket, arguments].concat(), READY).await
    }

    /// On a port.
    pub(crate) async fn on_port(port: u16, arguments: &[&str], ready: &str) -> Self {
        let port = port.to_string();
        let files = tempfile::tempdir().unwrap();
        Self::run(files, &[&["--port", &port], arguments].concat(), ready).await
    }

    /// A sentinel on `port` that watches the service `main` and knows a replica of it.
    pub(crate) async fn sentinel(port: u16, master: u16) -> Self {
        let files = tempfile::tempdir().unwrap();
        let config = files.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds main 500\n"
        );
        std::fs::write(&config, text).unwrap();
        let arguments = vec![config.to_str().unwrap().to_owned(), "--sentinel".to_owned()];
        let child = spawn(files.path(), &arguments, "+slave").await;
        Self { files, arguments, child }
    }

    async fn run(files: TempDir, arguments: &[&str], ready: &str) -> Self {
        let common = ["--bind", "127.0.0.1", "--save", "", "--daemonize", "no", "--dir"];
        let directory = files.path().to_str().unwrap();
        let arguments = [&common, [directory].as_slice(), arguments].concat();
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let child = spawn(files.path(), &arguments, ready).await;
        Self { files, arguments, child }
    }

    /// Its unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.files.path().join("socket")
    }

    /// The address of a server on a unix socket.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Speaks to a server on a unix socket past the cache.
    pub(crate) async fn console(&self) -> redis::aio::MultiplexedConnection {
        console(&format!("unix://{}", self.socket().display())).await
    }

    /// As kill -9 does.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// After [`Self::kill`].
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.files.path(), &self.arguments, READY).await;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

/// Speaks to a server past the cache.
pub(crate) async fn console(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// A port of loopback on which nobody listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server, and returns when it has said that it is `ready`.
async fn spawn(directory: &Path, arguments: &[String], ready: &str) -> Child {
    let mut child = Command::new("redis-server")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server is installed (Debian package redis-server)");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    loop {
        let Some(line) = lines.next_line().await.unwrap() else {
            panic!("redis-server ended before it was ready: {said}");
        };
        if line.contains(ready) {
            break;
        }
        said.push_str(&line);
        said.push('\n');
    }
    // What it says from now on must go somewhere.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

pub(crate) const READY: &str = "eady to accept connections";
/// A replica's word that it holds what its master does.
pub(crate) const IN_SYNC: &str = "Finished with success";
