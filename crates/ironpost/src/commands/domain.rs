//! `ironpost domain`: the domains whose policies are hosted.

mod add;
mod carrying_out;
mod checking;
pub(super) mod desk;
mod diff;
mod fetches;
mod format;
mod history;
mod list;
mod migrate;
mod publish;
pub(super) mod records;
mod remove;
mod reports;
mod rollback;
mod show;
pub(super) mod times;
mod withdraw;
mod wording;
mod writing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::Console;
use clap::Subcommand;

/// Host policies of domains: add, publish, look, withdraw
///
/// These commands write into the database that `ironpost serve` follows, whether it runs or not;
/// what they decide takes effect on every node within a moment, or when it runs again. None of them
/// asks back: --dry-run shows what would change, and what may cost mail wants a reason by --override.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum DomainCommand {
    Add(Box<add::AddArgs>),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Records(records::RecordsArgs),
    Publish(Box<publish::PublishArgs>),
    Fetches(fetches::FetchesArgs),
    History(history::HistoryArgs),
    Diff(diff::DiffArgs),
    Rollback(rollback::RollbackArgs),
    Migrate(Box<migrate::MigrateArgs>),
    Withdraw(withdraw::WithdrawArgs),
    Remove(remove::RemoveArgs),
    Reports(reports::ReportsArgs),
}

/// Runs the command.
pub(crate) fn run(command: DomainCommand, console: &Console) -> Result<Exit, Failure> {
    block_on_or_signal(async {
        match command {
            DomainCommand::Add(args) => Box::pin(add::run(*args, console)).await,
            DomainCommand::List(args) => list::run(args, console).await,
            DomainCommand::Show(args) => show::run(args, console).await,
            DomainCommand::Records(args) => records::run(args, console).await,
            DomainCommand::Publish(args) => Box::pin(publish::run(*args, console)).await,
            DomainCommand::Fetches(args) => fetches::run(args, console).await,
            DomainCommand::History(args) => history::run(args, console).await,
            DomainCommand::Diff(args) => diff::run(args, console).await,
            DomainCommand::Rollback(args) => Box::pin(rollback::run(args, console)).await,
            DomainCommand::Migrate(args) => Box::pin(migrate::run(*args, console)).await,
            DomainCommand::Withdraw(args) => withdraw::run(args, console).await,
            DomainCommand::Remove(args) => remove::run(args, console).await,
            DomainCommand::Reports(args) => reports::run(args, console).await,
        }
    })
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain add example.com
  ironpost domain show example.com
  ironpost domain publish example.com --mode enforce --dry-run
  ironpost domain publish example.com --mode enforce
  ironpost domain migrate example.com --to mx.new.example
  ironpost domain withdraw example.com

A domain goes from pending to delegated (its records are seen in DNS), certified, testing and
enforce; and by `withdraw` to gone. docs/serve.md has the whole of it.

Exit codes:
  0  done; with the wait cut short, written
  2  the command line, the configuration or a file is at fault, or the command is refused
  3  the database, or what had to be looked up first, could not be reached";
