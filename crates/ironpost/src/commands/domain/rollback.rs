//! `ironpost domain rollback`.

use super::carrying_out::{ChangeArgs, carry_out};
use super::checking;
use super::desk::{DeskArgs, Opened, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_proto::domain::Domain;

/// Publish what an earlier version said, under a new id
///
/// Senders know nothing of versions: to them it is a new policy, announced like any other, and
/// checked before like any other. Nothing is taken out of the history.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RollbackArgs {
    /// The policy domain
    domain: Domain,

    /// The number of the version; `ironpost domain history` lists them
    version: u32,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: RollbackArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, settings } = args.desk.open().await?;
    let hosted = desk.hosted(&args.domain).await.map_err(failed)?;
    let policy = hosted.life.version(args.version).map(|version| &version.policy);
    let checks = checking::checks(&args.domain, policy, &settings, console).await?;
    let said = args.change.said()?;
    let prepared = desk.rollback(&args.domain, args.version, &said, &checks).await;
    carry_out(&desk, prepared, &args.change, console).await
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain history example.com
  ironpost domain rollback example.com 2 --dry-run
  ironpost domain rollback example.com 2 --reason 'the new MX is not ready'";
