//! Programs that start a resolver: they set something up and become it.

use crate::daemon::{Daemon, Home};
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts the resolver of `home` behind the words of `before`, and waits until it is ready.
pub(crate) fn start_behind<S: AsRef<OsStr>>(home: &Home, before: &[S]) -> Daemon {
    let log = home.path("log");
    let daemon = home.start_with(|command| put_behind(command, before, &log));
    daemon.wait_for("READY=1");
    daemon
}

/// Has the words of `before` come before a command.
pub(crate) fn put_behind<S: AsRef<OsStr>>(command: &mut Command, before: &[S], log: &Path) {
    let mut launcher = Command::new(&before[0]);
    launcher.args(&before[1..]).arg(command.get_program()).args(command.get_args());
    launcher.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    launcher.stdin(Stdio::null()).stdout(Stdio::null());
    launcher.stderr(File::create(log).unwrap());
    *command = launcher;
}
