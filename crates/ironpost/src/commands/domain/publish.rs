//! `ironpost domain publish`.

use super::carrying_out::{ChangeArgs, carry_out};
use super::checking;
use super::desk::{DeskArgs, Opened, failed};
use crate::commands::policy::max_age::MaxAgeArg;
use crate::commands::policy::mode::ModeArg;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_checker::publish;
use ironpost_hosting::operations::publish::Wanted;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;

/// Publish a new version of a domain's policy
///
/// What is not named stays as in the newest version. The body goes to every node first, and is
/// fetched from outside; only then do name servers give the new id. A switch to mode enforce checks
/// every MX host first, and wants mode testing to have been published for a day.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PublishArgs {
    /// The policy domain
    domain: Domain,

    /// What senders do with a host that fails [default: that of the newest version]
    #[arg(long, value_enum, value_name = "MODE", help_heading = "Policy")]
    mode: Option<ModeArg>,

    /// How long senders keep the policy: seconds, or like 14d or 2w [default: as before; if the
    /// mode changes, a day in testing and two weeks in enforce]
    #[arg(long, value_name = "TIME", help_heading = "Policy")]
    max_age: Option<MaxAgeArg>,

    /// A host that takes mail, or *.name for every host one label below; may be repeated
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        value_parser = publish::mx_pattern,
        help_heading = "Policy"
    )]
    mx: Vec<MxPattern>,

    /// Take the hosts from the domain's MX records
    #[arg(long, conflicts_with = "mx", help_heading = "Policy")]
    mx_from_dns: bool,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: PublishArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, settings } = args.desk.open().await?;
    let hosted = desk.hosted(&args.domain).await.map_err(failed)?;
    let mx = if args.mx_from_dns {
        checking::patterns(&args.domain, &settings, console).await?
    } else {
        args.mx
    };
    checking::fit(&mx)?;
    let wanted = Wanted {
        mode: args.mode.map(Into::into),
        max_age: args.max_age.map(|MaxAgeArg(age)| age),
        mx,
    };
    let policy = wanted.clone().policy(&hosted.life);
    let checks = checking::checks(&args.domain, Some(&policy), &settings, console).await?;
    let said = args.change.said()?;
    let prepared = desk.publish(&args.domain, wanted, &said, &checks).await;
    carry_out(&desk, prepared, &args.change, console).await
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain publish example.com --mode enforce --dry-run
  ironpost domain publish example.com --mode enforce
  ironpost domain publish example.com --mx mx1.example.com,mx2.example.com
  ironpost domain publish example.com --mode enforce --override 'tested for months elsewhere'";
