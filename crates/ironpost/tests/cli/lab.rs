//! A lab for a test, and the program pointed at it; `ironpost lab` itself.

use crate::program::{Run, command, finish};
use ironpost_lab::{Lab, LabOptions};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
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

/// Sends a signal to a process that a test has started.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").arg("-s").arg(name).arg(process.to_string()).status().unwrap();
    assert!(sent.success());
}
