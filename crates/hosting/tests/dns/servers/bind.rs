//! BIND, as primary.

use super::{
    FIRST, KEYS, NOBODY, Process, SECOND, SECRET, Second, WRITER, WRITER_512, Zone, program,
    write_zone,
};
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// With `policy` as the zones' `update-policy`.
pub(super) fn primary(
    address: SocketAddr,
    zones: &[Zone],
    policy: Option<&str>,
    directory: &Path,
) -> Process {
    let (home, port) = (directory.join("primary"), address.port());
    fs::create_dir(&home).unwrap();
    let mut config = format!(
        "options {{ directory \"{}\"; listen-on port {port} {{ {FIRST}; }};\n\
         listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; check-integrity no;\n\
         notify explicit; notify-delay 0; notify-source {FIRST};\n\
         allow-transfer {{ {SECOND}; }}; pid-file none; session-keyfile none; lock-file none; }};\n\
         controls {{ }};\n",
        home.display(),
    );
    for (name, algorithm) in KEYS {
        let key = format!("algorithm {algorithm}; secret \"{SECRET}\";");
        writeln!(config, "key {name} {{ {key} }};").unwrap();
    }
    writeln!(
        config,
        "zone broken.test {{ type secondary; primaries port 9 {{ {NOBODY}; }}; file \"broken\"; }};"
    )
    .unwrap();
    let may = match policy {
        Some(policy) => format!("update-policy {{ {policy} }};"),
        None => format!("allow-update {{ key {}; key {}; }};", WRITER.0, WRITER_512.0),
    };
    for zone in zones {
        let file = write_zone(zone.name, zone.records, "primary", directory);
        let notify = match zone.second {
            Second::Follows => format!("also-notify {{ {SECOND} port {port}; }};"),
            Second::Keeps(_) => String::new(),
        };
        let (name, file) = (zone.name, file.display());
        let zone = format!("type primary; file \"{file}\"; {may} {notify}");
        writeln!(config, "zone \"{name}.\" {{ {zone} }};").unwrap();
    }
    let file = directory.join("named.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(program("named"));
    Process::start("primary", command.args(["-g", "-n", "1", "-c"]).arg(file), directory)
}
