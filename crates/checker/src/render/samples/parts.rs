//! What the samples are made of.

use crate::catalogue::Section;
use crate::finding::Severity;
use crate::report::{
    AddressSummary, DaneState, Deduction, MxSummary, PolicyStatus, PolicySummary, Report,
    ReportedFinding, SCHEMA, Score, SectionScore, Seen, Step, StepState, TlsState, Verdict,
};
use jiff::Timestamp;

pub(super) fn blank(domain: &str) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        domain: domain.to_owned(),
        checked_at: at("2026-05-01T12:30:00Z"),
        elapsed_ms: 1_234,
        verdict: Verdict::CouldNotTell,
        summary: String::new(),
        grade: None,
        points: None,
        partial: false,
        score: Score { scheme: 1, sections: vec![], caps: vec![] },
        policy: PolicySummary {
            status: PolicyStatus::None,
            mode: None,
            max_age: None,
            mx: vec![],
            id: None,
            certificate_expires: None,
        },
        mx: vec![],
        timeline: vec![],
        findings: vec![],
        not_tested: vec![],
        seen: Seen::default(),
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn policy(mode: &str, mx: &[&str]) -> PolicySummary {
    PolicySummary {
        status: PolicyStatus::Valid,
        mode: Some(mode.to_owned()),
        max_age: Some(1_209_600),
        mx: mx.iter().map(|pattern| (*pattern).to_owned()).collect(),
        id: Some("20260401T000000Z".to_owned()),
        certificate_expires: Some(at("2026-08-01T00:00:00Z")),
    }
}

pub(super) fn mx(host: &str, preference: u16) -> MxSummary {
    MxSummary {
        host: host.to_owned(),
        preference: Some(preference),
        matched: Some(true),
        tls: TlsState::Ok,
        tls_version: Some("TLS 1.3".to_owned()),
        certificate_expires: Some(at("2026-08-01T00:00:00Z")),
        dane: DaneState::Ok,
        addresses: vec![address("198.51.100.10", "TLS 1.3, valid certificate", TlsState::Ok)],
        simulation: None,
    }
}

pub(super) fn address(address: &str, result: &str, tls: TlsState) -> AddressSummary {
    AddressSummary { address: address.to_owned(), result: result.to_owned(), tls }
}

pub(super) fn step(name: &str, state: StepState, text: &str, elapsed_ms: Option<u64>) -> Step {
    Step { step: name.to_owned(), state, text: text.to_owned(), elapsed_ms }
}

/// A finding of which only the kind is told.
pub(super) fn finding(
    id: &str,
    severity: Severity,
    section: Section,
    rfc: &str,
) -> ReportedFinding {
    ReportedFinding {
        id: id.to_owned(),
        severity,
        section,
        title: String::new(),
        detail: String::new(),
        rfc: rfc.to_owned(),
        fix: vec![],
        subject: String::new(),
        evidence: vec![],
    }
}

pub(super) fn info(id: &str, section: Section, title: &str, subject: &str) -> ReportedFinding {
    ReportedFinding {
        title: title.to_owned(),
        subject: subject.to_owned(),
        detail: format!("{title}: {subject}."),
        ..finding(id, Severity::Info, section, "RFC 8461 §2")
    }
}

pub(super) fn score(points: [Option<f64>; 8]) -> Score {
    let worth = crate::render::wording::SECTIONS.into_iter().zip([15, 15, 10, 15, 20, 10, 10, 5]);
    let sections = worth.zip(points).map(|((section, of), points)| SectionScore {
        section,
        of,
        points,
        deductions: vec![],
    });
    Score { scheme: 1, sections: sections.collect(), caps: vec![] }
}

pub(super) fn deduct(score: &mut Score, section: usize, what: (&str, &str, Severity, f64)) {
    let (id, subject, severity, points) = what;
    score.sections[section].deductions.push(Deduction {
        id: id.to_owned(),
        subject: subject.to_owned(),
        severity,
        points,
    });
}
