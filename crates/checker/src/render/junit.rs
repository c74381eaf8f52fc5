//! JUnit XML for CI: a suite per domain, a case per section or finding.

use super::RenderError;
use super::digest::Digest;
use super::document::Document;
use super::wording::{Code, Label, SECTIONS, counted};
use crate::catalogue::{self, Section};
use crate::finding::Severity;
use crate::report::{Report, ReportedFinding, Verdict};
use ironpost_proto::visible::Visible;
use jiff::Timestamp;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// A document as JUnit XML. Findings at `fail_on` or above are failures (none are without
/// it), lesser ones are told in the output of their section's case; a section of which
/// nothing could be tested is skipped; a domain of which nothing could be told is an error.
pub fn suites(document: &Document, fail_on: Option<Severity>) -> Result<String, RenderError> {
    let mut xml = quick_junit::Report::new("ironpost check");
    for report in document.detailed() {
        xml.add_test_suite(suite(report, fail_on));
    }
    for digest in document.digests().iter().skip(document.detailed().len()) {
        xml.add_test_suite(short_suite(digest, fail_on));
    }
    Ok(xml.to_string()?)
}

fn suite(report: &Report, fail_on: Option<Severity>) -> TestSuite {
    let mut suite = begin(&report.domain, report.checked_at, report.elapsed_ms);
    suite.add_property(("verdict", report.verdict.code()));
    if let Some(grade) = report.grade {
        suite.add_property(("grade", grade.code()));
    }
    let domain = &report.domain;
    if report.verdict == Verdict::CouldNotTell {
        suite.add_test_case(untold(domain, &report.summary));
    }
    for section in SECTIONS {
        let of_section = report.findings.iter().filter(|finding| finding.section == section);
        let (failing, lesser): (Vec<_>, Vec<_>) =
            of_section.partition(|finding| fails(finding.severity, fail_on));
        for finding in &failing {
            suite.add_test_case(failure(domain, finding));
        }
        if failing.is_empty() {
            suite.add_test_case(passed_or_skipped(report, section, &lesser));
        }
    }
    suite
}

fn fails(severity: Severity, fail_on: Option<Severity>) -> bool {
    fail_on.is_some_and(|least| severity >= least)
}

fn begin(domain: &str, at: Timestamp, elapsed_ms: u64) -> TestSuite {
    let mut suite = TestSuite::new(visible(domain));
    suite.set_time(Duration::from_millis(elapsed_ms));
    suite.add_property(("checked_at", at.to_string().as_str()));
    suite
}

fn case(domain: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(visible(name), status);
    case.set_classname(visible(domain));
    case
}

fn untold(domain: &str, reason: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(visible(reason));
    case(domain, "verdict", status)
}

fn failure(domain: &str, finding: &ReportedFinding) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(finding.severity.code());
    status.set_message(visible(&finding.detail));
    status.set_description(description(finding));
    let name = format!("{} {}", finding.id, finding.subject);
    case(domain, name.trim_end(), status)
}

/// What a reader of a CI log needs: the rule, the evidence, the steps.
fn description(finding: &ReportedFinding) -> String {
    let head = format!("{} ({}, {})", finding.title, finding.severity.code(), finding.rfc);
    let mut lines = vec![visible(&head)];
    lines.extend(finding.evidence.iter().map(|seen| format!("  {}", visible(seen))));
    for (number, step) in (1..).zip(&finding.fix) {
        let mut parts = step.lines();
        let prose = parts.next().unwrap_or_default();
        lines.push(format!("{number}. {}", visible(prose)));
        lines.extend(parts.map(|line| format!("   {}", visible(line))));
    }
    lines.join("\n")
}

fn passed_or_skipped(report: &Report, section: Section, lesser: &[&ReportedFinding]) -> TestCase {
    let untested = report.not_tested.iter().filter(|not| not.section == section);
    let reasons = untested.map(|not| format!("{}: {}", not.what, not.reason)).collect::<Vec<_>>();
    if reasons.is_empty() || !lesser.is_empty() {
        let mut passed = case(&report.domain, section.label(), TestCaseStatus::success());
        let notes = lesser.iter().map(|finding| {
            visible(&format!("{} {}: {}", finding.severity.code(), finding.id, finding.detail))
        });
        let notes = notes.chain(reasons.iter().map(|reason| visible(reason))).collect::<Vec<_>>();
        if !notes.is_empty() {
            passed.set_system_out(notes.join("\n"));
        }
        return passed;
    }
    let mut skipped = TestCaseStatus::skipped();
    skipped.set_message(visible(&reasons.join("; ")));
    case(&report.domain, section.label(), skipped)
}

/// A suite from the little that is kept of a long list.
fn short_suite(digest: &Digest, fail_on: Option<Severity>) -> TestSuite {
    let mut suite = begin(&digest.domain, digest.checked_at, digest.elapsed_ms);
    suite.add_property(("verdict", digest.verdict.code()));
    if digest.verdict == Verdict::CouldNotTell {
        suite.add_test_case(untold(&digest.domain, digest.verdict.label()));
    }
    let failing = digest.findings.iter().filter(|(_, severity)| fails(*severity, fail_on));
    for (number, (id, severity)) in (1..).zip(failing) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(severity.code());
        status.set_message(catalogue::find(id).map_or("see ironpost explain", |entry| entry.title));
        suite.add_test_case(case(&digest.domain, &format!("{id} {number}"), status));
    }
    if suite.test_cases.is_empty() {
        let name = format!("no failure in {}", counted(SECTIONS.len(), "section"));
        suite.add_test_case(case(&digest.domain, &name, TestCaseStatus::success()));
    }
    suite
}

fn visible(text: &str) -> String {
    Visible::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::document::MAX_DETAILED;
    use crate::render::samples;

    #[test]
    fn shape() {
        let document = samples::all().into_iter().collect();
        insta::assert_snapshot!(suites(&document, Some(Severity::High)).unwrap());
    }

    #[test]
    fn the_threshold_decides_what_fails() {
        let document = std::iter::once(samples::at_risk()).collect();
        for (fail_on, failures) in [
            (None, 0),
            (Some(Severity::Critical), 2),
            (Some(Severity::Low), 3),
            (Some(Severity::Info), 4),
        ] {
            let xml = suites(&document, fail_on).unwrap();
            assert!(xml.contains(&format!("failures=\"{failures}\"")), "{fail_on:?}: {xml}");
        }
    }

    #[test]
    fn long_lists_keep_their_failures() {
        let mut document = Document::new();
        document.extend(std::iter::repeat_with(samples::parked).take(MAX_DETAILED));
        document.push(samples::at_risk());
        let xml = suites(&document, Some(Severity::High)).unwrap();
        assert!(xml.contains("tests=\"8002\""), "{}", &xml[..200]);
        assert!(xml.contains("M-UNMATCHED 1") && xml.contains("S-CERT-EXPIRED 2"));
    }

    #[test]
    fn nothing_acts() {
        let document = std::iter::once(samples::hostile()).collect();
        let xml = suites(&document, Some(Severity::High)).unwrap();
        assert!(!xml.contains("<script") && !xml.contains("]]>"));
        for line in xml.lines() {
            assert_eq!(Visible::from(line).as_str(), line);
        }
    }
}
