//! NSD and Unbound.

use crate::namespace::Namespace;
use crate::programs::{finish, program, run};
use crate::zone::Zone;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Starts NSD with `zones`, each from the file that `file` tells.
pub(crate) fn start_nsd(
    zones: &[Zone],
    name: &str,
    address: Ipv4Addr,
    namespace: &Namespace,
    folder: &Path,
    file: impl Fn(&Zone) -> PathBuf,
) {
    let path = folder.display();
    let mut config = format!(
        "server:\n  ip-address: {address}\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  \
         logfile: \"{path}/nsd-{name}.log\"\n  pidfile: \"{path}/nsd-{name}.pid\"\n  \
         xfrdfile: \"{path}/nsd-{name}.xfrd\"\n  xfrdir: \"{path}\"\n  \
         zonelistfile: \"{path}/nsd-{name}.list\"\n  server-count: 1\n  \
         minimal-responses: yes\n\
         remote-control:\n  control-enable: no\n"
    );
    for zone in zones {
        let file = file(zone);
        let file = file.display();
        writeln!(config, "zone:\n  name: \"{}\"\n  zonefile: \"{file}\"", zone.name).unwrap();
    }
    let path = folder.join(format!("nsd-{name}.conf"));
    fs::write(&path, config).unwrap();
    namespace.run("nsd", &["-c", path.to_str().unwrap()]);
}

/// Starts Unbound with `modules` by a command for it where it is to run; the root zone is served
/// at `root`, its DS records are in `folder`.
pub(crate) fn start_unbound(
    name: &str,
    addresses: &[IpAddr],
    modules: &str,
    root: Ipv4Addr,
    mut unbound: Command,
    folder: &Path,
) {
    let path = folder.display();
    let hints = folder.join(format!("unbound-{name}.hints"));
    fs::write(&hints, format!(". NS ns.\nns. A {root}\n")).unwrap();
    let mut config = format!(
        "server:\n  username: \"\"\n  chroot: \"\"\n  directory: \"{path}\"\n  \
         pidfile: \"{path}/unbound-{name}.pid\"\n  logfile: \"{path}/unbound-{name}.log\"\n  \
         use-syslog: no\n  num-threads: 1\n  do-ip6: no\n  access-control: 0.0.0.0/0 allow\n  \
         root-hints: \"{}\"\n  trust-anchor-file: \"{path}/root.ds\"\n  \
         module-config: \"{modules}\"\n  ede: yes\n  trust-anchor-signaling: no\n",
        hints.display(),
    );
    for address in addresses {
        writeln!(config, "  interface: {address}").unwrap();
    }
    config.push_str("remote-control:\n  control-enable: no\n");
    let path = folder.join(format!("unbound-{name}.conf"));
    fs::write(&path, config).unwrap();
    run(unbound.arg("-c").arg(path));
}

/// Asks for a record until the answer has `sign` in it.
pub(crate) fn wait_for(server: IpAddr, question: [&str; 2], sign: &str, namespace: &Namespace) {
    let started = Instant::now();
    let server = format!("@{server}");
    loop {
        let mut drill = namespace.command(&program("drill"));
        let ended = finish(drill.args(["-Q", &server]).args(question));
        if ended.code == 0 && ended.stdout.contains(sign) {
            return;
        }
        assert!(started.elapsed() < READY, "{server} does not answer: {ended:?}");
    }
}

const READY: Duration = Duration::from_secs(30);
