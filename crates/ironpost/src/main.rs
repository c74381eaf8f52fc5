//! Ironpost: MTA-STS, TLS-RPT and DANE of mail domains, from the command line.

mod cli;
mod commands;
mod config;
mod daemon;
mod descriptors;
mod exit;
mod failure;
mod interrupt;
mod output;
mod outside;
mod sole;

use clap::Parser;
use cli::Cli;
use output::Console;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return output::print_parser_answer(&answer).into(),
    };
    let console = Console::new(&cli.console);
    if let Some(log) = commands::log(cli.command.as_ref(), &cli.console) {
        output::start_log(log);
    }
    commands::run(cli.command, &console)
        .unwrap_or_else(|failure| {
            console.failure(&failure);
            failure.exit()
        })
        .into()
}
