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
use ironpost_proto::lifecycle::{Checks, Milestone, Stage};
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

    /// Break it off: publish the policy for the old hosts again
    #[arg(long, conflicts_with_all = ["to", "narrow"])]
    cancel: bool,

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
    // Whose it is not does not have us look anything up.
    let hosted = desk.hosted(name).await.map_err(failed)?;
    let latest = hosted.life.latest().map(|version| &version.policy);
    if (args.narrow || args.cancel) && hosted.life.migration.is_some() {
        let checks = checking::checks(name, latest, &settings, console).await?;
        let prepared = if args.narrow {
            if let Some(early) = early(&desk.milestones(&hosted), desk.clock.now()) {
                console.note(&early);
            }
            desk.narrow(name, &said, &checks).await
        } else {
            desk.break_off(name, &said, &checks).await
        };
        return carry_out(&desk, prepared, &args.change, console).await;
    }
    if args.narrow || args.cancel {
        let prepared = desk.narrow(name, &said, &Checks::default()).await;
        return carry_out(&desk, prepared, &args.change, console).await;
    }
    if !args.to.is_empty() {
        let from = checking::mx(name, &settings).await?;
        let to: Vec<_> = args.to.iter().map(DnsName::from).collect();
        let checks = checking::hosts(name, &to, latest, &settings, console).await?;
        let prepared = desk.migrate(name, (from, to), &said, &checks).await;
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
    if let Some(early) = early(&milestones, now) {
        let _ = writeln!(out, "\nWarning: {early}.");
    } else if let Some(next) = milestones.iter().find(|milestone| !milestone.done) {
        let _ = writeln!(out, "\n{}", advice(next, name));
    } else {
        let _ = writeln!(out, "\nNext: ironpost domain migrate {name} --narrow");
    }
    let _ = writeln!(out, "To break it off: ironpost domain migrate {name} --cancel");
    out
}

/// What there is to say of MX records that were switched while senders may hold older policies.
fn early(milestones: &[Milestone], now: Timestamp) -> Option<String> {
    let stage = |wanted| milestones.iter().find(|milestone| milestone.what == wanted);
    let (switch, switched) = (stage(Stage::MaySwitch)?, stage(Stage::Switched)?);
    if switch.done || !switched.done {
        return None;
    }
    let until = switch.date.map_or_else(
        || "for how long is not known yet".to_owned(),
        |date| format!("until {}", times::from_now(date, now)),
    );
    Some(format!(
        "the MX records were switched too soon: senders may hold a policy from before that leaves the \
         new hosts out, and in mode enforce refuse to deliver there, {until}; with the old hosts in \
         the MX records too, mail goes to those"
    ))
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
    match (milestone.date, milestone.done) {
        (Some(date), _) => format!("{mark}  {what}: {}", times::from_now(date, now)),
        (None, true) => format!("{mark}  {what}"),
        (None, false) => format!("{mark}  {what}: no date yet"),
    }
}

fn advice(next: &Milestone, name: &Domain) -> String {
    let until = next.date.map_or_else(
        || "until there is a date, and it has come".to_owned(),
        |date| format!("until {}", times::stamp(date)),
    );
    match next.what {
        Stage::Widened => {
            format!("Next: nothing to do; `ironpost domain show {name}` tells what it waits for.")
        }
        Stage::MaySwitch => {
            format!("Next: wait {until}. The MX records stay as they are until then.")
        }
        Stage::Switched => {
            "Next: put the new hosts into the MX records. The old ones go on taking mail."
                .to_owned()
        }
        Stage::MayNarrow => {
            format!("Next: wait {until}. The old hosts have to take mail until then.")
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain migrate example.com --to mx1.new.example,mx2.new.example --dry-run
  ironpost domain migrate example.com --to mx1.new.example,mx2.new.example
  ironpost domain migrate example.com
  ironpost domain migrate example.com --narrow
  ironpost domain migrate example.com --cancel --reason 'the new provider is not ready'";

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(86_400_000);
    const TOMORROW: Timestamp = Timestamp::from_millis(2 * 86_400_000);

    fn milestone(what: Stage, date: Option<Timestamp>, done: bool) -> Milestone {
        Milestone { what, date, done }
    }

    #[test]
    fn what_holds_since_ever_is_given_no_date() {
        let what = "no sender can hold an older one: MX records may be switched";
        let table = [
            (None, true, format!("done  {what}")),
            (None, false, format!("      {what}: no date yet")),
            (Some(TOMORROW), false, format!("      {what}: 1970-01-03T00:00:00Z (in 1 day)")),
        ];
        for (date, done, expected) in table {
            assert_eq!(stage(&milestone(Stage::MaySwitch, date, done), NOW), expected);
        }
    }

    #[test]
    fn who_switches_too_soon_is_warned() {
        let warned = |date, may: bool, switched: bool| {
            let may = milestone(Stage::MaySwitch, date, may);
            early(&[may, milestone(Stage::Switched, Some(NOW), switched)], NOW)
        };
        let until = warned(Some(TOMORROW), false, true).unwrap();
        assert!(until.contains("refuse to deliver there, until 1970-01-03T00:00:00Z"), "{until}");
        let unknown = warned(None, false, true).unwrap();
        assert!(unknown.contains("there, for how long is not known yet; "), "{unknown}");
        assert_eq!(warned(Some(NOW), true, true), None, "in time");
        assert_eq!(warned(None, true, true), None, "nobody held an older one");
        assert_eq!(warned(Some(TOMORROW), false, false), None, "not switched");
    }
}
