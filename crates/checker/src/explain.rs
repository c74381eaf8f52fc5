//! The catalogue as text: for the terminal, and as the reference in the documentation.

mod markdown;

pub use markdown::reference;

use crate::catalogue::{self, Entry, Section};
use crate::finding::Severity;
use crate::render::wrap::wrap;
use std::fmt::Write;

/// One finding at length, in plain text of at most 80 columns.
pub fn text(entry: &Entry) -> String {
    let mut out = format!("{}  {}\n", entry.id, entry.title);
    for fact in [severities(entry), format!("about {}", about(entry.section)), entry.rfc.into()] {
        push_wrapped(&mut out, "", "", &fact);
    }
    push_part(&mut out, "What is wrong", entry.explanation);
    push_part(&mut out, "What senders do", entry.consequence);
    out.push_str("\nHow to mend it\n");
    for (number, step) in (1..).zip(entry.remedy) {
        push_wrapped(&mut out, &format!("  {number}. "), "     ", step);
    }
    if !entry.example.is_empty() {
        out.push('\n');
        for line in entry.example.lines() {
            push_line(&mut out, line);
        }
    }
    out
}

/// The entry whose id is nearest to a mistyped one; `None` if none is near.
pub fn nearest(id: &str) -> Option<&'static Entry> {
    let id = id.trim().to_ascii_uppercase();
    if id.len() > LONGEST_TYPED {
        return None;
    }
    catalogue::all()
        .map(|entry| (strsim::damerau_levenshtein(entry.id, &id), entry))
        .filter(|(distance, entry)| distance * 3 <= entry.id.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, entry)| entry)
}

/// The entries that a bare prefix stands for: `M`, `M-` or `H-CERT`, in any case. Empty if
/// there are none.
pub fn with_prefix(prefix: &str) -> Vec<&'static Entry> {
    let prefix = prefix.trim().trim_end_matches('-').to_ascii_uppercase();
    let continues = |entry: &&Entry| {
        entry.id.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('-'))
    };
    catalogue::all().filter(continues).collect()
}

/// The severity in each mode, in words.
pub fn severities(entry: &Entry) -> String {
    match (entry.enforce, entry.testing) {
        (Some(enforce), Some(testing)) if enforce == testing => word(enforce).to_owned(),
        (Some(enforce), Some(testing)) => {
            format!("{} in mode enforce, {} in mode testing", word(enforce), word(testing))
        }
        // A record that is missing leaves no mode to go by.
        (Some(enforce), None) => word(enforce).to_owned(),
        (None, Some(testing)) => format!("{} in mode testing", word(testing)),
        (None, None) => format!("{} in mode none", word(Severity::Medium)),
    }
}

/// What a section is about, to follow the word `about`.
pub fn about(section: Section) -> &'static str {
    match section {
        Section::Txt => "the `_mta-sts` record",
        Section::PolicyHost => "the policy host",
        Section::Body => "the policy file",
        Section::MxMatch => "MX records and the policy's patterns",
        Section::MxTls => "TLS at the MX hosts",
        Section::TlsRpt => "TLS-RPT",
        Section::Operations => "the way the set-up is run",
        Section::Dane => "DNSSEC and DANE",
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn push_part(out: &mut String, heading: &str, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "\n{heading}\n");
    push_wrapped(out, "  ", "  ", text);
}

/// What stands between backticks stays on one line, so that it can be copied.
fn push_wrapped(out: &mut String, first: &str, others: &str, text: &str) {
    let mut indent = first;
    for line in wrap(text, WIDTH - others.len()) {
        push_line(out, &format!("{indent}{line}"));
        indent = others;
    }
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Columns of a terminal that every terminal has.
const WIDTH: usize = 80;

/// No id is nearly as long.
const LONGEST_TYPED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::{body, mx_match, mx_tls};

    #[test]
    fn lines_fit_a_terminal_unless_they_are_to_be_copied() {
        for entry in catalogue::all() {
            let examples: Vec<_> = entry.example.lines().collect();
            for line in text(entry).lines().filter(|line| !examples.contains(line)) {
                let fits = line.chars().count() <= WIDTH || line.contains('`');
                assert!(fits, "{}: {line}", entry.id);
            }
        }
    }

    #[test]
    fn shows_a_finding_at_length() {
        insta::assert_snapshot!("unmatched", text(&mx_match::M_UNMATCHED));
        insta::assert_snapshot!("mx_certificate_name", text(&mx_tls::S_CERT_NAME));
        insta::assert_snapshot!("mode_none", text(&body::P_NONE));
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_id() {
        let table = [
            ("m-unmatchd", Some("M-UNMATCHED")),
            ("D-MLUTI", Some("D-MULTI")),
            ("S-CERT-NAMES", Some("S-CERT-NAME")),
            (" p-eol ", Some("P-EOL")),
            ("nonsense", None),
            ("", None),
            ("M", None),
        ];
        for (typed, expected) in table {
            assert_eq!(nearest(typed).map(|entry| entry.id), expected, "{typed:?}");
        }
        assert_eq!(nearest(&"D-MULTI".repeat(10_000)), None);
    }

    #[test]
    fn a_prefix_stands_for_all_that_begin_with_it() {
        let ids = |prefix| with_prefix(prefix).iter().map(|e| e.id).collect::<Vec<_>>();
        assert_eq!(ids("c"), ["C-CAA"]);
        assert_eq!(ids("h-cert-").len(), 5);
        assert_eq!(ids("M-").len(), 13);
        assert!(ids("M-U").is_empty(), "half a word is no prefix");
        assert!(ids("").is_empty());
    }
}
