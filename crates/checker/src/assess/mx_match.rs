//! MX records against the patterns of the policy, and MX records that are wrong in themselves.

use super::near::{distance, is_slip};
use super::view::View;
use crate::catalogue::Entry;
use crate::catalogue::mx_match::{
    M_CNAME, M_IMPLICIT, M_IPLIT, M_NOMATCH, M_NULL, M_NXDOMAIN, M_PRIVATE, M_STSLABEL, M_TYPO,
    M_UNMATCHED, M_UNUSED, M_WEAK, M_WILD,
};
use crate::evidence::{Host, HostEvidence};
use crate::finding::{Finding, Severity};
use crate::lint::{Width, width};
use ironpost_net::dns::answer::{Answer, Outcome};
use ironpost_net::smtp::ProbeFailure;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use std::net::IpAddr;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let mut findings: Vec<_> = view.hosts().iter().filter_map(|host| record(view, host)).collect();
    let policy = view.readable().filter(|policy| policy.mode != Mode::None);
    let (Some(policy), Some(records)) = (policy, view.mx_records()) else { return findings };
    if view.has_null_mx() {
        findings.push(null(view, records.len()));
    } else if records.is_empty() {
        findings.extend(implicit(view, policy));
    } else {
        findings.extend(matches(view, policy));
    }
    findings.extend(weak(view, policy));
    findings
}

/// Faults of an MX record, whatever the policy.
fn record(view: &View<'_>, host: &Host) -> Option<Finding> {
    let seen = &host.seen;
    let name = &seen.name;
    let finding = |entry: &'static Entry, detail: String, fix: String| {
        let severity = entry.severity(view.host_mode()).unwrap_or(Severity::High);
        Finding::new(entry, severity, name.as_str(), detail).with_fix([fix])
    };
    if seen.is_address() {
        return Some(finding(
            &M_IPLIT,
            format!("the MX record names the address {name}; it has to name a host"),
            format!(
                "Give the mail server a host name and put that into the MX record in place of {name}."
            ),
        ));
    }
    if let Some(address) = forbidden(seen) {
        return Some(finding(
            &M_PRIVATE,
            format!(
                "the MX {name} has the address {address}, which is not public; it was not probed"
            ),
            format!("Publish a public address for {name}."),
        ));
    }
    let (ipv4, ipv6) = (seen.ipv4.as_ref()?.as_ref().ok()?, seen.ipv6.as_ref()?.as_ref().ok()?);
    if ipv4.records().is_empty() && ipv6.records().is_empty() {
        // Without an MX record the domain need not have an address: it takes no mail.
        host.preference?;
        return Some(finding(
            &M_NXDOMAIN,
            no_address(name, ipv4),
            format!("Create A or AAAA records for {name}, or remove the MX record."),
        ));
    }
    let alias = ipv4.aliases.last().or(ipv6.aliases.last())?;
    host.preference?;
    Some(finding(
        &M_CNAME,
        format!(
            "the MX {name} is an alias for {alias}; senders compare the name {name}, not the target"
        ),
        format!("Put the real host name into the MX record and into the policy: {alias}"),
    ))
}

fn no_address(name: &DnsName, ipv4: &Answer<IpAddr>) -> String {
    match ipv4.outcome {
        Outcome::NxDomain => format!("the MX {name} does not exist in DNS"),
        Outcome::NoData | Outcome::Found(_) => format!("the MX {name} has no address"),
    }
}

/// An address of the host that the guard keeps us from.
fn forbidden(seen: &HostEvidence) -> Option<IpAddr> {
    let probe =
        seen.probes.iter().find(|p| matches!(p.failure, Some(ProbeFailure::Forbidden(_))))?;
    Some(probe.address.ip())
}

fn null(view: &View<'_>, records: usize) -> Finding {
    let domain = &view.evidence.domain;
    let severity = M_NULL.severity(view.mode()).unwrap_or(Severity::High);
    let detail = if records > 1 {
        format!(
            "{domain} has a null MX beside other MX records, and a policy; a null MX must stand alone"
        )
    } else {
        format!("{domain} takes no mail (null MX), yet publishes a policy")
    };
    Finding::new(&M_NULL, severity, domain.as_str(), detail).with_fix([
        "Replace the policy by:\nversion: STSv1\nmode: none\nmax_age: 86400".to_owned(),
        new_id(view),
        "Remove record and policy when no sender can hold the older policy: its last serving plus its max_age (RFC 8461 §8.3).".to_owned(),
    ])
}

fn implicit(view: &View<'_>, policy: &Policy) -> Option<Finding> {
    let domain = &view.evidence.domain;
    let seen = &view.hosts().first()?.seen;
    let has_address = [&seen.ipv4, &seen.ipv6]
        .into_iter()
        .flatten()
        .flatten()
        .any(|answer| !answer.records().is_empty());
    let covered = policy.covers(&DnsName::from(domain));
    let (severity, detail) = match (has_address, covered) {
        (true, true) => (
            Severity::Info,
            format!(
                "{domain} has no MX record; senders use its address, and the policy matches that name"
            ),
        ),
        (true, false) => (
            M_IMPLICIT.severity(view.mode())?,
            format!(
                "{domain} has no MX record, so senders deliver to {domain} itself, and no pattern matches that name"
            ),
        ),
        (false, _) => (
            M_IMPLICIT.severity(view.mode())?,
            format!("{domain} has neither MX record nor address, yet publishes a policy"),
        ),
    };
    let host = if has_address && covered {
        domain.clone()
    } else {
        policy.mx.first().map_or_else(|| domain.clone(), |pattern| pattern.domain().clone())
    };
    let mut fix = vec![format!("Publish an MX record: {domain}. IN MX 10 {host}.")];
    if !policy.covers(&DnsName::from(&host)) {
        fix.push(format!("List that name in the policy: mx: {host}"));
        fix.push(new_id(view));
    }
    Some(Finding::new(&M_IMPLICIT, severity, domain.as_str(), detail).with_fix(fix))
}

/// MX records that no pattern matches, and patterns that match no MX record.
fn matches(view: &View<'_>, policy: &Policy) -> Vec<Finding> {
    let hosts: Vec<&DnsName> = view
        .hosts()
        .iter()
        .filter(|host| !host.seen.is_address())
        .map(|host| &host.seen.name)
        .collect();
    let unmatched: Vec<&DnsName> =
        hosts.iter().copied().filter(|host| !policy.covers(host)).collect();
    let unused: Vec<&MxPattern> = policy
        .mx
        .iter()
        .filter(|pattern| !hosts.iter().any(|host| pattern.matches_name(host)))
        .collect();
    if unmatched.is_empty() {
        let leftovers = unused.into_iter().filter_map(|pattern| leftover(view, pattern));
        return leftovers.take(MOST_ALIKE).collect();
    }
    let mut findings = Vec::new();
    let mut unexplained = Vec::new();
    for host in &unmatched {
        match unused.iter().find_map(|pattern| explained(view, pattern, host)) {
            Some(finding) => findings.push(finding),
            None => unexplained.push(*host),
        }
    }
    // One slip in a pattern may leave several hosts out; it is told once.
    findings.dedup_by(|a, b| a.entry.id == b.entry.id && a.subject == b.subject);
    if unexplained.len() == hosts.len() {
        findings.push(none_matches(view, policy, &hosts));
    } else {
        findings.extend(unexplained.iter().map(|host| unmatched_host(view, host, &unused)));
    }
    findings
}

/// Why a pattern that was meant for `host` does not match it, if that can be seen.
fn explained(view: &View<'_>, pattern: &MxPattern, host: &DnsName) -> Option<Finding> {
    let (name, base) = (host.as_str(), pattern.domain().as_str());
    if is_sts_label(pattern) {
        return Some(faulty_pattern(
            view,
            &M_STSLABEL,
            pattern,
            format!("the pattern {pattern} names the policy host; it has to name the MX, {host}"),
            host,
        ));
    }
    let below = name.strip_suffix(base);
    if pattern.is_wildcard() && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
        let why = if name == base { "not the name itself" } else { "not two" };
        return Some(faulty_pattern(
            view,
            &M_WILD,
            pattern,
            format!(
                "the pattern {pattern} does not match the MX {host}: * stands for exactly one label, {why}"
            ),
            host,
        ));
    }
    let written = pattern.to_string();
    let meant = if pattern.is_wildcard() {
        format!("*.{}", name.split_once('.')?.1)
    } else {
        name.to_owned()
    };
    is_slip(&written, &meant).then(|| {
        faulty_pattern(
            view,
            &M_TYPO,
            pattern,
            format!("the pattern {pattern} matches no MX; it looks like a slip for {meant}"),
            host,
        )
    })
}

fn faulty_pattern(
    view: &View<'_>,
    entry: &'static Entry,
    pattern: &MxPattern,
    detail: String,
    host: &DnsName,
) -> Finding {
    let severity = entry.severity(view.mode()).unwrap_or(Severity::Critical);
    Finding::new(entry, severity, pattern.to_string(), detail)
        .with_fix([format!("Replace “mx: {pattern}” by “mx: {host}” in the policy."), new_id(view)])
        .with_evidence(mx_lines(view))
}

fn none_matches(view: &View<'_>, policy: &Policy, hosts: &[&DnsName]) -> Finding {
    let severity = M_NOMATCH.severity(view.mode()).unwrap_or(Severity::Critical);
    let shown = join(hosts.iter().take(NAMES_SHOWN).map(|host| host.as_str()));
    let patterns = join(policy.mx.iter().take(NAMES_SHOWN).map(MxPattern::to_string));
    let detail = format!(
        "no MX matches the policy: the MX records name {shown}, the policy lists {patterns}"
    );
    let mut fix: Vec<_> =
        hosts.iter().map(|host| format!("Add to the policy: mx: {host}")).collect();
    fix.push(new_id(view));
    Finding::new(&M_NOMATCH, severity, view.evidence.domain.as_str(), detail)
        .with_fix(fix)
        .with_evidence(mx_lines(view))
}

fn unmatched_host(view: &View<'_>, host: &DnsName, unused: &[&MxPattern]) -> Finding {
    let severity = M_UNMATCHED.severity(view.mode()).unwrap_or(Severity::Critical);
    let nearest = unused
        .iter()
        .map(|pattern| (distance(&pattern.to_string(), host.as_str()), pattern))
        .filter(|(slips, _)| *slips <= NEAR)
        .min_by_key(|(slips, _)| *slips);
    let hint =
        nearest.map(|(_, p)| format!(" (the nearest unused one is {p})")).unwrap_or_default();
    let effect = match view.mode() {
        Some(Mode::Testing) => "senders report it, and would skip it in mode enforce",
        Some(Mode::Enforce | Mode::None) | None => "senders skip it",
    };
    let detail = format!("the MX {host} matches no pattern of the policy{hint}; {effect}");
    Finding::new(&M_UNMATCHED, severity, host.as_str(), detail)
        .with_fix([format!("Add to the policy: mx: {host}"), new_id(view)])
        .with_evidence(mx_lines(view))
}

/// A pattern without an MX. A provider's wildcard covers hosts that come and go.
fn leftover(view: &View<'_>, pattern: &MxPattern) -> Option<Finding> {
    if is_sts_label(pattern) {
        let detail = format!("the pattern {pattern} names the policy host, which is no MX");
        let finding = Finding::new(&M_STSLABEL, Severity::Low, pattern.to_string(), detail);
        return Some(
            finding.with_fix([format!("Remove “mx: {pattern}” from the policy."), new_id(view)]),
        );
    }
    if pattern.is_wildcard() && !is_own(view, pattern.domain()) {
        return None;
    }
    let severity = M_UNUSED.severity(view.mode()).unwrap_or(Severity::Low);
    Some(
        Finding::new(
            &M_UNUSED,
            severity,
            pattern.to_string(),
            format!("the pattern {pattern} matches no MX record of the domain"),
        )
        .with_fix([
            format!("If no migration is under way, remove “mx: {pattern}” from the policy."),
            new_id(view),
        ])
        .with_evidence(mx_lines(view)),
    )
}

/// Wildcards under which anyone, or any host of the domain, may pass as the MX.
fn weak(view: &View<'_>, policy: &Policy) -> Vec<Finding> {
    let why = |pattern: &MxPattern| match width(pattern, Some(&view.evidence.domain))? {
        Width::PublicSuffix => Some("it covers every domain registered there"),
        Width::OwnDomain => Some("it covers every host of the domain that can get a certificate"),
    };
    let severity = M_WEAK.severity(view.mode()).unwrap_or(Severity::Medium);
    policy
        .mx
        .iter()
        .filter_map(|pattern| Some((pattern, why(pattern)?)))
        .map(|(pattern, why)| {
            Finding::new(
                &M_WEAK,
                severity,
                pattern.to_string(),
                format!("the pattern {pattern} is wider than needed: {why}"),
            )
            .with_fix(["List the MX hosts by name.".to_owned(), new_id(view)])
        })
        .take(MOST_ALIKE)
        .collect()
}

fn is_sts_label(pattern: &MxPattern) -> bool {
    pattern.domain().labels().next() == Some("mta-sts")
}

/// True for names in the domain's own registrable domain.
fn is_own(view: &View<'_>, name: &Domain) -> bool {
    psl::domain_str(name.as_str()) == psl::domain_str(view.evidence.domain.as_str())
}

fn new_id(view: &View<'_>) -> String {
    format!(
        "Then publish a new id: {}. 3600 IN TXT \"v=STSv1; id={};\"",
        view.evidence.domain.prefixed("_mta-sts"),
        view.fresh_id()
    )
}

fn mx_lines(view: &View<'_>) -> Vec<String> {
    let records = view.mx_records().unwrap_or_default();
    let shown = records.iter().take(RECORDS_SHOWN);
    let mut lines: Vec<_> =
        shown.map(|mx| format!("MX: {} {}", mx.preference, mx.exchange)).collect();
    if records.len() > RECORDS_SHOWN {
        lines.push(format!("and {} more", records.len() - RECORDS_SHOWN));
    }
    lines
}

fn join<S: AsRef<str>>(names: impl Iterator<Item = S>) -> String {
    names.map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}

/// Names worth reading in one sentence.
const NAMES_SHOWN: usize = 4;
/// MX records worth reading beside a finding. An answer can hold thousands.
const RECORDS_SHOWN: usize = 20;
/// Findings of one kind about patterns. A policy can list thousands.
const MOST_ALIKE: usize = 50;
/// Slips up to which a pattern is worth mentioning.
const NEAR: usize = 5;

#[cfg(test)]
mod tests;
