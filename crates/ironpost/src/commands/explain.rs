//! `ironpost explain`: findings at length.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use clap::Args;
use ironpost_checker::catalogue::{self, Entry};
use ironpost_checker::explain;
use ironpost_checker::finding::Severity;
use ironpost_proto::visible::Visible;
use std::fmt::Write;

/// Explain a finding: what is wrong, what senders do, how to mend it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Ids of findings, in upper or lower case; a prefix like H-CERT stands for all that
    /// begin with it
    #[arg(value_name = "ID", required_unless_present_any = ["all", "list"])]
    ids: Vec<String>,

    /// Explain every finding
    #[arg(long, conflicts_with_all = ["ids", "list"])]
    all: bool,

    /// List every id with its severity and title
    #[arg(long, conflicts_with = "ids")]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  ironpost explain M-UNMATCHED
  ironpost explain D-MULTI H-CERT-NAME
  ironpost explain h-cert
  ironpost explain --list";

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs, console: &Console) -> Result<Exit, Failure> {
    let style = console.stdout_style();
    let text = if args.list {
        list(catalogue::all(), style)
    } else if args.all {
        explain_each(catalogue::all(), style)
    } else {
        let mut found = Vec::new();
        for id in &args.ids {
            found.extend(look_up(id)?);
        }
        explain_each(found.into_iter(), style)
    };
    console.print(&text).map(|()| Exit::Clean)
}

/// The entry of an id, or all that begin with a prefix (`H-CERT`).
fn look_up(id: &str) -> Result<Vec<&'static Entry>, Failure> {
    if let Some(entry) = catalogue::find(id.trim()) {
        return Ok(vec![entry]);
    }
    let family = explain::with_prefix(id);
    if !family.is_empty() {
        return Ok(family);
    }
    let hint = explain::nearest(id)
        .map(|entry| format!("; did you mean {}?", entry.id))
        .unwrap_or_default();
    Err(Failure::message(format!(
        "there is no finding {}{hint} (`ironpost explain --list` names them all)",
        Visible::excerpt(id.as_bytes(), MAX_SHOWN)
    )))
}

fn list(entries: impl Iterator<Item = &'static Entry>, style: Style) -> String {
    let mut out = String::new();
    for entry in entries {
        let severity = entry.enforce.or(entry.testing);
        let word = severity.map_or("-", severity_word);
        let padded = format!("{word:8}");
        let painted = severity.map_or(padded.clone(), |s| style.severity(s, &padded));
        let id = style.strong(&format!("{:16}", entry.id));
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{id}  {painted}  {}", entry.title);
    }
    out
}

fn explain_each(entries: impl Iterator<Item = &'static Entry>, style: Style) -> String {
    entries.map(|entry| explain(entry, style)).collect::<Vec<_>>().join("\n\n")
}

fn explain(entry: &Entry, style: Style) -> String {
    let text = explain::text(entry);
    let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{}\n{rest}", style.strong(title))
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Characters of a mistyped id that are repeated.
const MAX_SHOWN: usize = 60;
