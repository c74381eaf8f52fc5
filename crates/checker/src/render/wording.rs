//! The words for verdicts, grades, sections and states: `code` is what machines read and is
//! the same as in JSON, `label` is for people.

use crate::catalogue::Section;
use crate::finding::Severity;
use crate::report::{DaneState, Grade, PolicyStatus, SenderAction, StepState, TlsState, Verdict};
use jiff::Timestamp;

/// A word of the contract, as JSON has it.
pub(crate) trait Code {
    /// The word.
    fn code(self) -> &'static str;
}

/// A word for people.
pub(crate) trait Label {
    /// The word, in lower case unless it is a name.
    fn label(self) -> &'static str;
}

/// Every verdict, best news first.
pub(crate) const VERDICTS: [Verdict; 8] = [
    Verdict::Protected,
    Verdict::Testing,
    Verdict::AtRisk,
    Verdict::IgnoredBySenders,
    Verdict::Absent,
    Verdict::OptedOut,
    Verdict::Parked,
    Verdict::CouldNotTell,
];

/// Every severity, worst first.
pub(crate) const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

impl Code for Verdict {
    fn code(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::AtRisk => "at_risk",
            Self::Testing => "testing",
            Self::IgnoredBySenders => "ignored_by_senders",
            Self::Absent => "absent",
            Self::OptedOut => "opted_out",
            Self::Parked => "parked",
            Self::CouldNotTell => "could_not_tell",
        }
    }
}

impl Label for Verdict {
    fn label(self) -> &'static str {
        match self {
            Self::Protected => "Protected",
            Self::AtRisk => "At risk",
            Self::Testing => "Testing",
            Self::IgnoredBySenders => "Ignored by senders",
            Self::Absent => "Absent",
            Self::OptedOut => "Opted out",
            Self::Parked => "Parked",
            Self::CouldNotTell => "Could not tell",
        }
    }
}

impl Code for Grade {
    fn code(self) -> &'static str {
        match self {
            Self::APlus => "A+",
            Self::A => "A",
            Self::AMinus => "A-",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::F => "F",
        }
    }
}

impl Code for Severity {
    fn code(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Code for PolicyStatus {
    fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::None => "none",
        }
    }
}

impl Code for Section {
    fn code(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::PolicyHost => "policy_host",
            Self::Body => "body",
            Self::MxMatch => "mx_match",
            Self::MxTls => "mx_tls",
            Self::TlsRpt => "tls_rpt",
            Self::Operations => "operations",
            Self::Dane => "dane",
        }
    }
}

impl Label for Section {
    fn label(self) -> &'static str {
        match self {
            Self::Txt => "TXT record",
            Self::PolicyHost => "policy host",
            Self::Body => "policy file",
            Self::MxMatch => "MX match",
            Self::MxTls => "MX TLS",
            Self::TlsRpt => "TLS-RPT",
            Self::Operations => "operations",
            Self::Dane => "DANE",
        }
    }
}

/// Every section, in the order of the grade.
pub(crate) const SECTIONS: [Section; 8] = [
    Section::Txt,
    Section::PolicyHost,
    Section::Body,
    Section::MxMatch,
    Section::MxTls,
    Section::TlsRpt,
    Section::Operations,
    Section::Dane,
];

impl Label for TlsState {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Faulty => "faulty",
            Self::NotTested => "untested",
        }
    }
}

impl Label for DaneState {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Mismatch => "mismatch",
            Self::Unusable => "unusable",
            Self::Insecure => "unsigned",
            Self::Bogus => "bogus",
            Self::Absent => "none",
            Self::NotTested => "untested",
        }
    }
}

impl Label for SenderAction {
    fn label(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Refuse => "refuse",
            Self::DeliverAndReport => "deliver and report",
            Self::Unknown => "unknown",
        }
    }
}

impl Label for StepState {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Absent => "not there",
            Self::NotTested => "not tested",
        }
    }
}

/// What a step of the timeline is called; an unknown one goes by its own name.
pub(crate) fn step_label(step: &str) -> &str {
    match step {
        "txt" => "TXT",
        "policy_host" => "policy host",
        "https" => "HTTPS",
        "body" => "policy file",
        "mx" => "MX",
        "mx_tls" => "MX TLS",
        "tls_rpt" => "TLS-RPT",
        "dane" => "DANE",
        other => other,
    }
}

/// The day, in UTC: `2026-05-01`.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Day and minute: `2026-05-01 12:30 UTC`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A number of points without needless decimals: `15`, `3.75`.
pub(crate) fn points(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of milliseconds for people: `180 ms`, `2.3 s`.
pub(crate) fn duration_ms(ms: u64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1_000, ms % 1_000 / 100) }
}

/// A clause as a sentence: with a capital, unless it begins with a name, and a full stop.
pub(crate) fn sentence(clause: &str) -> String {
    let first = clause.split(' ').next().unwrap_or_default();
    let is_word = first.bytes().all(|byte| byte.is_ascii_lowercase());
    let (start, rest) = clause.split_at_checked(1).unwrap_or((clause, ""));
    let start = if is_word { start.to_ascii_uppercase() } else { start.to_owned() };
    let stop = if rest.ends_with(['.', '!', '?', ':']) || clause.is_empty() { "" } else { "." };
    format!("{start}{rest}{stop}")
}

/// `1 domain`, `2 domains`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    fn serde_name(value: impl Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn codes_are_those_of_json() {
        for verdict in VERDICTS {
            assert_eq!(verdict.code(), serde_name(verdict));
        }
        for severity in SEVERITIES {
            assert_eq!(severity.code(), serde_name(severity));
        }
        for section in SECTIONS {
            assert_eq!(section.code(), serde_name(section));
        }
        for status in [PolicyStatus::Valid, PolicyStatus::Invalid, PolicyStatus::None] {
            assert_eq!(status.code(), serde_name(status));
        }
        for grade in [Grade::APlus, Grade::A, Grade::AMinus, Grade::B, Grade::C, Grade::D, Grade::F]
        {
            assert_eq!(grade.code(), serde_name(grade));
        }
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(points(15.0), "15");
        assert_eq!(points(3.75), "3.75");
        assert_eq!(points(0.5), "0.5");
        assert_eq!(points(10.0), "10");
        assert_eq!(duration_ms(180), "180 ms");
        assert_eq!(duration_ms(2_345), "2.3 s");
        assert_eq!(sentence("line 2 is wrong"), "Line 2 is wrong.");
        assert_eq!(sentence("mx.example is wrong."), "mx.example is wrong.");
        assert_eq!(sentence("ähnlich"), "ähnlich.");
        assert_eq!(sentence(""), "");
        assert_eq!(counted(1, "domain"), "1 domain");
        assert_eq!(counted(0, "domain"), "0 domains");
    }
}
