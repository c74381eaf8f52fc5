//! `ironpost resolver`: policies for a sending MTA.

mod admin;
mod confinement;
mod explain;
mod import;
mod list;
mod one_domain;
mod self_test;
mod serve;
mod sockets;
mod status;

use crate::config::OutsideArgs;
use crate::config::resolver::StartArgs;
use crate::config::resolver::values::SocketPath;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::{Console, LogFormat};
use clap::{Args, Subcommand};

/// Tell a sending MTA what MTA-STS and DANE demand of the servers it writes to
///
/// Without a subcommand the resolver runs in the foreground and logs to standard error, for a
/// service manager. SIGHUP reads the configuration file again, SIGTERM ends it.
#[derive(Debug, Args)]
#[command(
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct ResolverArgs {
    #[command(subcommand)]
    command: Option<ResolverCommand>,

    #[command(flatten)]
    start: ResolverStart,
}

/// How the resolver is started.
#[derive(Debug, Args)]
pub(super) struct ResolverStart {
    #[command(flatten)]
    start: StartArgs,

    #[command(flatten)]
    socket: AdminSocketArgs,

    /// Try DNSSEC, trust roots and the clock, say what was found, and serve nothing
    #[arg(long)]
    self_test: bool,

    /// How a line of the log is written
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t = LogFormat::Text,
        env = "IRONPOST_LOG_FORMAT",
        hide_env_values = true
    )]
    log_format: LogFormat,

    #[command(flatten)]
    outside: OutsideArgs,
}

/// Where a running resolver is administered.
#[derive(Debug, Clone, Args)]
pub(super) struct AdminSocketArgs {
    /// The Unix socket of administration [default: resolver-admin.sock in /run/ironpost, or in
    /// $XDG_RUNTIME_DIR/ironpost]
    #[arg(
        long,
        value_name = "PATH",
        env = "IRONPOST_RESOLVER_ADMIN_SOCKET",
        hide_env_values = true
    )]
    admin_socket: Option<SocketPath>,
}

#[derive(Debug, Subcommand)]
enum ResolverCommand {
    Explain(Box<explain::ExplainArgs>),
    Status(status::StatusArgs),
    List(list::ListArgs),
    Refresh(one_domain::RefreshArgs),
    Purge(one_domain::PurgeArgs),
    Import(import::ImportArgs),
}

impl ResolverArgs {
    /// How the log of a daemon is written; `None` if this is a command that ends soon.
    pub(super) fn log_format(&self) -> Option<LogFormat> {
        let daemon = self.command.is_none() && !self.start.self_test;
        daemon.then_some(self.start.log_format)
    }
}

/// Runs the command.
pub(crate) fn run(args: ResolverArgs, console: &Console) -> Result<Exit, Failure> {
    match args.command {
        None if args.start.self_test => block_on_or_signal(self_test::run(args.start, console)),
        None => serve::run(args.start),
        Some(ResolverCommand::Explain(args)) => block_on_or_signal(explain::run(*args, console)),
        Some(ResolverCommand::Status(args)) => block_on_or_signal(status::run(args, console)),
        Some(ResolverCommand::List(args)) => block_on_or_signal(list::run(args, console)),
        Some(ResolverCommand::Refresh(args)) => {
            block_on_or_signal(one_domain::refresh(args, console))
        }
        Some(ResolverCommand::Purge(args)) => block_on_or_signal(one_domain::purge(args, console)),
        Some(ResolverCommand::Import(args)) => block_on_or_signal(import::run(args, console)),
    }
}

const EXAMPLES: &str = "\
Examples:
  ironpost resolver
  ironpost resolver --config /etc/ironpost/ironpost.toml --state /var/lib/ironpost
  ironpost resolver --listen unix:/run/ironpost/resolver.sock --http 127.0.0.1:8463
  ironpost resolver --self-test
  ironpost resolver explain example.com
  ironpost resolver status

In the main.cf of Postfix 3.4 or later (ironpost-3.10 and ironpost-3.0 are for newer and older):
  smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:ironpost

docs/setup/postfix.md has the whole of it, and the way back.";
