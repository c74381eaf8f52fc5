//! `ironpost domain fetches`.

use super::desk::{DeskArgs, Opened, failed};
use super::format::LineFormat;
use super::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use clap::Args;
use ironpost_hosting::fetch_log::{Reach, Spread};
use ironpost_hosting::operations::fetches::Fetches;
use ironpost_hosting::operations::show::LATELY;
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::fetches::{DAYS_KEPT, Fetched};
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// Tell who fetched the policy of a domain: which version, from where, when
///
/// Senders are known by their user agent or network; [senders."NAME"] in the configuration makes
/// more of them known. Addresses are kept as networks: a /24 of IPv4, a /48 of IPv6.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FetchesArgs {
    /// The policy domain
    domain: Domain,

    /// How many days to look back
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = LATELY_DAYS,
        value_parser = clap::value_parser!(u64).range(1..=DAYS_KEPT)
    )]
    days: u64,

    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LineFormat::Text)]
    format: LineFormat,

    #[command(flatten)]
    desk: DeskArgs,
}

/// A line, as a program reads it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    version: u32,
    sender: &'a str,
    network: String,
    fetches: u64,
    /// The first moment of the hour, or of a day long ago.
    last: String,
}

/// Runs the command.
pub(super) async fn run(args: FetchesArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let span = Duration::from_hours(24 * args.days);
    let fetches = desk.fetches(&args.domain, span).await.map_err(failed)?;
    let out = match args.format {
        LineFormat::Text => text(&fetches, console.stdout_style()),
        LineFormat::Jsonl => lines(&fetches.rows)?,
    };
    console.print(&out)?;
    Ok(Exit::Clean)
}

fn lines(rows: &[Fetched]) -> Result<String, Failure> {
    let mut out = String::new();
    for row in rows {
        let line = Line {
            version: row.version,
            sender: &row.sender,
            network: row.network.to_string(),
            fetches: row.fetches,
            last: times::stamp(row.last),
        };
        out.push_str(&serde_json::to_string(&line).map_err(Failure::usage)?);
        out.push('\n');
    }
    Ok(out)
}

fn text(fetches: &Fetches, style: Style) -> String {
    let name = style.strong(fetches.hosted.name.as_str());
    let since = times::stamp(fetches.since);
    if fetches.rows.is_empty() {
        return format!("{name}  nobody has fetched its policy since {since}\n");
    }
    let mut out = format!("{name}  fetches since {since}\n");
    if let Some(spread) = &fetches.spread {
        out.push_str(&senders(spread));
    }
    out.push_str(&latest(&fetches.rows));
    out
}

/// How far each sender has come.
fn senders(spread: &Spread) -> String {
    let mut out = format!("\nWho has version {}\n\n", spread.version);
    let all = std::iter::once(("all", &spread.all));
    let each = spread.senders.iter().map(|(name, reach)| (name.as_str(), reach));
    let lines: Vec<(&str, &Reach)> = each.chain(all).collect();
    let widest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, Reach { networks, reached, fetches, .. }) in lines {
        // Writing to a `String` cannot fail, here and below.
        let _ = writeln!(
            out,
            "  {name:widest$}  {reached} of {networks} networks, {fetches} fetches of any version"
        );
    }
    if spread.untold > 0 {
        let _ = writeln!(out, "  and {} fetches of networks not told apart", spread.untold);
    }
    out
}

/// The latest fetches, a line for each version, sender and network.
fn latest(rows: &[Fetched]) -> String {
    let shown = rows.get(..MOST_LINES).unwrap_or(rows);
    let networks: Vec<String> = shown.iter().map(|row| row.network.to_string()).collect();
    let wide_network = networks.iter().map(String::len).max().unwrap_or_default();
    let wide_sender = shown.iter().map(|row| row.sender.chars().count()).max().unwrap_or_default();
    let mut out = "\nThe latest, by the hour\n\n".to_owned();
    for (row, network) in shown.iter().zip(networks) {
        let (last, version, sender) = (times::stamp(row.last), row.version, &row.sender);
        let times =
            if row.fetches == 1 { "once".to_owned() } else { format!("{} times", row.fetches) };
        let _ = writeln!(
            out,
            "  {last}  version {version:<4}  {sender:wide_sender$}  {network:wide_network$}  {times}"
        );
    }
    let more = rows.len() - shown.len();
    if more > 0 {
        let _ = writeln!(out, "  and {more} more: --format jsonl has them all");
    }
    out
}

/// Lines for people; the most that one looks through.
const MOST_LINES: usize = 40;
/// As far back as `ironpost domain show` counts senders.
const LATELY_DAYS: u64 = LATELY.as_secs() / 86_400;

const EXAMPLES: &str = "\
Examples:
  ironpost domain fetches example.com
  ironpost domain fetches example.com --days 2
  ironpost domain fetches example.com --format jsonl | jq -r .sender | sort | uniq -c";
