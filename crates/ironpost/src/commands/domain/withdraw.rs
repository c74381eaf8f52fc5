//! `ironpost domain withdraw`.

use super::carrying_out::{ChangeArgs, carry_out};
use super::desk::{DeskArgs, Opened};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::State;

/// Take a policy back so that no sender is left enforcing it
///
/// Publishes mode none with a max_age of a day, and goes on serving it until no sender can hold
/// anything else: the latest moment at which any earlier version was served, plus its max_age.
/// After that nothing is served, and the records may be removed from DNS. `ironpost domain show`
/// tells the moment. Until then `ironpost domain publish` takes it back.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WithdrawArgs {
    /// The policy domain
    domain: Domain,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: WithdrawArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let said = args.change.said()?;
    let prepared = desk.withdraw(&args.domain, &said).await;
    let exit = carry_out(&desk, prepared, &args.change, console).await?;
    // What nobody ever saw is gone at once.
    let hosted = desk.hosted(&args.domain).await.ok();
    if hosted.is_some_and(|hosted| hosted.life.state == State::Withdrawing) {
        console.note(
            "Leave the records in DNS for now: `ironpost domain show` tells when they may go.",
        );
    }
    Ok(exit)
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain withdraw example.com --dry-run
  ironpost domain withdraw example.com --reason 'the domain is sold'";
