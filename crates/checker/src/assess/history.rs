//! Findings that need an earlier run to compare with.

use super::certificate::day;
use super::view::View;
use crate::bulk::previous::PreviousRun;
use crate::catalogue::Entry;
use crate::catalogue::body::P_TESTING;
use crate::catalogue::history::{Y_IDONLY, Y_MXDRIFT, Y_OLDMX, Y_SAMEID, Y_VANISH};
use crate::finding::{Finding, Severity};
use crate::report::PolicyStatus;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

pub(super) fn findings(view: &View<'_>, previous: &PreviousRun) -> Vec<Finding> {
    let mut findings: Vec<_> =
        [identity(view, previous), vanished(view, previous)].into_iter().flatten().collect();
    findings.extend(drift(view, previous));
    findings
}

/// Whether a finding of another section has the same cause as one of these.
pub(super) fn subsumes(history: &[Finding], other: &Finding) -> bool {
    let any = |id: &str| history.iter().any(|finding| finding.entry.id == id);
    let same_subject =
        |id: &str| history.iter().any(|f| f.entry.id == id && f.subject == other.subject);
    match other.entry.id {
        "M-UNMATCHED" => same_subject(Y_MXDRIFT.id),
        "M-NOMATCH" => any(Y_MXDRIFT.id),
        "M-UNUSED" => same_subject(Y_OLDMX.id),
        "D-NONE" | "D-ORPHAN" | "H-NXDOMAIN" => any(Y_VANISH.id),
        _ => false,
    }
}

/// A policy that is still in mode testing after [`LONG_IN_TESTING`] is no roll-out any more.
pub(super) fn harden(view: &View<'_>, previous: &PreviousRun, findings: &mut [Finding]) {
    let was_testing =
        previous.status == PolicyStatus::Valid && previous.mode.as_deref() == Some("testing");
    let long = view.evidence.checked_at.duration_since(previous.checked_at) > LONG_IN_TESTING;
    if !(was_testing && long) {
        return;
    }
    for finding in findings.iter_mut().filter(|finding| finding.entry == &P_TESTING) {
        finding.severity = finding.severity.max(Severity::High);
        finding.detail = format!(
            "the mode was testing on {} already, and still is: senders report failures and \
             deliver all the same",
            day(previous.checked_at)
        );
    }
}

/// SHA-256 of a body, hexadecimal.
pub(crate) fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut hex, byte| {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        hex.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        hex
    })
}

/// id and body change together or not at all (RFC 8461 §3.1, §8.1).
fn identity(view: &View<'_>, previous: &PreviousRun) -> Option<Finding> {
    let id = view.record?.id.as_str();
    let body = view.body.as_ref().filter(|body| body.seen_by_senders)?;
    let (old_id, old_body) = (previous.id.as_deref()?, previous.body_sha256.as_deref()?);
    let name = view.evidence.domain.prefixed("_mta-sts");
    let same_body = body_hash(body.bytes) == old_body;
    match (id == old_id, same_body) {
        (true, false) => Some(finding(
            view,
            &Y_SAMEID,
            name.as_str(),
            format!(
                "the policy has changed since {}, the id {id} has not: senders keep the old policy until it expires",
                minute(previous.checked_at)
            ),
            vec![new_id(view)],
        )),
        (false, true) => Some(finding(
            view,
            &Y_IDONLY,
            name.as_str(),
            format!(
                "the id has changed from {old_id} to {id} since {}, the policy has not",
                minute(previous.checked_at)
            ),
            vec!["Change the policy file first, and then the id.".to_owned()],
        )),
        (true, true) | (false, false) => None,
    }
}

/// A policy that senders may still hold is gone (RFC 8461 §8.3).
fn vanished(view: &View<'_>, previous: &PreviousRun) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let answers = [&host.ipv4, &host.ipv6];
    let host_is_gone = answers.iter().all(|a| a.as_ref().is_ok_and(|a| a.records().is_empty()));
    let is_gone = view.status == PolicyStatus::None || host_is_gone;
    if previous.status != PolicyStatus::Valid || !is_gone || view.evidence.record.lookup.is_err() {
        return None;
    }
    let mode = match previous.mode.as_deref()? {
        "enforce" => Mode::Enforce,
        "testing" => Mode::Testing,
        _ => return None,
    };
    let held = SignedDuration::from_secs(i64::from(previous.max_age?));
    let now = view.evidence.checked_at;
    if previous.checked_at.checked_add(held).ok()? <= now {
        return None;
    }
    // Nobody knows when it was served last; it may have been a moment ago.
    let until = minute(now.checked_add(held).ok()?);
    let domain = view.evidence.domain.as_str();
    let severity = Y_VANISH.severity(Some(mode)).unwrap_or(Severity::High);
    let detail = format!(
        "the policy in mode {mode} seen on {} is gone, and senders may hold it until {until} and go by it",
        minute(previous.checked_at)
    );
    Some(Finding::new(&Y_VANISH, severity, domain, detail).with_fix([
        "Serve this policy again:\nversion: STSv1\nmode: none\nmax_age: 86400".to_owned(),
        new_id(view),
        format!("Remove record and host after {until} at the earliest."),
    ]))
}

/// The MX records have changed, and the policy has not followed (RFC 8461 §8.1).
fn drift(view: &View<'_>, previous: &PreviousRun) -> Vec<Finding> {
    let Some(policy) = view.readable().filter(|policy| policy.mode != Mode::None) else {
        return Vec::new();
    };
    let is_new = |host: &str| !previous.mx.iter().any(|old| &**old == host);
    let unmatched: Vec<&str> = view
        .hosts()
        .iter()
        .map(|host| &host.seen.name)
        .filter(|name| !policy.covers(name))
        .map(ironpost_proto::domain::DnsName::as_str)
        .collect();
    let mut findings: Vec<_> = unmatched
        .iter()
        .filter(|host| is_new(host) && !previous.mx.is_empty())
        .map(|host| {
            finding(view, &Y_MXDRIFT, host, format!(
                "the MX {host} is new since {}, and the policy does not match it", minute(previous.checked_at)
            ), vec![
                format!("Add to the policy: mx: {host}"),
                new_id(view),
                "Next time add the new MX to the policy at least the TXT TTL and a day before the MX record changes.".to_owned(),
            ])
        })
        .collect();
    if !unmatched.is_empty() {
        findings.extend(old_patterns(view, policy, previous));
    }
    findings
}

/// Patterns that name an MX of earlier days.
fn old_patterns(view: &View<'_>, policy: &Policy, previous: &PreviousRun) -> Vec<Finding> {
    let current: Vec<&str> = view.hosts().iter().map(|host| host.seen.name.as_str()).collect();
    policy
        .mx
        .iter()
        .map(ToString::to_string)
        .filter(|p| previous.mx.iter().any(|old| **old == **p) && !current.contains(&p.as_str()))
        .map(|pattern| {
            finding(view, &Y_OLDMX, &pattern, format!(
                "the pattern {pattern} names an MX that was in use on {}; the policy was not updated after the migration", minute(previous.checked_at)
            ), vec![format!("Replace “mx: {pattern}” by the MX hosts of today: {}", current.join(", "))])
        })
        .collect()
}

fn new_id(view: &View<'_>) -> String {
    let name = view.evidence.domain.prefixed("_mta-sts");
    format!("Then publish a new id:\n{name}. 3600 IN TXT \"v=STSv1; id={};\"", view.fresh_id())
}

/// `2026-06-01 12:00 UTC`.
fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn finding(
    view: &View<'_>,
    entry: &'static Entry,
    subject: &str,
    detail: String,
    fix: Vec<String>,
) -> Finding {
    let severity = entry.severity(view.mode()).unwrap_or(Severity::Medium);
    Finding::new(entry, severity, subject, detail).with_fix(fix)
}

/// How long mode testing may last.
const LONG_IN_TESTING: SignedDuration = SignedDuration::from_hours(60 * 24);

#[cfg(test)]
mod tests;
