//! NSD with the zones, and resolvers of three kinds.

use crate::NAME_SERVER;
use crate::name_service::{start_nsd, start_unbound, wait_for};
use crate::namespace::Namespace;
use crate::programs::program;
use crate::zone::{Zone, write_all};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

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
        let unbound = namespace.command(&program("unbound"));
        start_unbound(name, addresses, modules, root, unbound, folder);
    }
    for server in [VALIDATING, PLAIN, STRIPPING] {
        wait_for(server, ["reports.unsigned.example", "MX"], "sound", namespace);
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
