//! Giving up rights: Landlock, landlock(7).
//!
//! A thread that restricts itself binds only those that it starts afterwards, so this happens
//! before there is any, and all that follows is opened under the rules.

use super::sockets;
use crate::config::Settings;
use crate::config::resolver::{AdminSocket, Plan};
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::tls::roots::RootSource;
use ironpost_resolver::server::listen::Address;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use std::path::{Path, PathBuf};

/// What the process still may, as far as the kernel can hold it to that.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules {
    /// Folders and files to read from.
    read: Vec<PathBuf>,
    /// Folders of programs to run.
    execute: Vec<PathBuf>,
    /// Folders to write to.
    write: Vec<PathBuf>,
    /// TCP ports to listen on.
    ports: Vec<u16>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Confinement(Result<RulesetStatus, RulesetError>);

/// Gives up every right that the plan has no use for. `config` is read again later.
pub(super) fn confine(plan: &Plan, network: &Settings, config: Option<&Path>) -> Confinement {
    Confinement(enforce(&Rules::new(plan, network, config)))
}

impl Confinement {
    /// Says how far the kernel went along.
    pub(super) fn log(&self) {
        match &self.0 {
            Ok(RulesetStatus::FullyEnforced) => {
                tracing::info!("confined by Landlock: writes only to its state and its sockets");
            }
            Ok(RulesetStatus::PartiallyEnforced) => {
                tracing::info!("confined by Landlock as far as this kernel knows it");
            }
            Ok(RulesetStatus::NotEnforced) => tracing::warn!(
                "not confined: this kernel has no Landlock; let the service manager restrict the \
                 process, as packaging/systemd/ironpost-resolver.service does"
            ),
            Err(error) => tracing::warn!("not confined: {error}"),
        }
    }
}

impl Rules {
    fn new(plan: &Plan, network: &Settings, config: Option<&Path>) -> Self {
        let addresses = || plan.listen.iter().chain(&plan.tcp_table).chain(&plan.http);
        let admin = match &plan.admin {
            AdminSocket::Named(path) | AdminSocket::Usual(path) => Some(path.as_path()),
            AdminSocket::Nowhere => None,
        };
        let unix = addresses().filter_map(|address| match address {
            Address::Unix(path) => Some(path.as_path()),
            Address::Inet(_) => None,
        });
        let ports = addresses().filter_map(|address| match address {
            Address::Inet(address) => Some(address.port()),
            Address::Unix(_) => None,
        });
        let mut read: Vec<PathBuf> = READ.iter().map(PathBuf::from).collect();
        // A file that is replaced is another one: the folder is what stays.
        read.extend(config.map(sockets::folder));
        if let RootSource::File(path) = &network.roots {
            read.push(sockets::folder(path));
        }
        if let Dnssec::Validate { trust_anchor: Some(path) } = &network.dnssec {
            read.push(sockets::folder(path));
        }
        let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().filter_map(std::env::var_os);
        read.extend(named.map(PathBuf::from));
        let program = plan.alert_command.as_ref().and_then(|command| command.first());
        let execute = program.map(|program| {
            let own = program.contains('/').then(|| sockets::folder(Path::new(program)));
            PROGRAMS.iter().map(PathBuf::from).chain(own).collect()
        });
        Self {
            read,
            execute: execute.unwrap_or_default(),
            write: plan
                .state
                .iter()
                .cloned()
                .chain(unix.chain(admin).map(sockets::folder))
                .collect(),
            ports: ports.collect(),
        }
    }
}

fn enforce(rules: &Rules) -> Result<RulesetStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = read | AccessFs::Execute;
    let device: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::WriteFile;
    let own = (AccessFs::from_all(KNOWN) & !BitFlags::from(AccessFs::Execute))
        & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    let ports = rules.ports.iter().map(|port| Ok(NetPort::new(*port, AccessNet::BindTcp)));
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::BindTcp)?
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
/// For the alert command alone.
const PROGRAMS: [&str; 6] = ["/bin", "/sbin", "/usr", "/lib", "/lib64", "/opt"];
/// What a command is given as its output.
const DEVICES: [&str; 1] = ["/dev/null"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::ConfigFile;
    use crate::config::resolver::{StartArgs, Surroundings};
    use crate::config::{OutsideArgs, resolver::values::SocketPath};

    fn rules(text: &str) -> Rules {
        let file = ConfigFile::parsed(text).unwrap();
        let network = OutsideArgs::default().over(file.network).unwrap();
        let admin = Some(SocketPath::from("/run/a/admin.sock"));
        let plan = Plan::new(StartArgs::default(), admin, file.resolver, &Surroundings::default());
        Rules::new(&plan, &network, Some(Path::new("/etc/ironpost/ironpost.toml")))
    }

    #[test]
    fn only_the_state_and_the_folders_of_sockets_are_written_to() {
        let rules = rules(
            "[network]\nroots = '/srv/pki/ca.pem'\n[resolver]\nstate = '/var/lib/ironpost'\n\
             listen = ['unix:/run/b/resolver.sock', 'inet:127.0.0.1:8461']\n",
        );
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(rules.write, paths(&["/var/lib/ironpost", "/run/b", "/run/a"]));
        assert_eq!(rules.ports, [8461]);
        assert!(rules.read.contains(&PathBuf::from("/etc/ironpost")));
        assert!(rules.read.contains(&PathBuf::from("/srv/pki")));
        assert_eq!(rules.execute, paths(&[]), "nothing is run without an alert command");
    }

    #[test]
    fn an_alert_command_may_run_and_programs_stay_read_only() {
        let rules = rules("[resolver]\nalert_command = ['/srv/bin/page', '--now']\n");
        assert!(rules.execute.contains(&PathBuf::from("/srv/bin")));
        assert!(!rules.write.contains(&PathBuf::from("/srv/bin")));
    }
}
