//! `ironpost domain records`: what to put into DNS.

use super::desk::{DeskArgs, Opened, failed};
use super::writing;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use clap::Args;
use ironpost_hosting::delegation::{Expected, RecordToPublish, records};
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::domains::Hosted;
use std::fmt::Write;

/// Print the records that hand a domain over
///
/// As lines of a zone file, and nothing else: those of `domain add`, once more. They stay the same
/// for as long as the domain is hosted. Without --apply it changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecordsArgs {
    /// The policy domain
    domain: Domain,

    /// Write them into the domain's own DNS, by the dns_update section that is for its zone: first
    /// says what, and never touches a record that is not ours
    #[arg(long)]
    apply: bool,

    /// Say what would be written, and write nothing
    #[arg(long, requires = "apply")]
    dry_run: bool,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: RecordsArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, settings } = args.desk.open().await?;
    let hosted = desk.hosted(&args.domain).await.map_err(failed)?;
    if args.apply {
        return writing::run(&hosted, &settings, args.dry_run, console).await;
    }
    let mut out = String::new();
    for record in wanted(&hosted, &settings)? {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{record}");
    }
    console.print(&out)?;
    Ok(Exit::Clean)
}

/// The records that hand a domain over.
pub(crate) fn wanted(
    hosted: &Hosted,
    settings: &HostingSettings,
) -> Result<Vec<RecordToPublish>, Failure> {
    let zone = settings.zone().map_err(Failure::usage)?;
    let names = settings.targets(hosted.rua.is_some());
    let addresses: Vec<_> = installation::addresses(zone).collect();
    let expected = Expected {
        domain: &hosted.name,
        token: hosted.token,
        zone: &zone.apex,
        way: hosted.life.way,
        names: &names,
        addresses: &addresses,
    };
    let id = hosted.life.announced.and_then(|number| hosted.life.version(number));
    Ok(records(&expected, id.map(|version| &version.id)))
}

/// The records one below the other, each with its reason.
pub(super) fn table(records: &[RecordToPublish], style: Style) -> String {
    let mut out = String::new();
    for record in records {
        let _ = writeln!(out, "  {}", style.literal(&record.to_string()));
        let _ = writeln!(out, "    {}", style.faint(record.why));
    }
    out
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain records example.com
  ironpost domain records example.com >> example.com.zone
  ironpost domain records example.com --apply --dry-run";
