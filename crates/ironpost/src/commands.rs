//! The commands, one file each.

mod config;
mod explain;
mod lab;

use crate::cli::ORIENTATION;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Explain(explain::ExplainArgs),
    Lab(lab::LabArgs),
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Does it.
pub(crate) fn run(command: Option<Command>, console: &Console) -> Result<Exit, Failure> {
    match command {
        None => console.print(ORIENTATION).map(|()| Exit::Clean),
        Some(Command::Explain(args)) => explain::run(&args, console),
        Some(Command::Lab(args)) => lab::run(args, console),
        Some(Command::Config(command)) => config::run(command, console),
    }
}
