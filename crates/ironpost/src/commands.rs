//! The commands, one file each.

mod check;
mod config;
mod explain;
mod lab;
mod lint;
mod network;
mod policy;
mod reference;

use crate::cli::ORIENTATION;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<check::CheckArgs>),
    Explain(explain::ExplainArgs),
    #[command(subcommand)]
    Lint(lint::LintCommand),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
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
        Some(Command::Lab(args)) => lab::run(args, console),
        Some(Command::Config(command)) => config::run(command, console),
        Some(Command::Reference(args)) => reference::run(&args, console),
    }
}
