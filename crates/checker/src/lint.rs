//! Judging a policy file or a TXT record by itself, without the network; and the mapping
//! from what the parsers report to findings, which the live assessment shares.

mod body;
mod patterns;
mod repair;
mod tls_rpt;
mod txt;
mod version;

pub use body::{BodyContext, body_findings, policy_entry};
pub use patterns::{Width, pattern_findings, width};
pub use repair::{corrected_policy, corrected_report_uris};
pub use tls_rpt::{tls_rpt_entry, tls_rpt_findings};
pub use txt::{record_entry, txt_findings};

use crate::catalogue::Entry;
use crate::finding::{Finding, Severity};
use ironpost_proto::deviation::Deviation;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::{self, Mode, Policy};
use ironpost_proto::mta_sts::record::{self, RecordOutcome};
use ironpost_proto::tls_rpt::record::{
    self as tls_rpt_record, RecordOutcome as TlsRptOutcome, Target,
};
use ironpost_proto::visible::Visible;
use std::fmt::Display;

/// What a text amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintResult {
    /// True if a conforming sender accepts the text.
    pub accepted: bool,
    /// What a sender makes of it, in a sentence.
    pub summary: String,
    /// The fields as a sender reads them, in order, made visible; empty unless accepted.
    pub fields: Vec<(String, String)>,
    /// Faults, worst first.
    pub findings: Vec<Finding>,
    /// Every departure from the grammar, in order of appearance.
    pub deviations: Vec<Note>,
}

/// A departure from the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in bytes, counted from 1.
    pub column: usize,
    /// Which rule is departed from, in words.
    pub message: String,
    /// The piece at fault, made visible.
    pub excerpt: Visible,
}

/// Lints a policy file.
pub fn policy(body: &[u8], context: &BodyContext<'_>) -> LintResult {
    let parsed = policy::parse(body);
    let mut findings = body_findings(&parsed, body, context);
    let (summary, fields) = match &parsed.verdict {
        Ok(policy) => {
            findings.extend(pattern_findings(policy, context.domain));
            (policy_summary(policy), policy_fields(policy))
        }
        Err(fault) => (ignored("policy", fault), Vec::new()),
    };
    let deviations = notes(&parsed.deviations);
    result(parsed.verdict.is_ok(), summary, fields, findings, deviations)
}

/// Lints the value of one TXT record at `_mta-sts`.
///
/// `domain` is the policy domain, if known; `suggested_id` stands in the corrected record.
pub fn sts_record(txt: &[u8], domain: Option<&Domain>, suggested_id: &str) -> LintResult {
    let set = record::evaluate(&[txt.to_vec()]);
    let findings = txt::lone_record(&set, domain, suggested_id);
    let (summary, fields) = match &set.outcome {
        RecordOutcome::Valid(record) => {
            let extensions = record.extensions.iter().map(|e| (e.name(), e.value()));
            let fields = [("v", "STSv1"), ("id", record.id.as_str())].into_iter().chain(extensions);
            ("Senders accept this record and fetch the policy.".to_owned(), visible(fields))
        }
        RecordOutcome::Absent | RecordOutcome::Several => {
            ("Senders do not take this for an MTA-STS record.".to_owned(), Vec::new())
        }
        RecordOutcome::Malformed(fault) => (ignored("record", fault), Vec::new()),
    };
    let accepted = matches!(set.outcome, RecordOutcome::Valid(_));
    let deviations = set.candidates.iter().flat_map(|(_, parsed)| notes(&parsed.deviations));
    result(accepted, summary, fields, findings, deviations.collect())
}

/// Lints the value of one TXT record at `_smtp._tls`. `domain` is the policy domain, if known.
pub fn tls_rpt_record(txt: &[u8], domain: Option<&Domain>) -> LintResult {
    let set = tls_rpt_record::evaluate(&[txt.to_vec()]);
    let findings = tls_rpt::lone_record(&set, domain);
    let (summary, fields) = match &set.outcome {
        TlsRptOutcome::Valid(record) => {
            let rua = record.rua.iter().map(|uri| ("rua", uri.as_str()));
            let extensions = record.extensions.iter().map(|e| (e.name(), e.value()));
            let fields = [("v", "TLSRPTv1")].into_iter().chain(rua).chain(extensions);
            let usable = record.rua.iter().any(|uri| uri.target() != Target::Unsupported);
            let summary = if usable {
                "Senders accept this record."
            } else {
                "Senders accept this record, but none of its addresses can receive reports."
            };
            (summary.to_owned(), visible(fields))
        }
        TlsRptOutcome::Absent | TlsRptOutcome::Several => {
            ("Senders do not take this for a TLS-RPT record.".to_owned(), Vec::new())
        }
        TlsRptOutcome::Malformed(fault) => (ignored("record", fault), Vec::new()),
    };
    let accepted = matches!(set.outcome, TlsRptOutcome::Valid(_));
    let deviations = set.candidates.iter().flat_map(|(_, parsed)| notes(&parsed.deviations));
    result(accepted, summary, fields, findings, deviations.collect())
}

fn result(
    accepted: bool,
    summary: String,
    fields: Vec<(String, String)>,
    mut findings: Vec<Finding>,
    deviations: Vec<Note>,
) -> LintResult {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    LintResult { accepted, summary, fields, findings, deviations }
}

fn ignored(what: &str, fault: &impl Display) -> String {
    format!("Senders that go by the rules drop this {what}: {fault}.")
}

fn policy_summary(policy: &Policy) -> String {
    let seconds = policy.max_age.as_secs();
    let kept = match (seconds / 86_400, seconds % 86_400) {
        (1, 0) => "a day".to_owned(),
        (days @ 2.., 0) => format!("{days} days"),
        _ => format!("{seconds} seconds"),
    };
    let effect = match policy.mode {
        Mode::Enforce => "deliver only to hosts that pass it",
        Mode::Testing => "report what fails it, and deliver all the same",
        Mode::None => "act as if there were none",
    };
    format!("Senders accept this policy, {effect}, and keep it for {kept}.")
}

fn policy_fields(policy: &Policy) -> Vec<(String, String)> {
    let mode = policy.mode.to_string();
    let max_age = policy.max_age.as_secs().to_string();
    let mx: Vec<_> = policy.mx.iter().map(ToString::to_string).collect();
    let extensions = policy.extensions.iter().map(|e| (e.name(), e.value()));
    let fields = [("version", "STSv1"), ("mode", mode.as_str())]
        .into_iter()
        .chain(mx.iter().map(|mx| ("mx", mx.as_str())))
        .chain([("max_age", max_age.as_str())])
        .chain(extensions);
    visible(fields)
}

fn visible<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    fields.map(|(name, value)| (name.to_owned(), Visible::from(value).to_string())).collect()
}

fn notes<C: Display>(deviations: &[Deviation<C>]) -> Vec<Note> {
    let note = |d: &Deviation<C>| Note {
        line: d.line,
        column: d.column,
        message: d.class.to_string(),
        excerpt: d.excerpt.clone(),
    };
    deviations.iter().map(note).collect()
}

/// The severity of an entry that is a fault in every mode.
fn severity(entry: &Entry, mode: Option<Mode>) -> Severity {
    entry.severity(mode).unwrap_or(Severity::Info)
}

/// `line 3, column 7: …`, one per departure.
fn places<C>(deviations: &[&Deviation<C>]) -> Vec<String> {
    let shown = deviations.iter().take(MAX_PLACES);
    let line = |d: &&Deviation<C>| {
        let place = format!("line {}, column {}", d.line, d.column);
        let excerpt = d.excerpt.as_str().trim();
        if excerpt.is_empty() { place } else { format!("{place}: {excerpt}") }
    };
    let mut lines: Vec<_> = shown.map(line).collect();
    if deviations.len() > MAX_PLACES {
        lines.push(format!("and {} more", deviations.len() - MAX_PLACES));
    }
    lines
}

/// The most places listed as evidence of one finding.
const MAX_PLACES: usize = 10;

#[cfg(test)]
mod tests;
