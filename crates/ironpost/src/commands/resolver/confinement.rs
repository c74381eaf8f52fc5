//! What the resolver keeps of its rights.

use crate::config::Settings;
use crate::config::resolver::{AdminSocket, Plan};
use crate::daemon::confinement::{Confinement, Rules};
use crate::daemon::folder;
use ironpost_resolver::server::listen::Address;
use std::path::{Path, PathBuf};

/// Gives up every right that the plan has no use for. `config` is read again later.
pub(super) fn confine(plan: &Plan, network: &Settings, config: Option<&Path>) -> Confinement {
    rules(plan, network, config).enforce()
}

fn rules(plan: &Plan, network: &Settings, config: Option<&Path>) -> Rules {
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
    let program = plan.alert_command.as_ref().and_then(|command| command.first());
    let execute = program.map(|program| {
        let own = program.contains('/').then(|| folder(Path::new(program)));
        PROGRAMS.iter().map(PathBuf::from).chain(own).collect()
    });
    Rules {
        execute: execute.unwrap_or_default(),
        write: plan.state.iter().cloned().chain(unix.chain(admin).map(folder)).collect(),
        ports: Some(ports.collect()),
        ..Rules::reading(network, config)
    }
}

/// For the alert command alone.
const PROGRAMS: [&str; 6] = ["/bin", "/sbin", "/usr", "/lib", "/lib64", "/opt"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::ConfigFile;
    use crate::config::resolver::{StartArgs, Surroundings};
    use crate::config::{OutsideArgs, resolver::values::SocketPath};

    fn rules_of(text: &str) -> Rules {
        let file = ConfigFile::parsed(text).unwrap();
        let network = OutsideArgs::default().over(file.network).unwrap();
        let admin = Some(SocketPath::from("/run/a/admin.sock"));
        let plan = Plan::new(StartArgs::default(), admin, file.resolver, &Surroundings::default());
        super::rules(&plan, &network, Some(Path::new("/etc/ironpost/ironpost.toml")))
    }

    #[test]
    fn only_the_state_and_the_folders_of_sockets_are_written_to() {
        let rules = rules_of(
            "[network]\nroots = '/srv/pki/ca.pem'\n[resolver]\nstate = '/var/lib/ironpost'\n\
             listen = ['unix:/run/b/resolver.sock', 'inet:127.0.0.1:8461']\n",
        );
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(rules.write, paths(&["/var/lib/ironpost", "/run/b", "/run/a"]));
        assert_eq!(rules.ports, Some(vec![8461]));
        assert!(rules.read.contains(&PathBuf::from("/etc/ironpost")));
        assert!(rules.read.contains(&PathBuf::from("/srv/pki")));
        assert_eq!(rules.execute, paths(&[]), "nothing is run without an alert command");
    }

    #[test]
    fn an_alert_command_may_run_and_programs_stay_read_only() {
        let rules = rules_of("[resolver]\nalert_command = ['/srv/bin/page', '--now']\n");
        assert!(rules.execute.contains(&PathBuf::from("/srv/bin")));
        assert!(!rules.write.contains(&PathBuf::from("/srv/bin")));
    }
}
