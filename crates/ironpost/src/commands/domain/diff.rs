//! `ironpost domain diff`.

use super::desk::{DeskArgs, Opened, failed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_hosting::operations::diff::{DiffError, Difference, Line};
use ironpost_proto::domain::Domain;
use ironpost_proto::visible::Visible;
use std::fmt::Write;

/// Compare two versions of a domain's policy
///
/// Line by line, as the files that senders fetch: - for what was, + for what is new. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// The policy domain
    domain: Domain,

    /// The older version [default: the one before the newer]
    old: Option<u32>,

    /// The newer version [default: the newest]
    new: Option<u32>,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: DiffArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let found = desk.diff(&args.domain, args.old, args.new).await.map_err(undecided)?;
    let style = console.stdout_style();
    let mut out = heading(&found);
    for line in &found.lines {
        let line = match line {
            Line::Gone(line) => style.error(&format!("-{}", Visible::from(&**line))),
            Line::New(line) => style.good(&format!("+{}", Visible::from(&**line))),
            Line::Same(line) => format!(" {}", Visible::from(&**line)),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{line}");
    }
    console.print(&out)?;
    Ok(Exit::Clean)
}

fn undecided(error: DiffError) -> Failure {
    match error {
        DiffError::Operation(error) => failed(error),
        DiffError::NoVersion { .. } | DiffError::None(_) => Failure::usage(error),
    }
}

fn heading(found: &Difference) -> String {
    let old = match &found.old {
        Some(old) => format!("version {} (id {})", old.number, old.id),
        None => "nothing".to_owned(),
    };
    format!("--- {old}\n+++ version {} (id {})\n", found.new.number, found.new.id)
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain diff example.com
  ironpost domain diff example.com 1 3";
