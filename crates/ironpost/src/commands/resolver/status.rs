//! `ironpost resolver status`: how a running resolver stands.

use super::admin::{AdminArgs, unexpected};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style, wrapped};
use clap::{Args, ValueEnum};
use ironpost_proto::visible::Visible;
use ironpost_resolver::admin::{Reply, Request, StatusReport};
use jiff::Timestamp;
use std::fmt::Write;

/// Tell how a running resolver stands, and what is wrong now
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    admin: AdminArgs,
}

/// How a status is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object
    Json,
}

/// Runs the command.
pub(super) async fn run(args: StatusArgs, console: &Console) -> Result<Exit, Failure> {
    let mut resolver = args.admin.connect().await?;
    let Reply::Status(report) = resolver.ask(&Request::Status).await? else {
        return Err(unexpected());
    };
    let shown = match args.format {
        Format::Text => text(&report, Timestamp::now(), console.stdout_style(), console.width()),
        Format::Json => serde_json::to_string_pretty(&report).map_err(Failure::usage)? + "\n",
    };
    console.print(&shown)?;
    Ok(if report.alerts.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// First what is wrong, then the figures.
fn text(report: &StatusReport, now: Timestamp, style: Style, width: usize) -> String {
    let mut out = match report.alerts.len() {
        0 => format!("{}\n", style.good("Nothing is wrong.")),
        1 => format!("{}\n", style.error("One thing is wrong:")),
        more => format!("{}\n", style.error(&format!("{more} things are wrong:"))),
    };
    for alert in &report.alerts {
        out.push_str(&wrapped(&format!("- {}", Visible::from(&**alert)), 2, width));
    }
    out.push('\n');
    for (name, value) in figures(report, now) {
        // Writing to a `String` cannot fail.
        let _ =
            writeln!(out, "{}  {}", style.strong(&format!("{name:12}")), Visible::from(&*value));
    }
    out
}

fn figures(report: &StatusReport, now: Timestamp) -> Vec<(&'static str, String)> {
    let StatusReport { enforce, testing, none, without_policy, .. } = report;
    let loading = if report.loading { ", still reading the store" } else { "" };
    let unwritten = match report.unwritten {
        0 => String::new(),
        1 => ", 1 change not written yet".to_owned(),
        changes => format!(", {changes} changes not written yet"),
    };
    vec![
        ("running", format!("{}, version {}", age(&report.started, now), report.version)),
        ("policies", format!("{enforce} enforce, {testing} testing, {none} none{loading}")),
        ("no policy", format!("{without_policy} domains, for now")),
        ("DANE", format!("{} next-hops known; DNSSEC {}", report.routes, report.dnssec)),
        ("lookups", lookups(report)),
        ("fetches", format!("{}, {} failed", report.fetches, report.failed_fetches)),
        ("connections", format!("{} of mail servers", report.connections)),
        ("store", format!("{}{unwritten}", report.store)),
        ("shared cache", report.shared.clone()),
    ]
}

fn lookups(report: &StatusReport) -> String {
    let StatusReport { lookups, from_memory, .. } = *report;
    // Per mille, rounded down: 999 of 1000 must not read as all of them.
    match (u128::from(from_memory) * 1000).checked_div(u128::from(lookups)) {
        None => "none yet".to_owned(),
        Some(share) => format!("{lookups}, {}.{} % from memory", share / 10, share % 10),
    }
}

/// How long ago `started` was.
fn age(started: &str, now: Timestamp) -> String {
    let Ok(since) = started.parse::<Timestamp>() else {
        return format!("since {started}");
    };
    let minutes = now.duration_since(since).as_secs().max(0) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let long = match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    };
    format!("for {long}, since {started}")
}

const EXAMPLES: &str = "\
Examples:
  ironpost resolver status
  ironpost resolver status --format json | jq .alerts

Exit codes: 0 if nothing is wrong, 1 if something is, 3 if no resolver is running.";

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> StatusReport {
        StatusReport {
            version: "0.1.0".into(),
            started: "2026-01-01T00:00:00Z".into(),
            enforce: 12,
            testing: 3,
            none: 1,
            without_policy: 99,
            routes: 100,
            lookups: 1000,
            from_memory: 999,
            fetches: 16,
            failed_fetches: 2,
            connections: 8,
            loading: false,
            unwritten: 0,
            store: "sound".into(),
            shared: "none".into(),
            dnssec: "AD bit of 127.0.0.1".into(),
            alerts: Vec::new(),
        }
    }

    fn shown(report: &StatusReport) -> String {
        text(report, "2026-01-03T05:06:07Z".parse().unwrap(), Style::new(false), 80)
    }

    #[test]
    fn a_sound_resolver_says_so_first() {
        insta::assert_snapshot!(shown(&report()));
    }

    #[test]
    fn what_is_wrong_stands_first_and_cannot_act() {
        let wrong = StatusReport {
            alerts: vec!["example.com: cannot be renewed:\u{1b}[31m HTTP status 500".into()],
            loading: true,
            unwritten: 7,
            ..report()
        };
        insta::assert_snapshot!(shown(&wrong));
    }

    #[test]
    fn a_share_is_rounded_down() {
        let of = |lookups, from_memory| {
            super::lookups(&StatusReport { lookups, from_memory, ..report() })
        };
        assert_eq!(of(0, 0), "none yet");
        assert_eq!(of(2000, 1999), "2000, 99.9 % from memory");
        assert_eq!(of(u64::MAX, u64::MAX), format!("{}, 100.0 % from memory", u64::MAX));
    }
}
