//! `ironpost explain`: findings at length.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style, wrapped};
use clap::Args;
use ironpost_checker::catalogue::{self, Entry, Section};
use ironpost_checker::finding::Severity;
use ironpost_proto::visible::Visible;
use std::fmt::Write;

/// Explain a finding: what is wrong, what senders do, how to mend it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Ids of findings, in upper or lower case
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
  ironpost explain --list";

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs, console: &Console) -> Result<Exit, Failure> {
    let style = console.stdout_style();
    let text = if args.list {
        list(catalogue::all(), style)
    } else if args.all {
        explain_each(catalogue::all(), style, console.width())
    } else {
        let found: Vec<_> = args.ids.iter().map(|id| look_up(id)).collect::<Result<_, _>>()?;
        explain_each(found.into_iter(), style, console.width())
    };
    console.print(&text).map(|()| Exit::Clean)
}

fn look_up(id: &str) -> Result<&'static Entry, Failure> {
    catalogue::find(id.trim()).ok_or_else(|| {
        let id = Visible::from(id);
        let hint = nearest(id.as_str())
            .map(|entry| format!("; did you mean {}?", entry.id))
            .unwrap_or_default();
        Failure::message(format!(
            "there is no finding {id}{hint} (`ironpost explain --list` names them all)"
        ))
    })
}

/// The id that was probably meant.
fn nearest(id: &str) -> Option<&'static Entry> {
    let id = id.to_ascii_uppercase();
    catalogue::all()
        .map(|entry| (strsim::damerau_levenshtein(entry.id, &id), entry))
        .filter(|(distance, entry)| *distance * 3 <= entry.id.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, entry)| entry)
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

fn explain_each(
    entries: impl Iterator<Item = &'static Entry>,
    style: Style,
    width: usize,
) -> String {
    let width = width.min(READABLE);
    entries.map(|entry| explain(entry, style, width)).collect::<Vec<_>>().join("\n\n")
}

fn explain(entry: &Entry, style: Style, width: usize) -> String {
    let mut out = format!("{}  {}\n", style.strong(entry.id), style.strong(entry.title));
    let facts = format!(
        "{} · {} · {}",
        severities(entry.enforce, entry.testing),
        section_name(entry.section),
        entry.rfc
    );
    out.push_str(&style.faint(facts.trim()));
    out.push_str("\n\n");
    out.push_str(&wrapped(entry.explanation, 0, width));
    if !entry.consequence.is_empty() {
        let _ = writeln!(out, "\n{}", style.strong("What senders do"));
        out.push_str(&wrapped(entry.consequence, 2, width));
    }
    if !entry.remedy.is_empty() {
        let _ = writeln!(out, "\n{}", style.strong("What to do"));
        for (number, step) in (1..).zip(entry.remedy) {
            let step = wrapped(step, 5, width);
            let _ = write!(out, "{number:3}. {}", step.trim_start());
        }
    }
    if !entry.example.is_empty() {
        let _ = writeln!(out, "\n{}", style.strong("Example"));
        for line in entry.example.lines() {
            let _ = writeln!(out, "{}", format!("  {line}").trim_end());
        }
    }
    out
}

fn severities(enforce: Option<Severity>, testing: Option<Severity>) -> String {
    match (enforce, testing) {
        (Some(enforce), Some(testing)) if enforce == testing => severity_word(enforce).to_owned(),
        (Some(enforce), Some(testing)) => format!(
            "{} in mode enforce, {} in mode testing",
            severity_word(enforce),
            severity_word(testing)
        ),
        (Some(enforce), None) => severity_word(enforce).to_owned(),
        (None, Some(testing)) => format!("{} in mode testing", severity_word(testing)),
        (None, None) => "no fault by itself".to_owned(),
    }
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

fn section_name(section: Section) -> &'static str {
    match section {
        Section::Txt => "the _mta-sts record",
        Section::PolicyHost => "the policy host",
        Section::Body => "the policy file",
        Section::MxMatch => "MX records and patterns",
        Section::MxTls => "TLS of the MX hosts",
        Section::TlsRpt => "TLS-RPT",
        Section::Operations => "operations",
        Section::Dane => "DNSSEC and DANE",
    }
}

/// Longer lines tire the eye.
const READABLE: usize = 88;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_id() {
        assert_eq!(nearest("m-unmatchd").map(|e| e.id), Some("M-UNMATCHED"));
        assert_eq!(nearest("D-MLUTI").map(|e| e.id), Some("D-MULTI"));
        assert_eq!(nearest("nonsense").map(|e| e.id), None);
    }
}
