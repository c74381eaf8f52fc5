//! A PostgreSQL server for tests: Debian's, in a directory of its own, on a Unix socket and on
//! loopback. It shares nothing with a server of the system.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tempfile::TempDir;

/// A server; stopped when it is dropped.
pub(crate) struct Cluster {
    directory: TempDir,
    port: u16,
    running: Mutex<Option<Running>>,
    databases: AtomicU32,
}

/// A process, and what it says. All its children hold the other end of that pipe.
struct Running {
    postmaster: Child,
    talk: BufReader<ChildStderr>,
}

impl Cluster {
    /// The server that the tests of this program share: started by the first that needs it,
    /// stopped by the last.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::start());
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// A server of one's own, to be stopped and killed.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        give_to_postgres(directory.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster =
            Self { directory, port, running: Mutex::default(), databases: AtomicU32::new(0) };
        let data = cluster.data();
        let flags = ["--no-sync", "--username=ironpost", "--auth=trust", "--locale=C.UTF-8"];
        run(program("initdb").args(flags).arg("--pgdata").arg(&data));
        fs::write(data.join("pg_hba.conf"), HBA).unwrap();
        cluster.resume();
        cluster
    }

    /// Starts it (again), and waits until it lets people in.
    pub(crate) fn resume(&self) {
        let mut running = self.running();
        assert!(running.is_none(), "the server runs already");
        let port = self.port.to_string();
        let socket = format!("unix_socket_directories={}", self.directory.path().display());
        let mut command = program("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &port, "-c", &socket]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut postmaster = command.spawn().unwrap();
        let mut talk = BufReader::new(postmaster.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("ready to accept connections") {
            let more = talk.read_line(&mut said).unwrap();
            assert!(more > 0, "the server does not start: {said}");
        }
        *running = Some(Running { postmaster, talk });
    }

    /// Ends it as an administrator does who is in a hurry: connections are cut.
    pub(crate) fn stop(&self) {
        self.end("INT");
    }

    /// Ends it as a loss of power does.
    pub(crate) fn kill(&self) {
        self.end("KILL");
    }

    /// Stops it without ending it: it takes connections and answers nothing. Or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let running = self.running();
        let id = running.as_ref().unwrap().postmaster.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let mut kill = Command::new("kill");
        run(kill.arg(signal).arg(id.to_string()).args(children.split_whitespace()));
    }

    fn end(&self, signal: &str) {
        if let Some(Running { mut postmaster, mut talk }) = self.running().take() {
            let id = postmaster.id().to_string();
            run(Command::new("kill").args(["-s", signal, &id]));
            // Its end comes when the last of its children is gone too: only then may it be started
            // again.
            talk.read_to_end(&mut Vec::new()).unwrap();
            postmaster.wait().unwrap();
        }
    }

    /// A new, empty database: its name.
    pub(crate) fn new_database(&self) -> String {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut create = program("createdb");
        create.args(["-U", "ironpost", "-p", &self.port.to_string(), "-h"]);
        run(create.arg(self.directory.path()).arg(&name));
        name
    }

    /// The URL of a database, by the Unix socket.
    pub(crate) fn url(&self, database: &str) -> String {
        let (directory, port) = (self.directory.path().display(), self.port);
        format!("postgres:///{database}?host={directory}&port={port}&user=ironpost")
    }

    /// The URL of a database on loopback, as a user with a password.
    pub(crate) fn url_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// SQL past the program, as the administrator of the server; what it says.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = program("psql");
        psql.args(["-U", "ironpost", "-p", &self.port.to_string(), "-d", database, "-h"]);
        let answer = psql.arg(self.directory.path()).args(["-XAtqc", sql]).output().unwrap();
        assert!(answer.status.success(), "{sql}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap().trim_end().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A program of the server, as the user that may run it: it refuses root.
fn program(name: &str) -> Command {
    let path = installed(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
    // Not ours, which that user may not enter.
    command.current_dir("/");
    command
}

/// Debian keeps each major version in a folder of its own: the newest one.
fn installed(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
    let mut versions: Vec<_> = versions.map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    versions.pop().unwrap().join("bin").join(name)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn give_to_postgres(path: &Path) {
    if is_root() {
        run(Command::new("chown").arg("postgres:postgres").arg(path));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const HBA: &str = "local all all trust\n\
                   host all locked 127.0.0.1/32 scram-sha-256\n\
                   host all all 127.0.0.1/32 trust\n";
/// Tests survive processes, not machines.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=200",
    "log_min_messages=log",
];
