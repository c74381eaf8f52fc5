//! Does a report say what the scenario expects? A pure comparison.

use ironpost_checker::finding::Severity;
use ironpost_checker::render::verdict_label;
use ironpost_checker::report::{PolicyStatus, Report, SenderAction};
use ironpost_lab::Expectation;
use std::collections::BTreeSet;

/// How a report departs from what is expected, one sentence each; none if it agrees.
pub(super) fn disagreements(report: &Report, expected: &Expectation) -> Vec<String> {
    let mut out = Vec::new();
    let verdict = verdict_label(report.verdict);
    if verdict != expected.verdict {
        out.push(format!("verdict {verdict}, expected {}", expected.verdict));
    }
    let status = match report.policy.status {
        PolicyStatus::Valid => "valid",
        PolicyStatus::Invalid => "invalid",
        PolicyStatus::None => "none",
    };
    if status != expected.policy_status {
        out.push(format!("policy {status}, expected {}", expected.policy_status));
    }
    out.extend(findings(report, expected));
    out.extend(senders(report, expected));
    out
}

/// The faults must be those expected, each id once or more; of what is merely worth knowing
/// more may be found.
fn findings(report: &Report, expected: &Expectation) -> Vec<String> {
    let (mut faults, mut infos) = (BTreeSet::new(), BTreeSet::new());
    for finding in &report.findings {
        let ids = if finding.severity > Severity::Info { &mut faults } else { &mut infos };
        ids.insert(finding.id.as_str());
    }
    let wanted: BTreeSet<_> = expected.findings.iter().map(String::as_str).collect();
    let wanted_infos: BTreeSet<_> = expected.info.iter().map(String::as_str).collect();
    let missing: Vec<_> =
        wanted.difference(&faults).chain(wanted_infos.difference(&infos)).copied().collect();
    let extra: Vec<_> = faults.difference(&wanted).copied().collect();
    let mut out = Vec::new();
    if !missing.is_empty() {
        out.push(format!("not found: {}", missing.join(", ")));
    }
    if !extra.is_empty() {
        out.push(format!("found, but not expected: {}", extra.join(", ")));
    }
    out
}

fn senders(report: &Report, expected: &Expectation) -> Vec<String> {
    let mut out = Vec::new();
    for (host, wanted) in &expected.simulate {
        let mx = report.mx.iter().find(|mx| mx.host == *host);
        let action = match mx.and_then(|mx| mx.simulation.as_ref()).map(|s| s.action) {
            Some(SenderAction::Deliver) => "deliver",
            Some(SenderAction::Refuse) => "refuse",
            Some(SenderAction::DeliverAndReport) => "deliver-and-report",
            Some(SenderAction::Unknown) => "unknown",
            None => "not among the MX hosts",
        };
        if action != wanted {
            out.push(format!("a sender at {host}: {action}, expected {wanted}"));
        }
    }
    out
}
