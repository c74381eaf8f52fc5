//! A program's time and memory as the kernel counted them: `time` of Debian asks it.

use crate::process;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a finished program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Timed {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of processor time, its own and the kernel's for it, children included.
    pub(crate) cpu: f64,
    /// The most memory that was resident at once, MiB; of several processes that of the largest.
    pub(crate) peak_mib: f64,
}

impl Timed {
    /// Runs a program to its end; an exit code other than 0 is an error.
    pub(crate) fn run(program: &Command, folder: &Path) -> Result<Self> {
        let note = folder.join("time.txt");
        let time = process::find("time").context("there is no `time` (Debian package time)")?;
        let mut command = Command::new(time);
        command.args(["--quiet", "--format", "%e %U %S %M", "--output"]).arg(&note).arg("--");
        command.arg(program.get_program()).args(program.get_args());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().context("cannot start `time`")?;
        if !status.success() {
            bail!("{} failed: {status}", program.get_program().to_string_lossy());
        }
        parse(&fs::read_to_string(&note)?).context("`time` wrote something else than figures")
    }
}

fn parse(text: &str) -> Option<Timed> {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, user, system, peak_kib] = numbers[..] else { return None };
    Some(Timed { wall, cpu: user + system, peak_mib: peak_kib / 1024.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_time_are_read() {
        let timed = Timed { wall: 3.21, cpu: 0.75, peak_mib: 20.0 };
        assert_eq!(parse("3.21 0.50 0.25 20480\n"), Some(timed));
        assert_eq!(parse("Command exited with non-zero status 1\n3.21 0.50"), None);
    }
}
