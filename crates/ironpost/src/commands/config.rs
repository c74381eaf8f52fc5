//! `ironpost config`: the configuration file.

use super::installation;
use crate::config::file::ConfigFile;
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::inspection::{self, Fault};
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Subcommand;
use std::path::PathBuf;

/// Look at the configuration file
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read a configuration file and name its first fault
    #[command(after_help = EXAMPLES)]
    Check {
        /// The file
        #[arg(value_name = "FILE", env = "IRONPOST_CONFIG", hide_env_values = true)]
        file: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(command: ConfigCommand, console: &Console) -> Result<Exit, Failure> {
    let ConfigCommand::Check { file } = command;
    let hosts = ConfigFile::load(&file).map_err(Failure::usage)?.hosts();
    let settings = HostingArgs::from_file(file.clone()).settle()?;
    if hosts {
        inspect(&settings, console)?;
    }
    console.note(&format!("{}: no fault", file.display()));
    Ok(Exit::Clean)
}

/// Goes beyond what the file says by itself: is anything missing, and are the files that it names
/// what they should be?
fn inspect(settings: &HostingSettings, console: &Console) -> Result<(), Failure> {
    if let Some(missing) = settings.missing().into_iter().next() {
        return Err(Failure::usage(missing));
    }
    for fault in inspection::files(settings) {
        match fault {
            Fault::Broken { seen, way_out } => {
                return Err(Failure::message(format!("{seen}: {way_out}")));
            }
            Fault::Weak { seen, way_out } => console.warn(&format!("{seen}: {way_out}")),
        }
    }
    installation::updaters(settings)?;
    installation::acme(settings).map(drop)
}

const EXAMPLES: &str = "\
Examples:
  ironpost config check ironpost.toml

A file:
  [network]
  dns = [\"192.0.2.53\", \"[2001:db8::53]:5353\"]
  dnssec = \"auto\"                 # validate, trust-ad, off
  trust_anchor = \"root.key\"       # relative paths start at this file's folder
  roots = \"system\"                # bundled, or a PEM file
  allow_address = [\"10.0.0.0/8\"]
  ehlo_name = \"probe.example.com\"
  canary = [\"mx.example.net\"]
  [network.ports]                 # for labs
  https = 8443
  smtp = 2525
  dns = 5300
  [resolver]                      # docs/resolver.md has every key
  listen = [\"inet:127.0.0.1:8461\", \"unix:/run/ironpost/resolver.sock\"]
  socket_mode = \"0660\"
  socket_group = \"postfix\"
  http = \"inet:127.0.0.1:8463\"
  state = \"/var/lib/ironpost\"
  cache = \"redis://:password@192.0.2.1\"
  [resolver.domains.\"example.com\"]
  policy = \"enforce\"              # off, may, encrypt
  mx = [\"mx.example.com\"]";
