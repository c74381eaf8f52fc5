//! `ironpost db`: the database of hosted domains.

mod nodes;
mod seal;
mod transfer;

use super::domain::desk;
use crate::config::hosting::args::HostingArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::Console;
use clap::{Args, Subcommand};
use ironpost_store::database::{Database, Migration};

/// Look after the database of hosted domains: bring up to date, export, import, back up
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum DbCommand {
    Migrate(MigrateArgs),
    Export(transfer::ExportArgs),
    Import(transfer::ImportArgs),
    Backup(transfer::BackupArgs),
    Reseal(seal::ResealArgs),
    Nodes(nodes::NodesArgs),
    ForgetNode(nodes::ForgetNodeArgs),
    Organisation(OrganisationArgs),
}

/// Bring the database into the form of this version; make it if it is empty
///
/// `ironpost serve` does so by itself with a database of its own. One that several nodes share is
/// brought up to date by this command, when all of them run a version that understands it: stop
/// older nodes first.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    hosting: HostingArgs,
}

/// Make an organisation: domains belong to one, and are seen by it alone
#[derive(Debug, Args)]
pub(crate) struct OrganisationArgs {
    /// Its name
    name: String,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Runs the command.
pub(crate) fn run(command: DbCommand, console: &Console) -> Result<Exit, Failure> {
    block_on_or_signal(async {
        match command {
            DbCommand::Migrate(args) => migrate(args, console).await,
            DbCommand::Export(args) => transfer::export(args, console).await,
            DbCommand::Import(args) => transfer::import(args, console).await,
            DbCommand::Backup(args) => transfer::backup(args, console).await,
            DbCommand::Reseal(args) => seal::reseal(args, console).await,
            DbCommand::Nodes(args) => nodes::list(args, console).await,
            DbCommand::ForgetNode(args) => nodes::forget(args, console).await,
            DbCommand::Organisation(args) => organisation(args, console).await,
        }
    })
}

async fn migrate(args: MigrateArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let opened = Database::open(settings.database.address(), Migration::Apply).await;
    opened.map_err(Failure::usage)?.close().await;
    console.print("The database is in the form of this version.\n")?;
    Ok(Exit::Clean)
}

async fn organisation(args: OrganisationArgs, console: &Console) -> Result<Exit, Failure> {
    let name = args.name.trim();
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::message("an organisation is named by 1 to 64 characters"));
    }
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    database.organisation(name, true).await.map_err(Failure::could_not_test)?;
    console.print(&format!("{name}: `ironpost domain add --organisation` takes it.\n"))?;
    Ok(Exit::Clean)
}

const LONGEST_NAME: usize = 64;

const EXAMPLES: &str = "\
Examples:
  ironpost db migrate --database postgres://ironpost@db.example.net/ironpost
  ironpost db export > hosted.jsonl
  ironpost db import hosted.jsonl --database postgres://ironpost@db.example.net/ironpost
  ironpost db backup /var/backups/ironpost.db
  ironpost db nodes";
