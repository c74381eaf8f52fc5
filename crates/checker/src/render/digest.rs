//! The little of a report that is kept for every domain of a long list.

use crate::catalogue::{self, Section};
use crate::finding::Severity;
use crate::report::{Grade, PolicyStatus, Report, Verdict};
use jiff::Timestamp;
use std::borrow::Cow;

/// A report in some hundred bytes: enough for a row of a table and for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The policy domain as A-labels.
    pub domain: Box<str>,
    /// When the check began.
    pub checked_at: Timestamp,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
    /// The answer in a word.
    pub verdict: Verdict,
    /// The grade, if there is one.
    pub grade: Option<Grade>,
    /// Points, if there is a grade.
    pub points: Option<u8>,
    /// True if something that counts was not tested.
    pub partial: bool,
    /// The policy as a sender sees it.
    pub status: PolicyStatus,
    /// Its mode.
    pub mode: Option<Box<str>>,
    /// Its lifetime in seconds.
    pub max_age: Option<u32>,
    /// Id and severity of every finding, worst first.
    pub findings: Vec<(Cow<'static, str>, Severity)>,
    /// Sections of which something was not tested.
    pub not_tested: Vec<Section>,
    /// The policy host and the MX hosts, and until when their certificates hold.
    pub certificates: Vec<(Box<str>, Timestamp)>,
}

impl Digest {
    /// The findings that cost something, worst first.
    pub fn faults(&self) -> impl Iterator<Item = &(Cow<'static, str>, Severity)> {
        self.findings.iter().filter(|(_, severity)| *severity > Severity::Info)
    }
}

impl From<&Report> for Digest {
    fn from(report: &Report) -> Self {
        let mut findings = report
            .findings
            .iter()
            .map(|finding| (interned(&finding.id), finding.severity))
            .collect::<Vec<_>>();
        findings.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
        let mut not_tested = report.not_tested.iter().map(|not| not.section).collect::<Vec<_>>();
        not_tested.sort_unstable();
        not_tested.dedup();
        let policy_host =
            report.policy.certificate_expires.map(|at| (format!("mta-sts.{}", report.domain), at));
        let mx = report.mx.iter().filter_map(|mx| Some((mx.host.clone(), mx.certificate_expires?)));
        let certificates = policy_host.into_iter().chain(mx).map(|(host, at)| (host.into(), at));
        Self {
            domain: report.domain.as_str().into(),
            checked_at: report.checked_at,
            elapsed_ms: report.elapsed_ms,
            verdict: report.verdict,
            grade: report.grade,
            points: report.points,
            partial: report.partial,
            status: report.policy.status,
            mode: report.policy.mode.as_deref().map(Into::into),
            max_age: report.policy.max_age,
            findings,
            not_tested,
            certificates: certificates.collect(),
        }
    }
}

/// The catalogue's own text for an id, so that a list does not keep it a thousand times.
fn interned(id: &str) -> Cow<'static, str> {
    catalogue::find(id).map_or_else(|| id.to_owned().into(), |entry| entry.id.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn keeps_the_worst_first_and_each_section_once() {
        let mut report = samples::at_risk();
        report.findings.reverse();
        let digest = Digest::from(&report);
        assert!(digest.findings.is_sorted_by(|a, b| a.1 >= b.1));
        assert_eq!(digest.findings.len(), report.findings.len());
        assert!(digest.faults().all(|(_, severity)| *severity > Severity::Info));
        assert!(digest.not_tested.is_sorted_by(|a, b| a < b));
    }
}
