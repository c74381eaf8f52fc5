//! The catalogue against the contract.

use super::*;
use Severity::{Critical, High, Info, Low, Medium};
use std::collections::BTreeSet;

#[test]
fn has_every_id_once_with_its_severities() {
    let found: Vec<_> = all().map(|entry| (entry.id, entry.enforce, entry.testing)).collect();
    let ids: BTreeSet<_> = found.iter().map(|(id, _, _)| id).collect();
    assert_eq!(ids.len(), found.len(), "an id stands for one fault");
    for expected in CONTRACT {
        assert!(
            found.contains(expected),
            "{expected:?} is promised, {:?} is there",
            find(expected.0)
        );
    }
    assert_eq!(found.len(), CONTRACT.len());
}

#[test]
fn sections_follow_from_the_first_letter() {
    for entry in all() {
        let expected = match entry.id.split_once('-').map(|(letter, _)| letter) {
            Some("D") => Section::Txt,
            Some("H") => Section::PolicyHost,
            Some("P") => Section::Body,
            Some("M") => Section::MxMatch,
            Some("S") => Section::MxTls,
            Some("R") => Section::TlsRpt,
            Some("N") => Section::Dane,
            Some("C" | "K" | "X" | "Y") => Section::Operations,
            other => panic!("{other:?} is no section"),
        };
        assert_eq!(entry.section, expected, "{}", entry.id);
    }
}

#[test]
fn every_text_is_there_and_reads_as_one() {
    for entry in all() {
        let id = entry.id;
        assert!(!entry.title.is_empty() && !entry.title.ends_with('.'), "{id}: title");
        assert!(entry.title.len() <= 60, "{id}: a title fits beside its id in a terminal");
        for text in [entry.explanation, entry.consequence].iter().chain(entry.remedy) {
            let ends =
                text.ends_with(['.', '`', '?']) || text.contains(": `") || text.contains("://");
            assert!(ends, "{id}: a sentence ends: {text}");
            assert!(!text.contains("  ") && !text.contains('\n'), "{id}: blanks: {text}");
            assert_eq!(text.matches('`').count() % 2, 0, "{id}: quotes pair up: {text}");
        }
        assert!(!entry.remedy.is_empty(), "{id}: something can be done");
        for line in entry.example.lines() {
            assert!(line.chars().count() <= 96 && line.trim_end() == line, "{id}: {line}");
        }
    }
}

#[test]
fn rules_name_an_rfc_and_a_section() {
    for entry in all() {
        for rule in entry.rfc.split("; ") {
            let Some((number, section)) =
                rule.strip_prefix("RFC ").and_then(|rule| rule.split_once(" §"))
            else {
                panic!("{}: {rule:?} is no rule", entry.id);
            };
            assert!(number.parse::<u16>().is_ok(), "{}: {rule:?}", entry.id);
            let numbers = section.split('.').all(|part| part.parse::<u8>().is_ok());
            assert!(numbers, "{}: {rule:?}", entry.id);
        }
    }
}

#[test]
fn severity_goes_by_the_published_mode() {
    let table = [
        (&mx_match::M_UNMATCHED, None, Some(Critical), "nothing readable: as enforce"),
        (&mx_match::M_UNMATCHED, Some(Mode::Enforce), Some(Critical), "mail is refused"),
        (&mx_match::M_UNMATCHED, Some(Mode::Testing), Some(High), "mail would be refused"),
        (&mx_match::M_UNMATCHED, Some(Mode::None), Some(High), "as testing"),
        (&body::P_TESTING, Some(Mode::Enforce), None, "not a fault in enforce"),
        (&body::P_TESTING, Some(Mode::Testing), Some(Medium), "a fault in testing"),
        (&body::P_NONE, Some(Mode::None), Some(Medium), "a fault in mode none alone"),
        (&body::P_NONE, Some(Mode::Testing), None, "a fault in mode none alone"),
    ];
    for (entry, mode, expected, reason) in table {
        assert_eq!(entry.severity(mode), expected, "{} in {mode:?}: {reason}", entry.id);
    }
}

#[test]
fn ids_are_found_in_any_case() {
    assert_eq!(find("h-cert-name").map(|entry| entry.id), Some("H-CERT-NAME"));
    assert_eq!(find("H-CERT"), None);
}

type Row = (&'static str, Option<Severity>, Option<Severity>);

/// The published ids: severity under enforce and under testing.
const CONTRACT: &[Row] = &[
    ("D-NONE", Some(High), None),
    ("D-ORPHAN", Some(High), None),
    ("D-MULTI", Some(Critical), Some(Critical)),
    ("D-SYNTAX", Some(Critical), Some(Critical)),
    ("D-VERSION", Some(Critical), Some(Critical)),
    ("D-ID", Some(Critical), Some(Critical)),
    ("D-WSP", Some(Medium), Some(Medium)),
    ("D-UNRELATED", Some(Low), Some(Low)),
    ("D-WILDCARD", Some(High), Some(High)),
    ("D-LOCATION", Some(Critical), Some(Critical)),
    ("D-CNAME", Some(Critical), Some(Critical)),
    ("D-CNAME-DEPTH", Some(Low), Some(Low)),
    ("D-EXT", Some(Info), Some(Info)),
    ("D-TTL", Some(Low), Some(Low)),
    ("D-DNSFAIL", Some(High), Some(High)),
    ("D-SPLIT", Some(Medium), Some(Medium)),
    ("H-NXDOMAIN", Some(Critical), Some(Critical)),
    ("H-CONNECT", Some(Critical), Some(Critical)),
    ("H-TIMEOUT", Some(Critical), Some(Critical)),
    ("H-PARTIAL", Some(High), Some(High)),
    ("H-TLS", Some(Critical), Some(Critical)),
    ("H-TLSVER", Some(Critical), Some(Critical)),
    ("H-CERT-EXPIRED", Some(Critical), Some(Critical)),
    ("H-CERT-SOON", Some(High), Some(Medium)),
    ("H-CERT-UNTRUSTED", Some(Critical), Some(Critical)),
    ("H-CERT-CHAIN", Some(Critical), Some(Critical)),
    ("H-CERT-NAME", Some(Critical), Some(Critical)),
    ("H-STATUS", Some(Critical), Some(Critical)),
    ("H-REDIRECT", Some(Critical), Some(Critical)),
    ("H-DELEGATE", Some(Critical), Some(Critical)),
    ("H-UA", Some(High), Some(High)),
    ("H-CTYPE", Some(Medium), Some(Medium)),
    ("H-SIZE", Some(High), Some(High)),
    ("H-SLOW", Some(Medium), Some(Medium)),
    ("P-SYNTAX", Some(Critical), Some(Critical)),
    ("P-HTML", Some(Critical), Some(Critical)),
    ("P-EMPTY", Some(Critical), Some(Critical)),
    ("P-BOM", Some(Critical), Some(Critical)),
    ("P-EOL", Some(Critical), Some(Critical)),
    ("P-BLANK", Some(Low), Some(Low)),
    ("P-VERSION", Some(Critical), Some(Critical)),
    ("P-ORDER", Some(Info), Some(Info)),
    ("P-MODE", Some(Critical), Some(Critical)),
    ("P-MAXAGE", Some(Critical), Some(Critical)),
    ("P-MAXAGE-SHORT", Some(Medium), Some(Low)),
    ("P-MX", Some(Critical), Some(Critical)),
    ("P-MX-SYNTAX", Some(Critical), Some(Critical)),
    ("P-DUP", Some(Medium), Some(Medium)),
    ("P-EXT", Some(Info), Some(Info)),
    ("P-TESTING", None, Some(Medium)),
    ("P-NONE", None, None),
    ("M-UNMATCHED", Some(Critical), Some(High)),
    ("M-NOMATCH", Some(Critical), Some(Critical)),
    ("M-WILD", Some(Critical), Some(High)),
    ("M-STSLABEL", Some(Critical), Some(High)),
    ("M-TYPO", Some(Critical), Some(High)),
    ("M-WEAK", Some(Medium), Some(Low)),
    ("M-UNUSED", Some(Low), Some(Low)),
    ("M-NULL", Some(High), Some(Medium)),
    ("M-IMPLICIT", Some(High), Some(Medium)),
    ("M-NXDOMAIN", Some(High), Some(High)),
    ("M-CNAME", Some(Medium), Some(Medium)),
    ("M-IPLIT", Some(High), Some(High)),
    ("M-PRIVATE", Some(High), Some(High)),
    ("S-NOSTARTTLS", Some(Critical), Some(High)),
    ("S-TLSVER", Some(Critical), Some(High)),
    ("S-CERT-EXPIRED", Some(Critical), Some(High)),
    ("S-CERT-SOON", Some(High), Some(Medium)),
    ("S-CERT-UNTRUSTED", Some(Critical), Some(High)),
    ("S-CERT-CHAIN", Some(Critical), Some(High)),
    ("S-CERT-NAME", Some(Critical), Some(High)),
    ("S-SNI", Some(Medium), Some(Medium)),
    ("S-PARTIAL", Some(High), Some(Medium)),
    ("S-CONNECT", Some(Medium), Some(Medium)),
    ("S-TEMPFAIL", Some(Info), Some(Info)),
    ("S-EGRESS", Some(Info), Some(Info)),
    ("R-NONE", Some(Medium), Some(High)),
    ("R-MULTI", Some(High), Some(High)),
    ("R-VERSION", Some(High), Some(High)),
    ("R-RUA", Some(High), Some(High)),
    ("R-SCHEME", Some(High), Some(High)),
    ("R-SYNTAX", Some(High), Some(High)),
    ("R-UNREACHABLE", Some(High), Some(High)),
    ("R-SELF", Some(Low), Some(Low)),
    ("R-LOCATION", Some(High), Some(High)),
    ("R-UNRELATED", Some(Low), Some(Low)),
    ("R-HOST", Some(Info), Some(Info)),
    ("N-NOSIGN", Some(Info), Some(Info)),
    ("N-BOGUS", Some(Critical), Some(Critical)),
    ("N-INSECURE", Some(Low), Some(Low)),
    ("N-MISMATCH", Some(Critical), Some(Critical)),
    ("N-PARAM", Some(Medium), Some(Medium)),
    ("N-PARTIAL", Some(Medium), Some(Medium)),
    ("N-BOTH", Some(Info), Some(Info)),
    ("C-CAA", Some(Medium), Some(Medium)),
    ("K-PARKED", Some(Info), Some(Info)),
    ("X-SUB", Some(Medium), Some(Medium)),
    ("Y-SAMEID", Some(High), Some(Medium)),
    ("Y-IDONLY", Some(Low), Some(Low)),
    ("Y-VANISH", Some(Critical), Some(High)),
    ("Y-MXDRIFT", Some(Critical), Some(High)),
    ("Y-OLDMX", Some(Critical), Some(High)),
    ("Y-REMOVAL", Some(Info), Some(Info)),
    ("Y-STALL", Some(Medium), Some(Medium)),
];
