//! From what the `_smtp._tls` TXT RRset amounts to, to findings.

use super::repair::corrected_report_uris;
use super::{places, severity, version};
use crate::catalogue::Entry;
use crate::catalogue::tls_rpt::{R_MULTI, R_RUA, R_SCHEME, R_SYNTAX, R_UNRELATED, R_VERSION};
use crate::finding::{Finding, Severity};
use crate::publish::PLACEHOLDER;
use crate::publish::txt_record::TxtRecord;
use ironpost_proto::deviation::{Deviation, Parsed};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::tls_rpt::record::{
    Discarded, Likeness, Record, RecordFault, RecordOutcome, RecordSet, ReportUri,
};
use ironpost_proto::visible::Visible;

/// The kind of fault that a departure from the grammar is; `None` for what RFC 8460 allows
/// without reserve.
pub fn tls_rpt_entry(fault: RecordFault) -> Option<&'static Entry> {
    match fault {
        RecordFault::MissingRua => Some(&R_RUA),
        RecordFault::NoScheme | RecordFault::UnsupportedScheme => Some(&R_SCHEME),
        RecordFault::EmptyUri
        | RecordFault::RawExclamation
        | RecordFault::InvalidUri
        | RecordFault::NoTarget
        | RecordFault::SemicolonBetweenUris
        | RecordFault::Syntax => Some(&R_SYNTAX),
        RecordFault::BlankBeforeSemicolon => Some(&R_VERSION),
        RecordFault::UnknownField | RecordFault::RepeatedField => None,
    }
}

/// The findings that the RRset at `name` gives by itself. That there is no record is for the
/// caller to say.
pub fn tls_rpt_findings(set: &RecordSet, name: &DnsName) -> Vec<Finding> {
    // The name has the labels `_smtp` and `_tls` before the domain.
    let domain = name.parent().and_then(|below| below.parent()).and_then(|name| name.to_domain());
    findings(set, &Place { subject: name.as_str(), domain: domain.as_ref() })
}

/// As [`tls_rpt_findings`], for the value of a single record that is said to be a TLS-RPT
/// record.
pub(super) fn lone_record(set: &RecordSet, domain: Option<&Domain>) -> Vec<Finding> {
    let name = domain.map(|domain| domain.prefixed("_smtp._tls"));
    let place = Place { subject: name.as_ref().map_or("_smtp._tls", DnsName::as_str), domain };
    match set.discarded.first() {
        Some(record) => vec![wrong_version(record, &place)],
        None => findings(set, &place),
    }
}

/// Where the record stands.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    subject: &'a str,
    domain: Option<&'a Domain>,
}

impl Place<'_> {
    /// The step that `lead` begins: a sound record with the URIs that can be made out in `texts`.
    fn step<'t>(&self, lead: &str, texts: impl IntoIterator<Item = &'t Visible>) -> String {
        let mut rua: Vec<ReportUri> = Vec::new();
        for uri in texts.into_iter().flat_map(|text| corrected_report_uris(text.as_str())) {
            if !rua.contains(&uri) {
                rua.push(uri);
            }
        }
        let rua: Vec<_> = rua.iter().map(ReportUri::as_str).collect();
        let (value, own) = match (rua.as_slice(), self.domain) {
            ([], None) => (
                format!("v=TLSRPTv1; rua=mailto:tls-reports@{PLACEHOLDER};"),
                format!(" (put your own domain in place of {PLACEHOLDER})"),
            ),
            ([], Some(domain)) => {
                (format!("v=TLSRPTv1; rua=mailto:tls-reports@{domain};"), String::new())
            }
            (rua, _) => (format!("v=TLSRPTv1; rua={};", rua.join(",")), String::new()),
        };
        format!("{lead}{own}:\n{}", TxtRecord::tls_rpt(self.domain, value))
    }
}

fn findings(set: &RecordSet, place: &Place<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if set.outcome == RecordOutcome::Several {
        findings.push(several(&set.candidates, place));
    } else {
        let candidates = set.candidates.iter();
        findings.extend(candidates.flat_map(|(text, parsed)| of_record(text, parsed, place)));
    }
    findings.extend(discarded(set, place));
    findings
}

fn several(candidates: &[(Visible, Parsed<Record, RecordFault>)], place: &Place<'_>) -> Finding {
    let subject = place.subject;
    let detail = format!(
        "{} records at {subject} begin with `v=TLSRPTv1;`, so senders send no reports",
        candidates.len()
    );
    let texts = candidates.iter().map(|(text, _)| text);
    Finding::new(&R_MULTI, severity(&R_MULTI, None), subject, detail)
        .with_fix([place.step("Replace all of them by one record", texts)])
        .with_evidence(candidates.iter().map(|(text, _)| format!("TXT: {text}")))
}

/// The faults of one record, each kind once.
fn of_record(
    text: &Visible,
    parsed: &Parsed<Record, RecordFault>,
    place: &Place<'_>,
) -> Vec<Finding> {
    let mut groups: Vec<(&'static Entry, Vec<&Deviation<RecordFault>>)> = Vec::new();
    for deviation in &parsed.deviations {
        let entry = match deviation.class {
            RecordFault::EmptyUri if has_no_uri(text) => Some(&R_RUA),
            fault => tls_rpt_entry(fault),
        };
        let Some(entry) = entry else { continue };
        match groups.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, deviations)) => deviations.push(deviation),
            None => groups.push((entry, vec![deviation])),
        }
    }
    let finding = |(entry, deviations): (&'static Entry, Vec<&Deviation<RecordFault>>)| {
        let first = deviations.first();
        let detail = first.map_or_else(|| entry.title.to_owned(), |at| sentence(at, text, place));
        let severity = match first.map(|deviation| deviation.class) {
            // The grammar allows the blank, and most senders accept it (A1).
            Some(RecordFault::BlankBeforeSemicolon) => Severity::Medium,
            _ => severity(entry, None),
        };
        Finding::new(entry, severity, place.subject, detail)
            .with_fix([place.step("Replace the record by", [text])])
            .with_evidence([format!("TXT: {text}")].into_iter().chain(places(&deviations)))
    };
    groups.into_iter().map(finding).collect()
}

/// True if `rua` is there with nothing in it.
fn has_no_uri(text: &Visible) -> bool {
    let value = text.as_str().split_once("rua=").map(|(_, value)| value.trim_start());
    value.is_some_and(|value| value.is_empty() || value.starts_with(';'))
}

fn sentence(at: &Deviation<RecordFault>, text: &Visible, place: &Place<'_>) -> String {
    let (subject, column, piece) = (place.subject, at.column, &at.excerpt);
    match at.class {
        RecordFault::MissingRua if text.as_str().to_ascii_lowercase().contains("rua=") => {
            format!("{subject} has no `rua`: the name must be in lower case")
        }
        RecordFault::MissingRua => format!("{subject} has no `rua`"),
        RecordFault::EmptyUri if has_no_uri(text) => {
            format!("{subject} has a `rua` without an address")
        }
        RecordFault::EmptyUri => format!("{subject} lacks an address at column {column}"),
        RecordFault::NoScheme => {
            format!("`{piece}` in {subject} begins with neither `mailto:` nor `https:`")
        }
        RecordFault::UnsupportedScheme => format!(
            "`{piece}` in {subject} is neither `mailto:` nor `https:`; senders send no reports \
             there"
        ),
        RecordFault::NoTarget => format!(
            "`{piece}` in {subject} names no place that reports can go to: it lacks a mail \
             address or a host, or that or its port cannot be one"
        ),
        RecordFault::RawExclamation => format!(
            "`{piece}` in {subject} has an exclamation mark; there are no size suffixes here, and \
             in an address it is written %21"
        ),
        RecordFault::InvalidUri => {
            format!(
                "`{piece}` in {subject} is not a valid URI: a character in it must be \
                 percent-encoded, or its host or port is malformed"
            )
        }
        RecordFault::SemicolonBetweenUris => {
            format!("{subject} has a semicolon before `{piece}`; addresses are separated by commas")
        }
        RecordFault::Syntax if piece.as_str().is_empty() => {
            format!("{subject} has an empty field at column {column}")
        }
        RecordFault::Syntax => {
            format!("{subject} has `{piece}` at column {column}, which is not a field")
        }
        RecordFault::BlankBeforeSemicolon => format!(
            "{subject} has a blank before the first semicolon, which some senders do not accept"
        ),
        RecordFault::UnknownField | RecordFault::RepeatedField => at.class.to_string(),
    }
}

fn discarded(set: &RecordSet, place: &Place<'_>) -> Option<Finding> {
    let first = set.discarded.first()?;
    let meant = set.discarded.iter().find(|record| record.likeness == Likeness::WrongVersion);
    if let (true, Some(record)) = (set.candidates.is_empty(), meant) {
        return Some(wrong_version(record, place));
    }
    let subject = place.subject;
    let noun =
        if set.discarded.len() == 1 { "a TXT record that is" } else { "TXT records that are" };
    let detail = format!("{subject} has {noun} not about TLS-RPT, such as `{}`", first.text);
    Some(
        Finding::new(&R_UNRELATED, severity(&R_UNRELATED, None), subject, detail)
            .with_fix(R_UNRELATED.remedy.iter().copied())
            .with_evidence(set.discarded.iter().map(|record| format!("TXT: {}", record.text))),
    )
}

fn wrong_version(record: &Discarded, place: &Place<'_>) -> Finding {
    let detail = version::detail(record, place.subject, &version::TLS_RPT);
    Finding::new(&R_VERSION, severity(&R_VERSION, None), place.subject, detail)
        .with_fix([place.step("Replace the record by", [&record.text])])
        .with_evidence([format!("TXT: {}", record.text)])
}
