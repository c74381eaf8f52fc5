//! The commands, one file each.

mod check;
mod config;
mod db;
mod doctor;
mod domain;
mod explain;
mod installation;
mod lab;
mod lint;
mod network;
mod policy;
mod reference;
mod resolver;
mod serve;

use crate::cli::{ConsoleArgs, ORIENTATION};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::{Console, Log, LogFormat};
use clap::Subcommand;
use tracing::Level;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<check::CheckArgs>),
    Explain(explain::ExplainArgs),
    #[command(subcommand)]
    Lint(lint::LintCommand),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    Resolver(Box<resolver::ResolverArgs>),
    Serve(Box<serve::ServeArgs>),
    Doctor(Box<doctor::DoctorArgs>),
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    #[command(subcommand)]
    Db(db::DbCommand),
    Lab(lab::LabArgs),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Reference(reference::ReferenceArgs),
}

/// Does it.
pub(crate) fn run(command: Option<Command>, console: &Console) -> Result<Exit, Failure> {
    match command {
        None => console.print(ORIENTATION).map(|()| Exit::Clean),
        Some(Command::Check(args)) => check::run(*args, console),
        Some(Command::Explain(args)) => explain::run(&args, console),
        Some(Command::Lint(command)) => lint::run(command, console),
        Some(Command::Policy(command)) => policy::run(command, console),
        Some(Command::Resolver(args)) => resolver::run(*args, console),
        Some(Command::Serve(args)) => serve::run(*args),
        Some(Command::Doctor(args)) => block_on_or_signal(doctor::run(*args, console)),
        Some(Command::Domain(command)) => domain::run(command, console),
        Some(Command::Db(command)) => db::run(command, console),
        Some(Command::Lab(args)) => lab::run(args, console),
        Some(Command::Config(command)) => config::run(command, console),
        Some(Command::Reference(args)) => reference::run(&args, console),
    }
}

/// What is logged: of a daemon what it does, of everything else nothing without `-v`.
pub(crate) fn log(command: Option<&Command>, console: &ConsoleArgs) -> Option<Log> {
    let daemon = match command {
        Some(Command::Resolver(args)) => args.log_format(),
        Some(Command::Serve(args)) => Some(args.log_format()),
        _ => None,
    };
    if let Some(format) = daemon {
        let level = match console.verbose {
            _ if console.quiet => Level::WARN,
            0 => Level::INFO,
            1 => Level::DEBUG,
            _ => Level::TRACE,
        };
        return Some(Log { level, format });
    }
    let level = match console.verbose {
        0 => return None,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    Some(Log { level, format: LogFormat::Text })
}
