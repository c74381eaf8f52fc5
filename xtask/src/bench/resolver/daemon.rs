//! `ironpost resolver` in the lab.

use crate::bench::lab::Lab;
use crate::bench::program::Program;
use crate::bench::server::{Server, free_address};
use anyhow::{Context, Result};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

/// Where a daemon lives: its configuration, its state, its log. What was there before is removed.
pub(crate) struct Home {
    program: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
}

impl Home {
    /// A home for a daemon whose DNS and policy hosts are the lab's, the latter behind
    /// `https_port`.
    pub(crate) fn new(program: &Program, lab: &Lab, https_port: u16) -> Result<Self> {
        let folder = program.folder.join("resolver");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir_all(folder.join("state")).context("no room for the daemon's state")?;
        let config = lab.config_with_https(https_port)?;
        fs::write(folder.join("ironpost.toml"), config).context("the daemon's configuration")?;
        let address = free_address()?;
        Ok(Self { program: program.path.clone(), folder, address })
    }

    /// Starts the daemon; it keeps its policies in its state folder, as an installed one does.
    pub(crate) fn start(&self) -> Result<Server> {
        let mut command = self.command(&[]);
        command.args(["--listen", &self.address.to_string(), "--state"]);
        command.arg(self.folder.join("state"));
        command.arg("--config").arg(self.folder.join("ironpost.toml"));
        Server::start("ironpost", command, self.address, &self.folder.join("log"))
    }

    /// `ironpost resolver` with its administration here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("resolver").args(arguments);
        command.arg("--admin-socket").arg(self.folder.join("admin.sock"));
        command
    }

    /// A file beside the daemon's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
