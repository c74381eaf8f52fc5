//! A lab as a process of its own, so that its work is not counted as the checker's.

use super::program::Program;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// How slow the lab is, milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delays {
    /// What a packet takes to its peer and back.
    round_trip: u64,
}

/// A running lab; dropping it stops it.
pub(crate) struct Lab {
    process: Child,
    folder: PathBuf,
    count: usize,
}

impl Delays {
    /// A network that is this far away, of peers that answer at once.
    pub(crate) fn round_trip(round_trip: u64) -> Self {
        Self { round_trip }
    }
}

impl Lab {
    /// Starts a lab of `count` sound domains and waits until all of it listens.
    pub(crate) fn start(program: &Program, count: usize, delays: Delays) -> Result<Self> {
        let folder = program.folder.join("lab");
        let mut process = Command::new(&program.path)
            .args(["lab", "--sound", &count.to_string()])
            .args(["--round-trip", &delays.round_trip.to_string()])
            .arg("--dir")
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the lab")?;
        let stdout = process.stdout.take();
        let lab = Self { process, folder, count };
        // It speaks when everything listens. The rest is read so that it never waits for us.
        let mut stdout = BufReader::new(stdout.context("the lab has no output")?);
        let mut line = String::new();
        if stdout.read_line(&mut line)? == 0 {
            bail!("the lab stopped before it was up");
        }
        std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        Ok(lab)
    }

    /// The configuration that points a check at it.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("ironpost.toml")
    }

    /// The list of its sound domains.
    pub(crate) fn domains(&self) -> PathBuf {
        self.folder.join("sound.txt")
    }

    /// How many sound domains it has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
