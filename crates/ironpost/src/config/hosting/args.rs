//! The options of hosting, and what the system says where the file does not.

use super::settings::HostingSettings;
use super::values::{DatabaseValue, NodeName, Reachable, Role, ZoneName};
use crate::config::OutsideArgs;
use crate::config::file::ConfigFile;
use crate::failure::Failure;
use clap::Args;
use std::env;
use std::path::{Path, PathBuf};

/// The options of every command of hosting: `ironpost serve` and those that work beside it say the
/// same of where things are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct HostingArgs {
    /// Hosted domains are kept here: a path, or postgres://USER@HOST/NAME
    /// [default: ironpost.db in the state folder]
    #[arg(
        long,
        value_name = "PATH|URL",
        env = "IRONPOST_DATABASE",
        hide_env_values = true,
        help_heading = "Hosting"
    )]
    database: Option<DatabaseValue>,

    /// What has to outlive the process is kept in this folder [default: $STATE_DIRECTORY, else
    /// /var/lib/ironpost for root, else ironpost in $XDG_STATE_HOME or ~/.local/state]
    #[arg(
        long = "state-dir",
        value_name = "DIR",
        env = "IRONPOST_STATE",
        hide_env_values = true,
        help_heading = "Hosting"
    )]
    state_dir: Option<PathBuf>,

    /// The zone of the installation, to which the CNAMEs of hosted domains lead
    #[arg(
        long,
        value_name = "NAME",
        env = "IRONPOST_ZONE",
        hide_env_values = true,
        help_heading = "Hosting"
    )]
    zone: Option<ZoneName>,

    /// An address of the policy host, as others see it; may be repeated
    #[arg(
        long,
        value_name = "ADDR",
        env = "IRONPOST_ADDRESS",
        hide_env_values = true,
        value_delimiter = ',',
        help_heading = "Hosting"
    )]
    address: Vec<Reachable>,

    #[command(flatten)]
    outside: OutsideArgs,
}

/// What is said of a node alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Node")]
pub(crate) struct NodeArgs {
    /// What this node does [default: policy,dns,jobs]
    #[arg(
        long,
        value_enum,
        value_name = "ROLES",
        env = "IRONPOST_ROLES",
        hide_env_values = true,
        hide_possible_values = true,
        value_delimiter = ','
    )]
    roles: Vec<Role>,

    /// Its name among the nodes of one database [default: the name of this host]
    #[arg(long, value_name = "NAME", env = "IRONPOST_NODE", hide_env_values = true)]
    node: Option<NodeName>,

    /// The terms of service of the CA were read and are agreed to
    #[arg(long)]
    agree_to_terms: bool,
}

/// What a service manager and the system say of where things belong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The first of `STATE_DIRECTORY`, systemd.exec(5).
    pub(crate) state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, systemd.exec(5).
    pub(crate) credentials: Option<PathBuf>,
    /// `XDG_STATE_HOME`, or what stands for it.
    pub(crate) own_state: Option<PathBuf>,
    /// The process may write to `/var/lib`.
    pub(crate) is_root: bool,
    /// The name of this host.
    pub(crate) host: Option<NodeName>,
}

impl HostingArgs {
    /// Everything as the file at `path` says.
    pub(crate) fn from_file(path: PathBuf) -> Self {
        let outside = OutsideArgs { config: Some(path), ..OutsideArgs::default() };
        Self { outside, ..Self::default() }
    }

    /// Reads the configuration file, if there is one, and puts the options over it.
    pub(crate) fn settle(self) -> Result<HostingSettings, Failure> {
        self.settle_node(NodeArgs::default())
    }

    /// The same for a node.
    pub(crate) fn settle_node(mut self, node: NodeArgs) -> Result<HostingSettings, Failure> {
        self.outside.config = self.config();
        let file = self.outside.file()?;
        self.over(node, file, &Surroundings::of_this_process())
    }

    /// The configuration file: the one that is named, or the usual one if it is there.
    pub(crate) fn config(&self) -> Option<PathBuf> {
        let usual = || Some(PathBuf::from(USUAL_FILE)).filter(|path| path.is_file());
        self.outside.config.clone().or_else(usual)
    }

    /// Puts the options over a file.
    pub(super) fn over(
        self,
        node: NodeArgs,
        mut file: ConfigFile,
        surroundings: &Surroundings,
    ) -> Result<HostingSettings, Failure> {
        file.database = self.database.or(file.database);
        let serve = &mut file.serve;
        serve.state = self.state_dir.or(serve.state.take());
        serve.zone = self.zone.or(serve.zone.take());
        serve.node = node.node.or(serve.node.take());
        if !self.address.is_empty() {
            serve.addresses = Some(self.address);
        }
        if node.agree_to_terms {
            file.acme.agree_to_terms = Some(true);
        }
        if !node.roles.is_empty() {
            serve.roles = Some(node.roles);
        }
        let network = std::mem::take(&mut file.network);
        let network = self.outside.over(network)?;
        HostingSettings::new(file, network, surroundings).map_err(Failure::usage)
    }
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_this_process() -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        // systemd.exec(5): several directories are separated by colons.
        let first = |list| env::split_paths(&list).find(|path| !path.as_os_str().is_empty());
        let home = || set("HOME").map(|home| Path::new(&home).join(".local/state"));
        Self {
            state_directory: set("STATE_DIRECTORY").and_then(first),
            credentials: set("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            own_state: set("XDG_STATE_HOME").map(PathBuf::from).or_else(home),
            is_root: rustix::process::geteuid().is_root(),
            host: host(),
        }
    }

    /// Where state is kept unless somebody says otherwise.
    pub(super) fn state(&self) -> PathBuf {
        let own = || self.own_state.as_ref().map(|folder| folder.join("ironpost"));
        let own = || own().filter(|_| !self.is_root);
        self.state_directory.clone().or_else(own).unwrap_or_else(|| PathBuf::from(SYSTEM_STATE))
    }
}

fn host() -> Option<NodeName> {
    rustix::system::uname().nodename().to_str().ok()?.parse().ok()
}

/// Where the packages put it.
const USUAL_FILE: &str = "/etc/ironpost/ironpost.toml";
const SYSTEM_STATE: &str = "/var/lib/ironpost";
