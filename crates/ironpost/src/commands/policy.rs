//! `ironpost policy`: what to publish, and how to serve it.

mod export;
mod folder;
pub(crate) mod max_age;
pub(crate) mod mode;
mod new;
mod wanted;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Subcommand;

/// Make a policy: file, records, and the configuration of a host that serves it
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    New(new::NewArgs),
    Export(export::ExportArgs),
}

/// Runs the command.
pub(crate) fn run(command: PolicyCommand, console: &Console) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::New(args) => new::run(args, console),
        PolicyCommand::Export(args) => export::run(args, console),
    }
}
