//! What a running program has used so far, as the kernel counts it.

use anyhow::{Context, Result};
use std::fs;

/// Processor time and memory of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// Seconds of processor time of all its threads, its own and the kernel's for it.
    pub(crate) cpu: f64,
    /// What is resident, MiB.
    pub(crate) resident_mib: f64,
}

impl Usage {
    /// That of process `id`.
    pub(crate) fn of(id: u32) -> Result<Self> {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{id}/{file}")).context("the program has ended")
        };
        let cpu = cpu_seconds(&read("stat")?).context("/proc/PID/stat reads otherwise")?;
        let resident_mib =
            resident_mib(&read("status")?).context("/proc/PID/status reads otherwise")?;
        Ok(Self { cpu, resident_mib })
    }
}

/// The load average of the last minute: what else goes on here.
pub(crate) fn load_average() -> Result<String> {
    let text = fs::read_to_string("/proc/loadavg").context("there is no /proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}

/// proc_pid_stat(5): utime and stime are fields 14 and 15, in ticks; the second, the name, may
/// hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_whitespace().skip(11).map(|field| field.parse::<f64>().ok());
    Some((times.next()?? + times.next()??) / TICKS_PER_SECOND)
}

fn resident_mib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}

/// `USER_HZ`, the same on every architecture that Linux runs us on.
const TICKS_PER_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_are_read() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194304 9 0 0 0 150 50 7 7 20 0 4 0 99 0 0";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("42 (a) S 1"), None);
        assert_eq!(resident_mib("Name:\ta\nVmRSS:\t    2048 kB\nThreads:\t4\n"), Some(2.0));
        assert_eq!(resident_mib("Name:\ta\n"), None);
        assert!(Usage::of(std::process::id()).unwrap().resident_mib > 0.0);
    }
}
