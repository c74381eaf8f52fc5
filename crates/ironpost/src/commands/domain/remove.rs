//! `ironpost domain remove`.

use super::carrying_out::{ChangeArgs, carry_out};
use super::desk::{DeskArgs, Opened};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_proto::domain::Domain;

/// Stop serving a domain at once, whatever senders hold
///
/// Senders that hold an enforce policy go on enforcing it for up to its max_age, and can learn of
/// nothing newer: mail is lost if MX hosts change meanwhile. `ironpost domain withdraw` is the
/// way without loss. Needs --override with a reason, unless nothing was ever published. What was
/// hosted stays in the history.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RemoveArgs {
    /// The policy domain
    domain: Domain,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: RemoveArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let said = args.change.said()?;
    let prepared = desk.remove(&args.domain, &said).await;
    carry_out(&desk, prepared, &args.change, console).await
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain remove example.com --dry-run
  ironpost domain remove example.com --override 'added by mistake'";
