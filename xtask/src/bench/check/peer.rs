//! checkdmarc from PyPI on the same list, in the same lab, in the same run.

use super::figures::Figures;
use super::results::Scope;
use crate::bench::lab::Lab;
use crate::bench::timed::Timed;
use crate::bench::venv;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release that is measured.
const VERSION: &str = "6.0.4";

/// checkdmarc in a virtual environment of its own.
pub(crate) struct Peer {
    python: PathBuf,
    script: PathBuf,
    folder: PathBuf,
}

impl Peer {
    /// Installs it below `folder`, unless it is there already.
    pub(crate) fn installed(root: &Path, folder: &Path) -> Result<Self> {
        let venv = folder.join(format!("checkdmarc-{VERSION}"));
        let python = venv::installed(root, &venv, &[&format!("checkdmarc=={VERSION}")])?;
        let script = root.join("xtask/bench/check_peer.py");
        Ok(Self { python, script, folder: folder.to_owned() })
    }

    /// One run over the lab's sound domains, all of which it must find sound too.
    pub(crate) fn run(&self, lab: &Lab, in_flight: u16, scope: Scope) -> Result<Figures> {
        let output = self.folder.join("peer.jsonl");
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg("--config").arg(lab.config());
        command.arg("--input").arg(lab.domains()).arg("--output").arg(&output);
        command.args(["--in-flight", &in_flight.to_string()]);
        match scope {
            Scope::Policy => {}
            Scope::MxTls => {
                command.arg("--starttls");
            }
        }
        let timed = Timed::run(&command, &self.folder)?;
        let text = fs::read_to_string(&output).context("the peer wrote no results")?;
        let mut elapsed = Vec::with_capacity(lab.count());
        for line in text.lines() {
            let result: PeerResult = serde_json::from_str(line)?;
            if let Some(fault) = result.fault {
                bail!("{} is sound, but the peer says: {fault}", result.domain);
            }
            elapsed.push(result.elapsed_ms);
        }
        ensure!(elapsed.len() == lab.count(), "the peer has {} results", elapsed.len());
        Ok(Figures::new(&timed, elapsed))
    }
}

/// What the row of a scope is called.
pub(crate) fn label(scope: Scope) -> String {
    match scope {
        Scope::Policy => format!("checkdmarc {VERSION}, the same"),
        Scope::MxTls => format!("checkdmarc {VERSION}, with STARTTLS"),
    }
}

/// A line of the script's output.
#[derive(Deserialize)]
struct PeerResult {
    domain: String,
    elapsed_ms: f64,
    fault: Option<String>,
}
