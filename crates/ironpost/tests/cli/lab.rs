//! A lab for a test, and the program pointed at it; `ironpost lab` itself.

use crate::program::{Run, command, finish};
use ironpost_lab::{Lab, LabOptions};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::runtime::Runtime;

/// A lab that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct RunningLab {
    lab: Lab,
    _runtime: Runtime,
}

impl RunningLab {
    /// The built-in scenarios and nothing else.
    pub(crate) fn start() -> Self {
        Self::with(LabOptions::default())
    }

    /// A lab of its own making.
    pub(crate) fn with(options: LabOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let lab = runtime.block_on(Lab::start(options)).unwrap();
        Self { lab, _runtime: runtime }
    }

    /// The lab itself.
    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// `ironpost check --config …` with `args`.
    pub(crate) fn check<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Run {
        finish(self.command("check").args(args))
    }

    /// A command that goes into the lab.
    pub(crate) fn command(&self, name: &str) -> assert_cmd::Command {
        let mut command = command();
        command.args(name.split(' ')).arg("--config").arg(self.lab.config_file());
        command
    }
}

#[test]
fn the_lab_tells_what_to_try_and_ends_with_ctrl_c() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ironpost"))
        .arg("lab")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The domains come last: from here on everything listens and the signal is caught.
    let config =
        lines.find_map(|line| Some(line.trim().strip_prefix("configuration")?.trim().to_owned()));
    assert!(lines.any(|line| line.contains("policy new --config")));
    let config = std::path::PathBuf::from(config.unwrap());
    assert!(config.is_file());

    signal("INT", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(!config.exists(), "the lab's files go with it");
}

#[test]
fn every_domain_of_the_lab_is_judged_as_its_scenario_expects() {
    let run = crate::program::ironpost(["lab", "check"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
}

#[test]
fn scenarios_can_be_chosen_by_name() {
    let run = crate::program::ironpost(["lab", "check", "sound-lf", "parked"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("sound-lf.example") && run.stdout.contains("parked.example"));
    assert!(!run.stdout.contains("sound-enforce.example"));
    let run = crate::program::ironpost(["lab", "check", "no-such-scenario"]);
    assert_eq!(run.code, 2);
}

/// A lab in `folder` that has told everything there is to try.
fn lab_in(folder: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ironpost"))
        .args(["lab", "--dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("An MX line in")), "the lab has ended");
    child
}

#[test]
fn a_folder_is_of_one_lab_at_a_time_and_the_next_begins_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut first = lab_in(folder.path());
    let written =
        || ["ironpost.toml", "hosting.toml", "ca.pem"].map(|name| fs::read(path(name)).unwrap());
    let before = written();
    let second = finish(command().args(["lab", "--dir"]).arg(folder.path()));
    assert_eq!((second.code, &*second.stdout), (2, ""), "{second:?}");
    let told = format!("error: another lab (process {}) runs in ", first.id());
    assert!(second.stderr.starts_with(&told), "{second:?}");
    assert!(written() == before, "nothing was touched");
    signal("INT", first.id());
    assert_eq!(first.wait().unwrap().code(), Some(0));
    fs::write(path("mine.txt"), "mine").unwrap();
    fs::write(path("hosting/mine.txt"), "mine").unwrap();

    let mut next = lab_in(folder.path());
    let mut talk = BufReader::new(next.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(talk.next().unwrap().contains("begins afresh"));
    assert!(talk.any(|line| line == "bakery.customers.example is enforce"));
    signal("INT", next.id());
    assert_eq!(next.wait().unwrap().code(), Some(0));
    assert!(path("mine.txt").exists() && path("hosting/mine.txt").exists());
}

#[test]
fn a_lab_writes_over_nobody_elses_files() {
    for name in ["ironpost.toml", "records.zone", "hosting"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), "# mine\n").unwrap();
        let run = finish(command().args(["lab", "--dir"]).arg(folder.path()));
        assert_eq!((run.code, &*run.stdout), (2, ""), "{name}: {run:?}");
        let told = format!("{name} is there already, and no lab has written it");
        assert!(run.stderr.contains(&told), "{run:?}");
        let there: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(there.len(), 1, "{there:?}");
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"# mine\n");
    }
}

/// Sends a signal to a process that a test has started.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").arg("-s").arg(name).arg(process.to_string()).status().unwrap();
    assert!(sent.success());
}
