//! A running `ironpost resolver` for a test.

use crate::lab::{RunningLab, signal};
use crate::program::{Run, command, finish};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A resolver that runs until it is stopped or dropped. It says what it does to a service manager
/// that is the test.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    manager: UnixDatagram,
    folder: PathBuf,
}

/// A folder with the configuration of a resolver that goes into a lab.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    network: String,
}

impl Home {
    /// In the lab, with its sockets and its state in the folder.
    pub(crate) fn new(lab: &RunningLab) -> Self {
        // The lab's own file goes with the lab.
        let folder = tempfile::tempdir().unwrap();
        let roots = lab.lab().roots_file();
        fs::copy(roots, folder.path().join("ca.pem")).unwrap();
        let network = fs::read_to_string(lab.lab().config_file()).unwrap();
        let network = network.replace(roots.to_str().unwrap(), "ca.pem");
        let home = Self { folder, network };
        home.configure("");
        home
    }

    /// Writes the configuration: `more` belongs to `[resolver]`.
    pub(crate) fn configure(&self, more: &str) {
        let text = format!(
            "{}\n[resolver]\nlisten = \"unix:lookup.sock\"\nhttp = \"unix:http.sock\"\n\
             admin = \"admin.sock\"\nstate = \"state\"\n{more}",
            self.network
        );
        fs::write(self.path("ironpost.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ironpost resolver …` of this configuration.
    pub(crate) fn resolver<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Run {
        let mut command = command();
        command.env("IRONPOST_CONFIG", self.path("ironpost.toml"));
        finish(command.arg("resolver").args(args))
    }

    /// Starts the resolver, and waits until it is ready.
    pub(crate) fn start(&self) -> Daemon {
        let daemon = self.start_with(|_| {});
        daemon.wait_for("READY=1");
        daemon
    }

    /// Starts it, the command changed first.
    pub(crate) fn start_with(&self, change: impl FnOnce(&mut Command)) -> Daemon {
        Daemon::of(self.folder.path(), "resolver", change)
    }
}

impl Daemon {
    /// Starts `ironpost NAME` with the configuration in `folder`, the command changed first.
    pub(crate) fn of(folder: &Path, name: &str, change: impl FnOnce(&mut Command)) -> Self {
        let place = folder.join("notify.sock");
        let _ = fs::remove_file(&place);
        let manager = UnixDatagram::bind(&place).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ironpost"));
        let log = File::create(folder.join("log")).unwrap();
        command
            .args([name, "--config"])
            .arg(folder.join("ironpost.toml"))
            .env("NOTIFY_SOCKET", &place)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        change(&mut command);
        let child = command.spawn().unwrap();
        Self { child, manager, folder: folder.to_owned() }
    }

    /// Waits until the service manager hears `state`; all that it heard with it.
    pub(crate) fn wait_for(&self, state: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let octets = self.manager.recv(&mut buffer);
            assert!(octets.is_ok(), "no {state}: {octets:?}; the log:\n{}", self.log());
            let octets = octets.unwrap();
            let heard = String::from_utf8(buffer[..octets].to_vec()).unwrap();
            if heard.lines().any(|line| line == state) {
                return heard;
            }
        }
    }

    /// Has the configuration read again, and waits until that is done.
    pub(crate) fn reload(&self) {
        signal("HUP", self.child.id());
        self.wait_for("RELOADING=1");
        self.wait_for("READY=1");
    }

    /// A lookup over socketmap.
    pub(crate) fn lookup(&self, map: &str, key: &str) -> String {
        Client::connect(&self.folder.join("lookup.sock")).lookup(map, key)
    }

    /// A connection that stays.
    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.folder.join("lookup.sock"))
    }

    /// Ends it in order; its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        signal("TERM", self.child.id());
        self.wait_for("STOPPING=1");
        self.child.wait().unwrap().code()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for an end that nobody asked for; the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client of socketmap that speaks octets.
#[derive(Debug)]
pub(crate) struct Client(UnixStream);

impl Client {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn lookup(&mut self, map: &str, key: &str) -> String {
        let request = format!("{map} {key}");
        write!(self.0, "{}:{request},", request.len()).unwrap();
        let mut length = String::new();
        let mut octet = [0];
        loop {
            self.0.read_exact(&mut octet).unwrap();
            if octet == *b":" {
                break;
            }
            length.push(octet[0].into());
        }
        let mut reply = vec![0; length.parse::<usize>().unwrap() + 1];
        self.0.read_exact(&mut reply).unwrap();
        assert_eq!(reply.pop(), Some(b','));
        String::from_utf8(reply).unwrap()
    }
}

/// Longer than anything here takes; who waits this long waits for ever.
const PATIENCE: Duration = Duration::from_mins(1);
