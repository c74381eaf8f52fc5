//! The programs that the tests start, and the Debian packages that have them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Program, and the package it comes from.
const NEEDED: [(&str, &str); 11] = [
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("nsd", "nsd"),
    ("unbound", "unbound"),
    ("ldns-keygen", "ldnsutils"),
    ("ldns-signzone", "ldnsutils"),
    ("drill", "ldnsutils"),
    ("nginx", "nginx-light"),
    ("postfix", "postfix"),
    ("postmap", "postfix"),
    ("posttls-finger", "postfix"),
];

/// Fails unless everything is here that the tests need, `more` included, and names what is not.
pub(crate) fn assert_all_present(more: &[(&str, &str)]) {
    let mut missing: Vec<String> = NEEDED
        .iter()
        .chain(more)
        .filter(|(program, _)| find(program).is_none())
        .map(|(program, package)| format!("{program} (Debian package {package})"))
        .collect();
    let own = fs::metadata("/proc/self").unwrap();
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        missing.push("root, who alone may make network namespaces".to_owned());
    }
    assert!(
        missing.is_empty(),
        "the tests against real servers cannot run; what is missing: {}. \
         As root, `cargo xtask test` installs the packages and runs the tests",
        missing.join(", ")
    );
}

/// The path of a program.
pub(crate) fn program(name: &str) -> PathBuf {
    find(name).unwrap_or_else(|| panic!("{name} is missing"))
}

/// Servers live where only root's PATH looks.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

/// What a program that ended came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; -1 after a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Ended {
    // Into files: what a program leaves in the background would keep a pipe open.
    let folder = tempfile::tempdir().unwrap();
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    command.stdin(Stdio::null());
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] = [out, err].map(|path| fs::read_to_string(path).unwrap());
    Ended { code: status.code().unwrap_or(-1), stdout, stderr }
}

/// Runs a command that must succeed, and gives back what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let Ended { code, stdout, stderr } = finish(command);
    assert_eq!(code, 0, "{command:?}: {stdout}{stderr}");
    stdout
}
