//! `ironpost domain migrate`.

use super::carrying_out::{ChangeArgs, carry_out};
use super::checking;
use super::desk::{DeskArgs, Opened, failed};
use super::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_hosting::operations::Desk;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{Milestone, Stage};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::domains::Hosted;
use std::fmt::Write;

/// Change the MX hosts of a domain without losing mail
///
/// Five stages: a policy for old and new hosts is published; senders that hold an older one are
/// waited for; you switch the MX records; caches of the old records are waited for; the policy is
/// narrowed to the new hosts. Without an option this command tells how far it is, with dates, and
/// changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    /// The policy domain
    domain: Domain,

    /// Begin: these hosts are to be the MX hosts in the end; may be repeated
    #[arg(long, value_name = "HOST", value_delimiter = ',', conflicts_with = "narrow")]
    to: Vec<Domain>,

    /// End: publish a policy for the new hosts alone
    #[arg(long)]
    narrow: bool,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: MigrateArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, settings } = args.desk.open().await?;
    let said = args.change.said()?;
    let name = &args.domain;
    if args.narrow {
        let hosted = desk.hosted(name).await.map_err(failed)?;
        let latest = hosted.life.latest().map(|version| &version.policy);
        let checks = checking::checks(name, latest, &settings, console).await?;
        let prepared = desk.narrow(name, &said, &checks).await;
        return carry_out(&desk, prepared, &args.change, console).await;
    }
    if !args.to.is_empty() {
        // Whose it is not does not have us look anything up.
        desk.hosted(name).await.map_err(failed)?;
        let from = checking::mx(name, &settings).await?;
        let to = args.to.iter().map(DnsName::from).collect();
        let prepared = desk.migrate(name, to, from, &said).await;
        let exit = carry_out(&desk, prepared, &args.change, console).await?;
        if args.change.dry_run() {
            return Ok(exit);
        }
    }
    let hosted = desk.hosted(name).await.map_err(failed)?;
    console.print(&stages(&desk, &hosted))?;
    Ok(Exit::Clean)
}

/// The stages with their dates.
fn stages(desk: &Desk, hosted: &Hosted) -> String {
    let name = &hosted.name;
    let milestones = desk.milestones(hosted);
    if milestones.is_empty() {
        return format!("{name}: no change of MX hosts is under way; --to HOST begins one.\n");
    }
    let now = desk.clock.now();
    let mut out = format!("{name}: changing its MX hosts\n\n");
    for milestone in &milestones {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "  {}", stage(milestone, now));
    }
    if let Some(next) = milestones.iter().find(|milestone| !milestone.done) {
        let _ = writeln!(out, "\n{}", advice(next.what, name));
    } else {
        let _ = writeln!(out, "\nNext: ironpost domain migrate {name} --narrow");
    }
    out
}

/// One stage in a line.
pub(super) fn stage(milestone: &Milestone, now: Timestamp) -> String {
    let what = match milestone.what {
        Stage::Widened => "a policy for old and new hosts is announced",
        Stage::MaySwitch => "no sender can hold an older one: MX records may be switched",
        Stage::Switched => "the MX records name the new hosts alone",
        Stage::MayNarrow => "no cache has the old MX records: the policy may be narrowed",
    };
    let mark = if milestone.done { "done" } else { "    " };
    let date =
        milestone.date.map_or_else(|| "no date yet".to_owned(), |date| times::from_now(date, now));
    format!("{mark}  {what}: {date}")
}

fn advice(next: Stage, name: &Domain) -> String {
    match next {
        Stage::Widened => {
            format!("Next: nothing to do; `ironpost domain show {name}` tells what it waits for.")
        }
        Stage::MaySwitch => {
            "Next: wait. The old hosts have to take mail until then and beyond.".to_owned()
        }
        Stage::Switched => {
            "Next: put the new hosts into the MX records. The old ones go on taking mail."
                .to_owned()
        }
        Stage::MayNarrow => "Next: wait. The old hosts have to take mail until then.".to_owned(),
    }
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain migrate example.com --to mx1.new.example,mx2.new.example --dry-run
  ironpost domain migrate example.com --to mx1.new.example,mx2.new.example
  ironpost domain migrate example.com
  ironpost domain migrate example.com --narrow";
