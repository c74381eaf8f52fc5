//! The `_smtp._tls` TXT record and its targets.

use super::view::View;
use crate::catalogue::tls_rpt::{R_LOCATION, R_NONE, R_SELF, R_UNREACHABLE};
use crate::evidence::{TargetEvidence, TargetState, TlsRptEvidence};
use crate::finding::{Finding, Severity};
use crate::lint;
use ironpost_net::report_target::ReportTargetProbe;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::tls_rpt::record::{RecordOutcome, Target};
use ironpost_proto::visible::Visible;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let Some(seen) = &view.evidence.tls_rpt else { return Vec::new() };
    if seen.lookup.is_err() || view.domain_is_missing() {
        return Vec::new();
    }
    let name = view.evidence.domain.prefixed("_smtp._tls");
    let mut findings = lint::tls_rpt_findings(&seen.set, &name);
    if matches!(seen.set.outcome, RecordOutcome::Absent) {
        let meant = findings.iter().any(|finding| finding.severity >= Severity::High);
        if !meant {
            findings.extend(absent(view, seen, &name));
        }
    }
    findings.extend(seen.targets.iter().filter_map(unreachable));
    findings.extend(only_itself(view, seen, &name));
    findings
}

fn absent(view: &View<'_>, seen: &TlsRptEvidence, name: &DnsName) -> Option<Finding> {
    let domain = &view.evidence.domain;
    if let Some(misplaced) = seen.misplaced.first() {
        let text = Visible::excerpt(&misplaced.text, 500);
        let detail = format!(
            "the TLS-RPT record stands at {}, where no sender looks; it belongs at {name}",
            misplaced.at
        );
        let severity = R_LOCATION.severity(view.mode()).unwrap_or(Severity::High);
        return Some(
            Finding::new(&R_LOCATION, severity, misplaced.at.as_str(), detail)
                .with_fix([
                    format!("Publish at the right name: {name}. 3600 IN TXT \"{text}\""),
                    format!("Remove the record at {}.", misplaced.at),
                ])
                .with_evidence([format!("{} TXT: {text}", misplaced.at)]),
        );
    }
    if view.has_null_mx() && !view.is_published() {
        // A domain without mail has nothing to report.
        return None;
    }
    let severity = R_NONE.severity(view.mode()).unwrap_or(Severity::Medium);
    let detail = format!("there is no TLS-RPT record at {name}: nobody tells you when TLS fails");
    Some(Finding::new(&R_NONE, severity, name.as_str(), detail).with_fix([format!(
        "Publish: {name}. 3600 IN TXT \"v=TLSRPTv1; rua=mailto:tls-reports@{domain}\""
    )]))
}

/// A report URI that cannot receive.
fn unreachable(target: &TargetEvidence) -> Option<Finding> {
    let uri = Visible::from(target.uri.as_str());
    let (severity, reason) = match &target.state {
        TargetState::Receives | TargetState::NotTested(_) => return None,
        TargetState::NullMx => (Severity::High, "its domain takes no mail (null MX)".to_owned()),
        TargetState::NoHost => {
            (Severity::High, "its domain has neither MX record nor address".to_owned())
        }
        TargetState::Https(probe) => match probe {
            ReportTargetProbe::Reached(tls) if tls.is_acceptable() => return None,
            // RFC 8460 §3: a reporter may ignore the certificate.
            ReportTargetProbe::Reached(_) => (
                Severity::Low,
                "its certificate is not valid, which senders may overlook but need not".to_owned(),
            ),
            ReportTargetProbe::Unreachable(reason) => {
                (Severity::High, format!("its host cannot be reached: {reason}"))
            }
            ReportTargetProbe::Handshake(failure) => {
                (Severity::High, format!("its host has no working TLS: {failure}"))
            }
            ReportTargetProbe::Forbidden(_) => {
                (Severity::High, "its host has no public address".to_owned())
            }
        },
    };
    Some(
        Finding::new(
            &R_UNREACHABLE,
            severity,
            uri.as_str(),
            match severity {
                Severity::Low => format!("some reports to {uri} may not arrive: {reason}"),
                _ => format!("reports to {uri} do not arrive: {reason}"),
            },
        )
        .with_fix(["Name a mailbox or an https address that takes reports, or mend this one."]),
    )
}

/// All targets lie in the domain whose failures they are to report.
fn only_itself(view: &View<'_>, seen: &TlsRptEvidence, name: &DnsName) -> Option<Finding> {
    let RecordOutcome::Valid(record) = &seen.set.outcome else { return None };
    let domain = &view.evidence.domain;
    let is_own = |target: Target| match target {
        Target::Mail { domain: to, .. } => Some(to == *domain),
        Target::Https { .. } => Some(false),
        Target::Unsupported => None,
    };
    let own: Vec<bool> = record.rua.iter().filter_map(|uri| is_own(uri.target())).collect();
    let alone = !own.is_empty() && own.iter().all(|own| *own);
    alone.then(|| {
        Finding::new(
            &R_SELF,
            Severity::Low,
            name.as_str(),
            format!(
                "reports go to {domain} alone: when its mail fails, so do the reports about it"
            ),
        )
        .with_fix([format!(
            "Add a target outside of {}: a mailbox elsewhere, or an https address.",
            outside(domain)
        )])
    })
}

fn outside(domain: &Domain) -> &str {
    psl::domain_str(domain.as_str()).unwrap_or(domain.as_str())
}
