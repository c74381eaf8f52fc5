//! A lab as a process of its own, so that its work is not counted as the checker's.

use super::program::Program;
use super::usage::Usage;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// How slow the lab is, milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delays {
    /// What a packet takes to its peer and back.
    pub(crate) round_trip: u64,
    /// What a policy host thinks before it answers a request.
    pub(crate) policy_after: u64,
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
        Self { round_trip, ..Self::default() }
    }
}

impl Lab {
    /// Starts a lab of `count` sound domains and waits until all of it listens.
    pub(crate) fn start(program: &Program, count: usize, delays: Delays) -> Result<Self> {
        let folder = program.folder.join("lab");
        let mut process = Command::new(&program.path)
            .args(["lab", "--sound", &count.to_string()])
            .args(["--round-trip", &delays.round_trip.to_string()])
            .args(["--policy-after", &delays.policy_after.to_string()])
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

    /// The port of its policy hosts.
    pub(crate) fn https_port(&self) -> Result<u16> {
        let text = fs::read_to_string(self.config()).context("the lab's configuration")?;
        let port = text.lines().find_map(|line| line.strip_prefix(HTTPS));
        port.and_then(|port| port.parse().ok()).context("the lab's configuration names no port")
    }

    /// Its configuration with another port in place of that of the policy hosts.
    pub(crate) fn config_with_https(&self, port: u16) -> Result<String> {
        let text = fs::read_to_string(self.config()).context("the lab's configuration")?;
        Ok(text.replace(&format!("{HTTPS}{}", self.https_port()?), &format!("{HTTPS}{port}")))
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.process.id()).context("the lab")
    }

    /// The list of its sound domains.
    pub(crate) fn domains(&self) -> PathBuf {
        self.folder.join("sound.txt")
    }

    /// Its sound domains.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(self.domains()).context("the lab's list of domains")?;
        Ok(text.lines().map(str::to_owned).collect())
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

/// Where the policy hosts of all sound domains are.
pub(crate) const POLICY_HOSTS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(127, 53, 250, 1),
    Ipv4Addr::new(127, 53, 250, 2),
    Ipv4Addr::new(127, 53, 250, 3),
    Ipv4Addr::new(127, 53, 250, 4),
];

/// What stands before the port in the lab's configuration.
const HTTPS: &str = "https = ";
