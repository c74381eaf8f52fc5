//! The program under test.

use crate::clock::Clock;
use crate::growing::Growing;
use crate::moved;
use crate::namespace::Namespace;
use crate::programs::{Ended, finish, program, run};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `ironpost resolver`.
#[derive(Debug)]
pub(crate) struct Resolver {
    folder: PathBuf,
    /// What it finds in its environment.
    variables: Vec<(&'static str, OsString)>,
    process: Child,
    log: Growing,
}

impl Resolver {
    /// Starts one at `address`, which is also where it asks for names; by the time of day unless
    /// there is a `clock`. Its policies are kept in `folder`.
    pub(crate) fn start(
        address: Ipv4Addr,
        clock: Option<&Clock>,
        roots: &Path,
        folder: &Path,
        namespace: &Namespace,
    ) -> Self {
        let (path, roots) = (folder.display(), roots.display());
        fs::create_dir_all(folder.join("state")).unwrap();
        let config = format!(
            "[network]\ndns = \"{address}\"\ndnssec = \"trust-ad\"\nroots = \"{roots}\"\n\
             allow_address = \"203.0.113.0/24\"\n\n\
             [resolver]\nlisten = \"inet:{address}:8461\"\nadmin = \"{path}/admin.sock\"\n\
             state = \"{path}/state\"\n\n\
             [resolver.self_test]\nsigned = \"signed.example\"\nbogus = \"bogus.example\"\n"
        );
        fs::write(folder.join(CONFIG), config).unwrap();
        let log = Growing::at(&folder.join(LOG));
        let variables: Vec<_> =
            clock.into_iter().flat_map(|clock| clock.variables(folder)).collect();
        let process = launch(folder, &variables, namespace);
        let resolver = Self { folder: folder.to_owned(), variables, process, log };
        resolver.wait_until_ready(1);
        resolver
    }

    /// Adds to its configuration, and has it read again.
    pub(crate) fn configure(&self, more: &str) {
        let mut config = File::options().append(true).open(self.folder.join(CONFIG)).unwrap();
        config.write_all(more.as_bytes()).unwrap();
        run(Command::new(program("kill")).args(["-HUP", &self.process.id().to_string()]));
        self.log.wait("a configuration read again", |lines| {
            lines.iter().any(|line| line.contains("was read again")).then_some(())
        });
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again, with all it has kept.
    pub(crate) fn restart(&mut self, namespace: &Namespace) {
        let starts = self.log.wait("a start", |lines| Some(starts(lines)));
        self.process = launch(&self.folder, &self.variables, namespace);
        self.wait_until_ready(starts + 1);
    }

    /// `ironpost resolver` with a subcommand for the running one.
    pub(crate) fn ask(&self, arguments: &[&str], namespace: &Namespace) -> Ended {
        let mut command = namespace.command(Path::new(PROGRAM));
        command.env("IRONPOST_RESOLVER_ADMIN_SOCKET", self.folder.join("admin.sock"));
        finish(command.arg("resolver").args(arguments))
    }

    /// `ironpost resolver` with a subcommand that goes out by itself.
    pub(crate) fn explain(&self, arguments: &[&str], namespace: &Namespace) -> Ended {
        let config = self.folder.join(CONFIG).display().to_string();
        let here = |word: &&str| word.replace("/etc/ironpost/ironpost.toml", &config);
        let mut command = namespace.command(Path::new(PROGRAM));
        finish(command.arg("resolver").args(arguments.iter().map(here)))
    }

    fn wait_until_ready(&self, start: usize) {
        self.log.wait("a resolver that listens", |lines| (starts(lines) >= start).then_some(()));
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(folder: &Path, variables: &[(&'static str, OsString)], namespace: &Namespace) -> Child {
    let mut command = moved::command(namespace, variables, Path::new(PROGRAM));
    command.args(["resolver", "--config"]).arg(folder.join(CONFIG));
    let log = File::options().append(true).open(folder.join(LOG)).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// How often it has begun to listen.
fn starts(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.contains("administration on")).count()
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ironpost");
const CONFIG: &str = "ironpost.toml";
const LOG: &str = "log";
