//! `ironpost db`: the database of hosted domains.

mod nodes;
mod seal;
mod transfer;

use super::domain::desk;
use super::installation;
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::{Console, shell_word};
use clap::{Args, Subcommand};
use ironpost_store::OpenError;
use ironpost_store::database::{Database, Migration};

/// Look after the database of hosted domains: bring up to date, export, import, back up
///
/// The database is the one that `ironpost serve` of the same configuration uses, whether it runs or
/// not.
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
/// brought up to date by this command, when all of them run a version that understands it: make a
/// backup and stop older nodes first. There is no way back but the backup.
#[derive(Debug, Args)]
#[command(after_help = MIGRATE_EXAMPLES)]
pub(crate) struct MigrateArgs {
    /// Say whether there is anything to do, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Make an organisation: domains belong to one, and are seen by it alone
///
/// One named `default` is there from the start. Which one a command speaks for is said with its
/// --organisation.
#[derive(Debug, Args)]
#[command(after_help = ORGANISATION_EXAMPLES)]
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
    if args.dry_run {
        console.print(would_migrate(&settings).await?)?;
        return Ok(Exit::Clean);
    }
    installation::make_place(&settings)?;
    desk::open_as(&settings, Migration::Apply).await?.close().await;
    console.print("The database is in the form of this version.\n")?;
    Ok(Exit::Clean)
}

/// What a migration would come to.
async fn would_migrate(settings: &HostingSettings) -> Result<&'static str, Failure> {
    if desk::absent(settings).is_some() {
        return Ok("Nothing is changed. Without --dry-run an empty database would be made.\n");
    }
    match Database::open(settings.database.address(), Migration::Refuse).await {
        Ok(database) => {
            database.close().await;
            Ok("There is nothing to do: the database is in the form of this version.\n")
        }
        Err(OpenError::Older { .. }) => Ok("\
Nothing is changed. Without --dry-run the database would be brought into the form of this version:
make a backup and stop every `ironpost serve` that uses it first.
"),
        Err(error) => Err(installation::unopened(error)),
    }
}

async fn organisation(args: OrganisationArgs, console: &Console) -> Result<Exit, Failure> {
    let name = args.name.trim();
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::message("an organisation is named by 1 to 64 characters"));
    }
    let settings = args.hosting.settle()?;
    let database = desk::open_or_make(&settings).await?;
    let found = database.organisation(name, false).await.map_err(Failure::could_not_test)?;
    database.organisation(name, true).await.map_err(Failure::could_not_test)?;
    let what = if found.is_some() { "is there already" } else { "is made" };
    console.print(&format!(
        "The organisation {name} {what}: `ironpost domain add DOMAIN --organisation {word}` hosts a \
         domain of it.\n",
        word = shell_word(name)
    ))?;
    Ok(Exit::Clean)
}

const LONGEST_NAME: usize = 64;

const EXAMPLES: &str = "\
Examples:
  ironpost db migrate --database postgres://ironpost@db.example.net/ironpost
  ironpost db export > hosted.jsonl
  ironpost db import hosted.jsonl --database postgres://ironpost@db.example.net/ironpost
  ironpost db backup /var/backups/ironpost.db
  ironpost db nodes

Exit codes:
  0  done
  2  the command line, the configuration or a file is at fault, or the command is refused
  3  the database could not be reached, or failed";

const MIGRATE_EXAMPLES: &str = "\
Examples:
  ironpost db migrate --dry-run
  ironpost db migrate
  ironpost db migrate --database postgres://ironpost@db.example.net/ironpost";

const ORGANISATION_EXAMPLES: &str = "\
Examples:
  ironpost db organisation customer-a
  ironpost domain add example.com --organisation customer-a";
