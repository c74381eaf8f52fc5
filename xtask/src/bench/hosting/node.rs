//! A node: `ironpost serve` with a configuration of its own.

use super::installation::Installation;
use crate::bench::pinned;
use crate::bench::server::{Server, free_address};
use anyhow::{Context, Result};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

/// A node that can be started.
pub(crate) struct Node {
    pub(crate) config: PathBuf,
    pub(crate) https: SocketAddr,
    pub(crate) dns: SocketAddr,
    program: PathBuf,
    folder: PathBuf,
}

/// Which processors a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processors {
    First,
    All,
}

impl Node {
    /// One that keeps its state in `folder`, serves from `database`, and listens at `address`.
    pub(crate) fn new(
        installation: &Installation,
        folder: PathBuf,
        database: &str,
        address: Ipv4Addr,
    ) -> Result<Self> {
        let reached = if address.is_unspecified() { Ipv4Addr::LOCALHOST } else { address };
        let free = || Ok::<_, anyhow::Error>(SocketAddr::from((reached, free_address()?.port())));
        let (https, http, dns) = (free()?, free()?, free()?);
        let config = folder.join("ironpost.toml");
        let text = format!(
            "database = '{database}'\n[serve]\nzone = '{ZONE}'\naddresses = ['{ADDRESS}']\n\
             roles = ['policy', 'dns']\nnode = 'node-{address}'\nstate = '{}'\n\
             https = '{address}:{}'\nhttp = '{http}'\ndns = '{dns}'\nsealing_key = '{}'\n",
            folder.display(),
            https.port(),
            installation.folder.join("sealing.key").display(),
        );
        fs::create_dir_all(&folder)?;
        fs::write(&config, text).context("the configuration of a node")?;
        Ok(Self { config, https, dns, program: installation.program().to_owned(), folder })
    }

    /// Starts it, and waits until it takes connections.
    pub(crate) fn start(&self, processors: Processors) -> Result<Server> {
        let mut command = match processors {
            Processors::First => pinned::on_the_first(&self.program),
            Processors::All => Command::new(&self.program),
        };
        command.args(["serve", "--config"]).arg(&self.config);
        Server::start("ironpost", command, self.https, &self.folder.join("log"))
    }
}

/// The zone of the installation.
pub(crate) const ZONE: &str = "sts.example.net";
/// Where others would find the policy host.
pub(crate) const ADDRESS: &str = "192.0.2.1";
