//! Knot DNS from Debian with the same zone, and no limit on its answers.

use super::installation::Installation;
use super::node::{ADDRESS, ZONE};
use super::queries::POLICY_ID;
use crate::bench::pinned;
use crate::bench::server::{Server, free_address};
use crate::process;
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs;

/// Starts one on the first processor.
pub(crate) fn start(installation: &Installation) -> Result<Server> {
    let folder = installation.folder.join("knot");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("zone"), zone(installation))?;
    let address = free_address()?;
    let config = folder.join("knot.conf");
    let text = format!(
        "server:\n  rundir: {folder}\n  listen: {}@{}\n  udp-workers: 1\n  tcp-workers: 1\n  \
         background-workers: 1\nlog:\n  - target: stderr\n    any: warning\ndatabase:\n  \
         storage: {folder}\nzone:\n  - domain: {ZONE}\n    file: {folder}/zone\n    \
         zonefile-sync: -1\n    journal-content: none\n",
        address.ip(),
        address.port(),
        folder = folder.display(),
    );
    fs::write(&config, text)?;
    let program = process::find("knotd").context("there is no knotd")?;
    let mut command = pinned::on_the_first(program);
    command.arg("--config").arg(&config);
    Server::start("knot", command, address, &folder.join("log"))
}

fn zone(installation: &Installation) -> String {
    let mut zone = format!(
        "$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n\
         ns1 A {ADDRESS}\n"
    );
    for domain in &installation.domains {
        // A `String` takes whatever is written to it.
        let _ = writeln!(zone, "sts-{} TXT \"v=STSv1; id={POLICY_ID};\"", domain.token);
        let _ = writeln!(zone, "host-{} A {ADDRESS}", domain.token);
    }
    zone
}
