//! `ironpost domain reports`.

use super::desk::{DeskArgs, Opened, failed};
use super::records::{self, table};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_checker::publish;
use ironpost_hosting::delegation::RecordToPublish;
use ironpost_hosting::operations::Said;
use ironpost_proto::domain::Domain;
use ironpost_proto::tls_rpt::record::ReportUri;
use std::fmt::Write;

/// Say where reports on a domain go: the TLS-RPT record that is served for it
///
/// The CNAME of _smtp._tls is set once; where reports go may then change without an edit in the
/// domain's DNS. Senders that know the old record go on by it for its TTL.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportsArgs {
    /// The policy domain
    domain: Domain,

    /// Where reports go, like mailto:tls@example.com, or an address of https; may be repeated
    #[arg(long, value_name = "URI", required_unless_present = "none")]
    rua: Vec<ReportUri>,

    /// Serve no TLS-RPT record
    #[arg(long, conflicts_with = "rua")]
    none: bool,

    /// Why; kept in the history
    #[arg(long, value_name = "TEXT", help_heading = "Change")]
    reason: Option<String>,

    /// Say what would change, and change nothing
    #[arg(long, help_heading = "Change")]
    dry_run: bool,

    #[command(flatten)]
    desk: DeskArgs,
}

/// Runs the command.
pub(super) async fn run(args: ReportsArgs, console: &Console) -> Result<Exit, Failure> {
    publish::are_targets(&args.rua).map_err(Failure::usage)?;
    let rua = joined(&args.rua);
    let Opened { desk, settings } = args.desk.open().await?;
    let before = desk.hosted(&args.domain).await.map_err(failed)?;
    let mut after = before.clone();
    after.rua.clone_from(&rua);
    let old = records::wanted(&before, &settings)?;
    let new = records::wanted(&after, &settings)?;
    if !args.dry_run {
        let said = Said { why: args.reason, overriding: None };
        desk.report_to(&args.domain, rua, &said).await.map_err(failed)?;
    }
    let (name, style) = (&args.domain, console.stdout_style());
    let mut out = String::new();
    if args.dry_run {
        out.push_str("Nothing is changed. Without --dry-run:\n");
    }
    // Writing to a `String` cannot fail, here and below.
    let _ = match &after.rua {
        Some(rua) => writeln!(out, "{name} has the record v=TLSRPTv1; rua={rua};"),
        None => writeln!(out, "{name} has no TLS-RPT record."),
    };
    for (what, records) in [
        ("Put this into its DNS:", only(&new, &old)),
        ("This may go from its DNS:", only(&old, &new)),
    ] {
        if !records.is_empty() {
            let _ = write!(out, "\n{what}\n\n{}", table(&records, style));
        }
    }
    console.print(&out)?;
    Ok(Exit::Clean)
}

/// The records of one list that the other does not have.
fn only(list: &[RecordToPublish], other: &[RecordToPublish]) -> Vec<RecordToPublish> {
    list.iter().filter(|record| !other.contains(record)).cloned().collect()
}

/// As the record has them (RFC 8460 §3).
pub(super) fn joined(rua: &[ReportUri]) -> Option<String> {
    let texts: Vec<String> = rua.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain reports example.com --rua mailto:tls@example.com --dry-run
  ironpost domain reports example.com --rua mailto:tls@example.com
  ironpost domain reports example.com --none";
