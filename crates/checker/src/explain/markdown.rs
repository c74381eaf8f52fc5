//! The reference of findings as Markdown.

use super::{about, severities, word};
use crate::catalogue::{self, Entry, Section};
use crate::finding::Severity;
use crate::grade::SECTIONS;
use std::fmt::Write;

/// The whole catalogue as one Markdown document: the points, an index, then a section for
/// each id under an anchor that is the id in lower case.
pub fn reference() -> String {
    let mut out = String::from(INTRODUCTION);
    push_points(&mut out);
    out.push_str(CAPS);
    for (section, _) in SECTIONS {
        push_index(&mut out, *section);
    }
    for entry in catalogue::all() {
        push_entry(&mut out, entry);
    }
    out
}

fn push_points(out: &mut String) {
    for (section, points) in SECTIONS {
        let mut letters: Vec<&str> = catalogue::all()
            .filter(|entry| entry.section == *section)
            .filter_map(|entry| entry.id.split('-').next())
            .collect();
        letters.dedup();
        let ids = letters.join("-, ");
        // Writing to a `String` cannot fail, here and below.
        let _ = writeln!(out, "| {} | {points} | {ids}- |", about(*section));
    }
}

fn push_index(out: &mut String, section: Section) {
    let _ = write!(out, "\n### {}\n\n", sentence_case(about(section)));
    out.push_str("| id | enforce | testing | what |\n| --- | --- | --- | --- |\n");
    for entry in catalogue::all().filter(|entry| entry.section == section) {
        let _ = writeln!(
            out,
            "| [{}](#{}) | {} | {} | {} |",
            entry.id,
            anchor(entry),
            cell(entry.enforce),
            cell(entry.testing),
            entry.title,
        );
    }
}

fn push_entry(out: &mut String, entry: &Entry) {
    let _ = write!(
        out,
        "\n<a id=\"{}\"></a>\n\n## {}: {}\n\n*{}; about {}. {}*\n\n{}\n\n**What senders do.** {}\n\n",
        anchor(entry),
        entry.id,
        entry.title,
        sentence_case(&severities(entry)),
        about(entry.section),
        entry.rfc,
        escaped(entry.explanation),
        escaped(entry.consequence),
    );
    out.push_str("**How to mend it**\n\n");
    for (number, step) in (1..).zip(entry.remedy) {
        let _ = writeln!(out, "{number}. {}", escaped(step));
    }
    if !entry.example.is_empty() {
        let _ = write!(out, "\n```text\n{}\n```\n", entry.example);
    }
}

fn anchor(entry: &Entry) -> String {
    entry.id.to_ascii_lowercase()
}

fn cell(severity: Option<Severity>) -> &'static str {
    severity.map_or("–", word)
}

fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// Outside of code, what Markdown would take for markup.
fn escaped(text: &str) -> String {
    let pieces = text.split('`').enumerate().map(|(n, piece)| {
        if n % 2 == 1 {
            return format!("`{piece}`");
        }
        let mut plain = String::with_capacity(piece.len());
        for c in piece.chars() {
            if matches!(c, '*' | '_' | '<' | '>' | '[' | ']' | '\\') {
                plain.push('\\');
            }
            plain.push(c);
        }
        plain
    });
    pieces.collect()
}

const INTRODUCTION: &str = "\
# Findings

<!-- Made by `cargo xtask generate` from crates/checker/src/catalogue: edit that. -->

Each fault that `ironpost check` and `ironpost lint` can find has an id. The id is part of the
contract: it stays the same in JSON output, in suppressions and here. `ironpost explain ID` shows
the same text in the terminal.

How much a finding matters depends on the mode of the policy that the domain publishes. The columns
`enforce` and `testing` give the severity in these modes; `–` means that it does not occur there
(D-NONE and D-ORPHAN are about a missing record, which leaves no mode to go by, and are always high).
P-NONE, the one finding about mode none, is medium; for the rest a domain in mode none is judged as
if it were testing. A domain without a readable policy is judged as if it enforced one, but its MX
hosts as if it were testing, as nobody refuses them.

## Points

Each finding costs points in the section it belongs to:

| section | points | ids |
| --- | --- | --- |
";

const CAPS: &str = "
Within its section a critical finding costs all points, a high one 60 %, a medium one 25 %, a low
one 10 %, an info nothing. What was not tested is left out of the sum, and the result says so.
`ironpost check --explain` shows each deduction, and what else holds a grade down.

## Index
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_of_the_index_leads_to_its_section() {
        let reference = reference();
        let links: Vec<_> = reference
            .match_indices("](#")
            .filter_map(|(at, mark)| reference.get(at + mark.len()..)?.split(')').next())
            .collect();
        assert_eq!(links.len(), catalogue::all().count());
        for link in links {
            assert_eq!(reference.matches(&format!("<a id=\"{link}\"></a>")).count(), 1, "{link}");
        }
    }

    #[test]
    fn markup_in_the_texts_stays_text() {
        assert_eq!(escaped("a *b* `*.c` <d>"), "a \\*b\\* `*.c` \\<d\\>");
    }
}
