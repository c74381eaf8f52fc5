//! postfix-mta-sts-resolver from PyPI, with uvloop and its cache in memory, in the same lab.

use crate::bench::lab::Lab;
use crate::bench::program::Program;
use crate::bench::server::{Server, free_address};
use crate::bench::venv;
use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release that is measured.
const VERSION: &str = "1.5.1";

/// It, in a virtual environment of its own.
pub(crate) struct Peer {
    python: PathBuf,
    script: PathBuf,
    folder: PathBuf,
}

impl Peer {
    /// Installs it, unless it is there already.
    pub(crate) fn installed(root: &Path, program: &Program) -> Result<Self> {
        let folder = program.folder.join(format!("mta-sts-resolver-{VERSION}"));
        let package = format!("postfix-mta-sts-resolver[uvloop]=={VERSION}");
        let python = venv::installed(root, &folder, &[&package])?;
        Ok(Self { python, script: root.join("xtask/bench/resolver_peer.py"), folder })
    }

    /// Starts its daemon with room for `domains`; policy hosts are behind `https_port`.
    pub(crate) fn start(&self, lab: &Lab, https_port: u16, domains: usize) -> Result<Server> {
        let address = free_address()?;
        let network = self.folder.join("lab.toml");
        fs::write(&network, lab.config_with_https(https_port)?)?;
        let config = self.folder.join("mta-sts-daemon.yml");
        fs::write(&config, configuration(address, domains)).context("the peer's configuration")?;
        let mut command = self.command("serve");
        command.arg("--lab").arg(network).arg("--config").arg(config);
        Server::start(NAME, command, address, &self.folder.join("log"))
    }

    /// MiB that so many policies take in its memory, the empty program's included.
    pub(crate) fn memory(&self, policies: usize) -> Result<f64> {
        let text = process::output(self.command("fill").arg(policies.to_string()))?;
        let figure = text.split_whitespace().next().and_then(|figure| figure.parse().ok());
        figure.context("the peer's memory is no figure")
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg(what);
        command
    }
}

/// As it comes, but for a cache that holds all domains and does not look them up again after a
/// minute, so that what is measured is the cache.
fn configuration(address: SocketAddr, domains: usize) -> String {
    format!(
        "host: {}\nport: {}\ncache_grace: 86400\ncache:\n  type: internal\n  options:\n    \
         cache_size: {}\n",
        address.ip(),
        address.port(),
        domains + 1,
    )
}

/// What its rows are called.
const NAME: &str = "mta-sts-resolver";
