//! Giving up rights: Landlock, landlock(7).
//!
//! A thread that restricts itself binds only those that it starts afterwards, so this happens
//! before there is any, and all that follows is opened under the rules.

use super::folder;
use crate::config::Settings;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::tls::roots::RootSource;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use std::path::{Path, PathBuf};

/// What the process still may, as far as the kernel can hold it to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Folders and files to read from.
    pub(crate) read: Vec<PathBuf>,
    /// Folders of programs to run.
    pub(crate) execute: Vec<PathBuf>,
    /// Folders to write to.
    pub(crate) write: Vec<PathBuf>,
    /// TCP ports to listen on; `None` for any.
    pub(crate) ports: Option<Vec<u16>>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Confinement(Result<RulesetStatus, RulesetError>);

impl Rules {
    /// What reaching the outside world takes; `config` is read again later.
    pub(crate) fn reading(network: &Settings, config: Option<&Path>) -> Self {
        let mut read: Vec<PathBuf> = READ.iter().map(PathBuf::from).collect();
        // A file that is replaced is another one: the folder is what stays.
        read.extend(config.map(folder));
        read.extend(roots(&network.roots));
        if let Dnssec::Validate { trust_anchor: Some(path) } = &network.dnssec {
            read.push(folder(path));
        }
        let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().filter_map(std::env::var_os);
        read.extend(named.map(PathBuf::from));
        Self { read, execute: Vec::new(), write: Vec::new(), ports: None }
    }

    /// Gives up every right beyond these.
    pub(crate) fn enforce(&self) -> Confinement {
        Confinement(enforce(self))
    }
}

impl Confinement {
    /// Says how far the kernel went along; `unit` is the service unit that does as much.
    pub(crate) fn log(&self, unit: &str) {
        match &self.0 {
            Ok(RulesetStatus::FullyEnforced) => {
                tracing::info!("confined by Landlock: writes only to its state and its sockets");
            }
            Ok(RulesetStatus::PartiallyEnforced) => {
                tracing::info!("confined by Landlock as far as this kernel knows it");
            }
            Ok(RulesetStatus::NotEnforced) => tracing::warn!(
                "not confined: this kernel has no Landlock; let the service manager restrict the \
                 process, as packaging/systemd/{unit} does"
            ),
            Err(error) => tracing::warn!("not confined: {error}"),
        }
    }
}

/// The folder of a file of roots.
pub(crate) fn roots(source: &RootSource) -> Option<PathBuf> {
    match source {
        RootSource::File(path) => Some(folder(path)),
        RootSource::Bundled | RootSource::System => None,
    }
}

fn enforce(rules: &Rules) -> Result<RulesetStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = read | AccessFs::Execute;
    let device: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::WriteFile;
    let own = (AccessFs::from_all(KNOWN) & !BitFlags::from(AccessFs::Execute))
        & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    let mut ruleset = Ruleset::default().handle_access(AccessFs::from_all(KNOWN))?;
    if rules.ports.is_some() {
        ruleset = ruleset.handle_access(AccessNet::BindTcp)?;
    }
    let ports = rules.ports.iter().flatten();
    let ports = ports.map(|port| Ok(NetPort::new(*port, AccessNet::BindTcp)));
    let status = ruleset
        .scope(Scope::Signal)?
        .create()?
        // Paths that are not there are passed over.
        .add_rules(path_beneath_rules(&rules.read, read))?
        .add_rules(path_beneath_rules(&rules.execute, run))?
        .add_rules(path_beneath_rules(&rules.write, own))?
        .add_rules(path_beneath_rules(DEVICES, device))?
        .add_rules(ports.collect::<Vec<Result<_, RulesetError>>>())?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// The newest rules that this was tried with (Linux 6.15). Older kernels hold what they know.
const KNOWN: ABI = ABI::V7;
/// Name servers, hosts, certificate authorities, time zones, libraries, and what the process
/// tells of itself.
const READ: [&str; 8] = [
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/proc/self",
    "/sys/fs/cgroup",
];
/// What a command is given as its output.
const DEVICES: [&str; 1] = ["/dev/null"];
