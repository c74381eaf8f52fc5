//! DNSSEC and DANE.

use super::hosts::{dane_state, lacks_tls};
use super::view::View;
use crate::catalogue::Entry;
use crate::catalogue::dane::{
    N_BOGUS, N_BOTH, N_INSECURE, N_MISMATCH, N_NOSIGN, N_PARAM, N_PARTIAL,
};
use crate::catalogue::tls_rpt::R_HOST;
use crate::evidence::{Evidence, HostEvidence, TlsaEvidence};
use crate::finding::{Finding, Severity};
use crate::report::DaneState;
use ironpost_net::dns::answer::{Answer, DnsError, Lookup, Security};
use ironpost_proto::dane::{Tlsa, Unusable};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::visible::Visible;
use std::net::IpAddr;

/// A domain whose own zone fails validation.
pub(super) fn bogus_zone(evidence: &Evidence) -> Finding {
    let domain = &evidence.domain;
    bogus(domain.as_str(), &format!("the MX records of {domain}"), &reason(&evidence.mx))
}

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    if view.evidence.skip.dane {
        return Vec::new();
    }
    let mut findings: Vec<_> =
        view.hosts().iter().flat_map(|host| host_findings(view, &host.seen)).collect();
    findings.extend(unsigned(view));
    findings.extend(partial(view));
    findings.extend(both(view));
    findings
}

fn host_findings(view: &View<'_>, seen: &HostEvidence) -> Vec<Finding> {
    let host = seen.name.as_str();
    if let Some(reason) = addresses_bogus(seen) {
        return vec![bogus(host, &format!("the addresses of the MX {host}"), &reason)];
    }
    let Some(tlsa) = &seen.tlsa else { return Vec::new() };
    let at = tlsa.base.prefixed("_25._tcp");
    let state = dane_state(view, seen);
    let mut findings = match state {
        DaneState::Bogus => {
            vec![bogus(host, &format!("the TLSA records at {at}"), &reason(&tlsa.lookup))]
        }
        DaneState::NotTested => unanswered(seen, tlsa).into_iter().collect(),
        DaneState::Insecure => vec![insecure(view, host, tlsa)],
        // Without TLS there is no certificate to compare: S-NOSTARTTLS or S-TLSVER tells.
        DaneState::Mismatch if lacks_tls(seen) => Vec::new(),
        DaneState::Mismatch => vec![mismatch(view, seen, tlsa)],
        DaneState::Ok | DaneState::Unusable | DaneState::Absent => Vec::new(),
    };
    if is_secure(tlsa) {
        findings.extend(unusable(view, host, tlsa));
    }
    if state == DaneState::Ok && tlsa.reports == Some(false) {
        let name = tlsa.base.prefixed("_smtp._tls");
        findings.push(info(&R_HOST, host, format!(
            "the MX {host} uses DANE, and there is no TLS-RPT record at {name} for reports about it"
        )));
    }
    findings
}

fn is_secure(tlsa: &TlsaEvidence) -> bool {
    matches!(&tlsa.lookup, Ok(answer) if answer.security == Security::Secure)
}

fn addresses_bogus(seen: &HostEvidence) -> Option<String> {
    [&seen.ipv4, &seen.ipv6].into_iter().flatten().find_map(
        |lookup: &Lookup<IpAddr>| match lookup {
            Ok(Answer { security: Security::Bogus(reason), .. }) => Some(reason.clone()),
            Err(error @ DnsError::ServFail { bogus: true, .. }) => Some(error.to_string()),
            Ok(_) | Err(_) => None,
        },
    )
}

fn reason<T>(lookup: &Lookup<T>) -> String {
    match lookup {
        Ok(Answer { security: Security::Bogus(reason), .. }) => reason.clone(),
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

fn bogus(subject: &str, what: &str, reason: &str) -> Finding {
    let reason = Visible::from(reason);
    let detail =
        format!("DNSSEC validation fails for {what}: senders that validate cannot deliver");
    Finding::new(&N_BOGUS, Severity::Critical, subject, detail)
        .with_fix([
            "Compare the DS record in the parent zone with the keys of the zone.",
            "Sign the zone anew if signatures have expired, and check the clock of the signer.",
        ])
        .with_evidence([format!("validation: {reason}")])
}

/// RFC 7672 §2.1.2: a TLSA lookup that fails makes the host unreachable for DANE senders.
fn unanswered(seen: &HostEvidence, tlsa: &TlsaEvidence) -> Option<Finding> {
    let signed = seen
        .ipv4
        .iter()
        .chain(&seen.ipv6)
        .flatten()
        .any(|answer| answer.security == Security::Secure && !answer.records().is_empty());
    let Err(error @ (DnsError::ServFail { .. } | DnsError::Rcode { .. })) = &tlsa.lookup else {
        return None;
    };
    signed.then(|| {
        let at = tlsa.base.prefixed("_25._tcp");
        bogus(seen.name.as_str(), &format!("the TLSA records at {at}"), &error.to_string())
    })
}

fn insecure(view: &View<'_>, host: &str, tlsa: &TlsaEvidence) -> Finding {
    let severity = N_INSECURE.severity(view.host_mode()).unwrap_or(Severity::Low);
    let at = tlsa.base.prefixed("_25._tcp");
    Finding::new(
        &N_INSECURE,
        severity,
        host,
        format!("TLSA records at {at} stand in an unsigned zone: senders ignore them"),
    )
    .with_fix(["Sign the zone with DNSSEC, or remove the TLSA records."])
    .with_evidence(records(tlsa).iter().map(|record| format!("TLSA: {record}")))
}

fn mismatch(view: &View<'_>, seen: &HostEvidence, tlsa: &TlsaEvidence) -> Finding {
    let host = seen.name.as_str();
    let severity = N_MISMATCH.severity(view.host_mode()).unwrap_or(Severity::Critical);
    let at = tlsa.base.prefixed("_25._tcp");
    let leaf = seen.probes.iter().find_map(|probe| probe.tls.as_ref()?.chain.first());
    let current = leaf.map(|leaf| Tlsa::for_key(&leaf.spki));
    let mut fix: Vec<String> =
        current.iter().map(|record| format!("Publish: {at}. IN TLSA {record}")).collect();
    fix.push("Publish the record of a new key before the mail server uses it, and keep the old one until the TTL has passed.".to_owned());
    Finding::new(&N_MISMATCH, severity, host, format!("no TLSA record at {at} matches the certificate of the MX {host}: DANE senders refuse to deliver"))
        .with_fix(fix)
        .with_evidence(records(tlsa).iter().map(|record| format!("TLSA: {record}")))
}

/// Records that no SMTP client can use (RFC 7672 §3.1, RFC 6698 §4.1).
fn unusable(view: &View<'_>, host: &str, tlsa: &TlsaEvidence) -> Option<Finding> {
    let bad: Vec<(&Tlsa, Unusable)> =
        records(tlsa).iter().filter_map(|r| Some((r, r.usability().err()?))).collect();
    let (_, first) = bad.first()?;
    let why = match first {
        // RFC 7672 §3.1.3.
        Unusable::PkixUsage => "usage 0 and 1 are not for SMTP, and senders may skip them",
        Unusable::UnknownParameter => "a usage, selector or matching type is unassigned",
        Unusable::Length => "the data has another length than its digest",
    };
    let severity = N_PARAM.severity(view.host_mode()).unwrap_or(Severity::Medium);
    let at = tlsa.base.prefixed("_25._tcp");
    let detail = format!(
        "{} of {} TLSA records at {at} cannot be used: {why}",
        bad.len(),
        records(tlsa).len()
    );
    Some(
        Finding::new(&N_PARAM, severity, host, detail)
            .with_fix(["Publish 3 1 1 (or 2 1 1) records, and remove these."])
            .with_evidence(bad.iter().map(|(record, _)| format!("TLSA: {record}"))),
    )
}

fn records(tlsa: &TlsaEvidence) -> &[Tlsa] {
    tlsa.lookup.as_ref().map_or(&[], Answer::records)
}

fn unsigned(view: &View<'_>) -> Option<Finding> {
    let domain = &view.evidence.domain;
    if view.has_null_mx() || view.domain_is_missing() {
        return None;
    }
    if let Ok(Answer { security: Security::Insecure(more), .. }) = &view.evidence.mx {
        let more = more
            .as_ref()
            .map(|text| format!(" ({})", Visible::from(text.as_str())))
            .unwrap_or_default();
        return Some(info(
            &N_NOSIGN,
            domain.as_str(),
            format!("{domain} is not signed with DNSSEC{more}: DANE is not possible"),
        ));
    }
    let unsigned = view.hosts().iter().find(|host| {
        let lookups = [&host.seen.ipv4, &host.seen.ipv6];
        lookups.into_iter().flatten().flatten().any(|answer| {
            matches!(answer.security, Security::Insecure(_)) && !answer.records().is_empty()
        })
    })?;
    let host = unsigned.seen.name.as_str();
    Some(info(
        &N_NOSIGN,
        host,
        format!("the zone of the MX {host} is not signed with DNSSEC: DANE is not possible there"),
    ))
}

fn partial(view: &View<'_>) -> Option<Finding> {
    let with = |host: &&crate::evidence::Host| {
        host.seen.tlsa.as_ref().is_some_and(|tlsa| is_secure(tlsa) && !records(tlsa).is_empty())
    };
    let covered = view.hosts().iter().filter(with).count();
    let bare: Vec<_> = view
        .hosts()
        .iter()
        .filter(|host| dane_state(view, &host.seen) == DaneState::Absent)
        .map(|host| host.seen.name.as_str())
        .collect();
    let first = bare.first()?;
    (covered > 0).then(|| {
        let severity = N_PARTIAL.severity(view.host_mode()).unwrap_or(Severity::Medium);
        let hosts = if covered == 1 { "host has" } else { "hosts have" };
        let detail = format!(
            "{covered} MX {hosts} TLSA records, but not {}: an attacker steers mail there",
            bare.join(", ")
        );
        Finding::new(&N_PARTIAL, severity, *first, detail)
            .with_fix(bare.iter().map(|host| format!("Publish TLSA records at _25._tcp.{host}")))
    })
}

fn both(view: &View<'_>) -> Option<Finding> {
    let domain = view.evidence.domain.as_str();
    let active = view.applied().is_some_and(|policy| policy.mode != Mode::None);
    let dane = view.hosts().iter().any(|host| dane_state(view, &host.seen) == DaneState::Ok);
    (active && dane).then(|| {
        info(&N_BOTH, domain, format!(
            "{domain} uses DANE and MTA-STS: senders that know both go by DANE, all others need the public certificate to stay valid"
        ))
    })
}

fn info(entry: &'static Entry, subject: &str, detail: String) -> Finding {
    Finding::new(entry, Severity::Info, subject, detail).with_fix(entry.remedy.iter().copied())
}
