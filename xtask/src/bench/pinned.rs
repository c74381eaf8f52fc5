//! One processor for what is measured, and another for what measures it.

use anyhow::{Context, Result, bail};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::ffi::OsStr;
use std::process::Command;
use std::thread;

/// A command that runs `program` on the first processor alone, under its own process id.
pub(crate) fn on_the_first(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program);
    command
}

/// Works on the last processor alone: the second one, if there are two.
pub(crate) fn on_the_last<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let last = thread::available_parallelism()?.get().min(CpuSet::MAX_CPU) - 1;
    let mut processors = CpuSet::new();
    processors.set(last);
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            sched_setaffinity(None, &processors).context("a thread cannot be pinned")?;
            work()
        });
        worker.join().unwrap_or_else(|_| bail!("the load generator broke down"))
    })
}
