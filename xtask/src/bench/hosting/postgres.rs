//! A PostgreSQL server: Debian's, as it comes, in a folder of its own on loopback.

use crate::bench::server::{Server, free_address, pause};
use crate::process;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running server with one empty database.
pub(crate) struct Postgres {
    server: Option<Server>,
    port: u16,
    folder: PathBuf,
}

/// Somebody who is connected.
pub(crate) struct Session {
    process: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Postgres {
    /// Makes a server and starts it.
    pub(crate) fn start() -> Result<Self> {
        // Where the user that may run it can go.
        let folder = std::env::temp_dir().join(format!("ironpost-bench-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let mut postgres = Self { server: None, port: free_address()?.port(), folder };
        let (folder, port) = (postgres.folder.display().to_string(), postgres.port.to_string());
        fs::set_permissions(&postgres.folder, fs::Permissions::from_mode(0o755))?;
        if is_root()? {
            process::output(Command::new("chown").args(["postgres:postgres", &folder]))?;
        }
        let data = format!("{folder}/data");
        let flags = ["--no-sync", "--username=ironpost", "--auth=trust", "--locale=C.UTF-8"];
        process::output(program("initdb")?.args(flags).args(["--pgdata", &data]))?;
        let mut command = program("postgres")?;
        command.args(["-D", &data, "-p", &port, "-c", "listen_addresses=127.0.0.1"]);
        command.args(["-c", &format!("unix_socket_directories={folder}")]);
        let address = ([127, 0, 0, 1], postgres.port).into();
        let log = postgres.folder.with_extension("log");
        postgres.server = Some(Server::start("postgres", command, address, &log)?);
        let client = ["-h", "127.0.0.1", "-U", "ironpost", "-p", &port];
        // It takes connections a moment before it lets anybody in.
        while process::output(program("pg_isready")?.args(client)).is_err() {
            pause();
        }
        process::output(program("createdb")?.args(client).arg("ironpost"))?;
        Ok(postgres)
    }

    /// Where its database is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://ironpost@127.0.0.1:{}/ironpost", self.port)
    }

    /// Connects to it.
    pub(crate) fn session(&self) -> Result<Session> {
        let mut command = program("psql")?;
        command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", &self.url()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start psql")?;
        let orders = process.stdin.take().context("psql has no input")?;
        let replies = BufReader::new(process.stdout.take().context("psql has no output")?);
        Ok(Session { process, orders, replies })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            // What is left of it lies in a folder that goes away too.
            let _ = server.stop();
        }
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(self.folder.with_extension("log"));
    }
}

impl Session {
    /// Has statements carried out, and returns when they are.
    pub(crate) fn run(&mut self, sql: &str) -> Result<()> {
        writeln!(self.orders, "{sql}\nSELECT 'done';").context("psql has ended")?;
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        ensure!(line == "done\n", "psql says {line:?}");
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of the server, as the user that may run it: it refuses root.
fn program(name: &str) -> Result<Command> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("there is no PostgreSQL")?;
    let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).max();
    let path = newest.context("there is no PostgreSQL")?.join("bin").join(name);
    if !is_root()? {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
    // Not ours, which that user may not enter.
    command.current_dir(Path::new("/"));
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}
