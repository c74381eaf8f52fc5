//! `ironpost serve`: hosts the policies of domains.

mod confinement;
mod database;
mod node;
mod reload;
mod run;
mod sealing_key;
mod sockets;

use crate::config::hosting::args::{HostingArgs, NodeArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::LogFormat;
use clap::Args;

/// Host policies: over HTTPS with certificates of its own, and the zone they are announced in
///
/// Runs in the foreground and logs to standard error, for a service manager. What is hosted is said
/// with `ironpost domain`, beside it. SIGHUP reads the configuration file again, SIGTERM ends it.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{LEAST}\n\n{MORE}"))]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    hosting: HostingArgs,

    #[command(flatten)]
    node: NodeArgs,

    /// How a line of the log is written
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t = LogFormat::Text,
        env = "IRONPOST_LOG_FORMAT",
        hide_env_values = true,
        help_heading = "Node"
    )]
    log_format: LogFormat,
}

impl ServeArgs {
    /// How the log is written.
    pub(super) fn log_format(&self) -> LogFormat {
        self.log_format
    }
}

/// Runs until a signal ends it.
pub(crate) fn run(args: ServeArgs) -> Result<Exit, Failure> {
    run::run(args)
}

const EXAMPLES: &str = "\
Examples:
  ironpost serve
  ironpost serve --config ironpost.toml --roles policy,dns
  ironpost serve --database postgres://ironpost@db.example.net/ironpost --node one
  ironpost serve --zone sts.example.net --address 192.0.2.1 --agree-to-terms

Without --config the file is /etc/ironpost/ironpost.toml, if it is there.";

/// What a file has to say before a node can be started.
const LEAST: &str = "\
The least that a file has to say:
  [serve]
  zone = \"sts.example.net\"        # delegated to this host in the DNS of example.net
  addresses = [\"192.0.2.1\"]       # where others find it
  [acme]
  agree_to_terms = true           # to those of the CA, https://letsencrypt.org/repository
  contact = \"hostmaster@example.net\"";

const MORE: &str = "\
docs/serve.md leads from there to the first domain; `ironpost doctor` tells what is in the way.

Exit codes:
  0  ended by a signal, in order
  2  the command line, the configuration, a port or a file is at fault: another start is no use
  3  the database is away and nothing is kept from before, or a server has ended: start it again";
