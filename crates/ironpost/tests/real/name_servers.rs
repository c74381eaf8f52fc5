//! NSD with the zones, and resolvers of three kinds.

use crate::NAME_SERVER;
use crate::namespace::Namespace;
use crate::programs::{finish, program};
use crate::zone::{Zone, write_all};
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Unbound that validates. /etc/resolv.conf names it.
pub(crate) const VALIDATING: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The same Unbound for those who come from elsewhere.
pub(crate) const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 54));
/// Unbound that does not validate, and hands on what is needed to do so.
pub(crate) const PLAIN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Unbound behind which there is no DNSSEC: its name server has the zones without signatures.
pub(crate) const STRIPPING: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

const UNSIGNED_NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 52);

/// Writes and signs `zones`, starts everything and waits until it answers. Gives back the path of
/// the root's DS records: the trust anchor.
pub(crate) fn start(zones: &[Zone], namespace: &Namespace, folder: &Path) -> PathBuf {
    let trust_anchor = write_all(zones, folder);
    namespace.set_resolv_conf(&format!("nameserver {VALIDATING}\n"));
    namespace.add_addresses([NAME_SERVER.into(), UNSIGNED_NAME_SERVER.into(), PUBLIC]);
    start_nsd(zones, "signed", NAME_SERVER, namespace, folder, |zone| zone.file(folder));
    start_nsd(zones, "bare", UNSIGNED_NAME_SERVER, namespace, folder, |zone| bare(zone, folder));
    let resolvers: [(&str, &[IpAddr], &str, Ipv4Addr); 3] = [
        ("validating", &[VALIDATING, PUBLIC], "validator iterator", NAME_SERVER),
        ("plain", &[PLAIN], "iterator", NAME_SERVER),
        ("stripping", &[STRIPPING], "iterator", UNSIGNED_NAME_SERVER),
    ];
    for (name, addresses, modules, root) in resolvers {
        start_unbound(name, addresses, modules, root, namespace, folder);
    }
    for server in [VALIDATING, PLAIN, STRIPPING] {
        wait_for(server, namespace);
    }
    trust_anchor
}

/// Writes a zone without anything that belongs to DNSSEC, its children at the same server.
fn bare(zone: &Zone, folder: &Path) -> PathBuf {
    let file = zone.file(folder);
    let text = fs::read_to_string(file.with_extension("unsigned")).unwrap();
    let text = text.replace(&NAME_SERVER.to_string(), &UNSIGNED_NAME_SERVER.to_string());
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\tDS\t")).collect();
    let bare = file.with_extension("bare");
    fs::write(&bare, lines.join("\n") + "\n").unwrap();
    bare
}

fn start_nsd(
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
         zonelistfile: \"{path}/nsd-{name}.list\"\n  server-count: 1\n\
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

fn start_unbound(
    name: &str,
    addresses: &[IpAddr],
    modules: &str,
    root: Ipv4Addr,
    namespace: &Namespace,
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
    namespace.run("unbound", &["-c", path.to_str().unwrap()]);
}

/// Asks for a record until it comes.
fn wait_for(server: IpAddr, namespace: &Namespace) {
    let started = Instant::now();
    let server = format!("@{server}");
    loop {
        let mut drill = namespace.command(&program("drill"));
        let ended = finish(drill.args(["-Q", &server, "reports.unsigned.example", "MX"]));
        if ended.code == 0 && ended.stdout.contains("sound") {
            return;
        }
        assert!(started.elapsed() < READY, "{server} does not answer: {ended:?}");
    }
}

const READY: Duration = Duration::from_secs(30);
