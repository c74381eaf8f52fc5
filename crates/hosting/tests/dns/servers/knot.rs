//! Knot, as primary and as secondary.

use super::{FIRST, KEYS, NOBODY, Process, SECOND, SECRET, Second, Zone, program, write_zone};
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

pub(super) fn primary(address: SocketAddr, zones: &[Zone], directory: &Path) -> Process {
    let port = address.port();
    let mut config = format!(
        "remote:\n  - id: second\n    address: {SECOND}@{port}\n  - id: nobody\n    \
         address: {NOBODY}@9\nacl:\n  - id: writer\n    \
         key: [writer, writer512]\n    action: update\n  - id: transfer\n    \
         address: {SECOND}\n    action: transfer\nzone:\n  \
         - domain: broken.test.\n    master: nobody\n"
    );
    for zone in zones {
        let file = write_zone(zone.name, zone.records, "primary", directory);
        let notify = match zone.second {
            Second::Follows => "    notify: second\n",
            Second::Keeps(_) => "",
        };
        write!(
            config,
            "  - domain: {}.\n    file: \"{}\"\n    acl: [writer, transfer]\n{notify}",
            zone.name,
            file.display(),
        )
        .unwrap();
    }
    knot("primary", address, &config, directory)
}

pub(super) fn secondary(address: SocketAddr, zones: &[Zone], directory: &Path) -> Process {
    let port = address.port();
    let mut config = format!(
        "remote:\n  - id: first\n    address: {FIRST}@{port}\n    via: {SECOND}\nacl:\n  \
         - id: notify\n    address: {FIRST}\n    action: notify\nzone:\n"
    );
    for zone in zones {
        writeln!(config, "  - domain: {}.", zone.name).unwrap();
        match zone.second {
            Second::Follows => config.push_str("    master: first\n    acl: notify\n"),
            Second::Keeps(records) => {
                let file = write_zone(zone.name, records, "secondary", directory);
                writeln!(config, "    file: \"{}\"", file.display()).unwrap();
            }
        }
    }
    knot("secondary", address, &config, directory)
}

fn knot(name: &'static str, address: SocketAddr, zones: &str, directory: &Path) -> Process {
    let home = directory.join(name);
    fs::create_dir(&home).unwrap();
    let home = home.display();
    let keys = KEYS.map(|(name, algorithm)| {
        format!("  - id: {name}\n    algorithm: {algorithm}\n    secret: {SECRET}\n")
    });
    let keys = keys.concat();
    let config = format!(
        "server:\n  rundir: \"{home}\"\n  listen: {}@{}\n  udp-workers: 1\n  tcp-workers: 1\n  \
         background-workers: 1\ndatabase:\n  storage: \"{home}\"\n  journal-db-max-size: 64M\n  \
         kasp-db-max-size: 16M\n  timer-db-max-size: 16M\n  catalog-db-max-size: 16M\n\
         log:\n  - target: stderr\n    any: info\n\
         key:\n{keys}\
         template:\n  - id: default\n    storage: \"{home}\"\n    zonefile-sync: -1\n    \
         journal-max-usage: 8M\n{zones}",
        address.ip(),
        address.port(),
    );
    let file = directory.join(format!("{name}.conf"));
    fs::write(&file, config).unwrap();
    let mut command = Command::new(program("knotd"));
    Process::start(name, command.arg("--config").arg(file), directory)
}
