//! The answer in a word and in a sentence.

use crate::assess::Assessment;
use crate::assess::hosts::tls_state;
use crate::assess::view::View;
use crate::catalogue::Section;
use crate::evidence::Host;
use crate::finding::{Finding, Severity};
use crate::report::{PolicyStatus, SenderAction, TlsState, Verdict};
use crate::simulate::simulate;
use ironpost_net::dns::answer::DnsError;
use ironpost_proto::mta_sts::policy::{Mode, Policy};

/// The verdict on an assessment.
pub fn verdict(assessment: &Assessment<'_>) -> Verdict {
    let view = &assessment.view;
    if is_refused(view) {
        return Verdict::AtRisk;
    }
    if view.domain_is_missing() || could_not_look(view) {
        return Verdict::CouldNotTell;
    }
    match (view.applied(), view.status) {
        _ if view.has_null_mx() => Verdict::Parked,
        (Some(policy), _) => match policy.mode {
            Mode::Enforce => Verdict::Protected,
            Mode::Testing => Verdict::Testing,
            Mode::None => Verdict::OptedOut,
        },
        (None, PolicyStatus::None) => Verdict::Absent,
        (None, PolicyStatus::Valid | PolicyStatus::Invalid) => Verdict::IgnoredBySenders,
    }
}

/// Senders refuse to deliver to at least one MX: under a policy in mode enforce, by DANE, or
/// because they validate and find the zone bogus.
pub(crate) fn is_refused(view: &View<'_>) -> bool {
    let refused = |host: &Host| simulate(view, host).action == SenderAction::Refuse;
    view.zone_is_bogus() || view.hosts().iter().any(refused)
}

/// A lookup or connection that the verdict rests on failed.
fn could_not_look(view: &View<'_>) -> bool {
    let evidence = view.evidence;
    let expected = !evidence.record.set.candidates.is_empty();
    let host = &evidence.policy_host;
    let unfetched = expected
        && view.applied().is_none()
        && if host.fetches.is_empty() {
            host.ipv4.is_err() || host.ipv6.is_err()
        } else {
            host.fetches.iter().all(|fetch| {
                fetch.failure == Some(ironpost_net::policy_fetch::FetchFailure::Unroutable)
            })
        };
    let loops = matches!(
        &evidence.record.lookup,
        Err(DnsError::AliasLoop { .. } | DnsError::AliasLimit { .. })
    );
    (evidence.record.lookup.is_err() && !loops) || unfetched
}

/// The answer in a sentence for a tired administrator.
pub fn summary(assessment: &Assessment<'_>, verdict: Verdict) -> String {
    let view = &assessment.view;
    let domain = &view.evidence.domain;
    // Findings come worst first; a sentence names one that its verdict rests on.
    let worst = |sections: &[Section]| {
        let about = |finding: &&Finding| sections.contains(&finding.entry.section);
        assessment.findings.iter().filter(|f| f.severity >= Severity::Medium).find(about)
    };
    match verdict {
        Verdict::Protected if all_tested(view) => {
            "Senders that know MTA-STS deliver over verified TLS to the listed MX hosts, or not at all.".to_owned()
        }
        Verdict::Protected => {
            "The policy is in force; whether every MX host meets it was not tested.".to_owned()
        }
        Verdict::AtRisk => format!(
            "Mail is being refused: {}.",
            worst(DELIVERY).map_or("senders cannot deliver to every MX", |finding| &finding.detail)
        ),
        Verdict::Testing => match broken_hosts(view) {
            0 => "Failures are reported, mail is not protected yet. Nothing seen here stands in the way of mode enforce.".to_owned(),
            1 => "Failures are reported, mail is not protected. One MX host would be refused in mode enforce.".to_owned(),
            n => format!("Failures are reported, mail is not protected. {n} MX hosts would be refused in mode enforce."),
        },
        Verdict::IgnoredBySenders => {
            let cause = worst(DISCOVERY).or_else(|| worst(DELIVERY));
            // RFC 8461 §3.2: that senders look at the media type is a SHOULD.
            let rule = match cause.map(|finding| finding.entry.id) {
                Some("H-CTYPE") => "senders that check its type",
                _ => "senders must",
            };
            let cause = cause.map_or("it is not valid", |finding| &finding.detail);
            format!("A policy is published, but {rule} ignore it: {cause}.")
        }
        Verdict::Absent if has_dane(view) => {
            "There is no MTA-STS policy; DANE protects mail from senders that validate DNSSEC.".to_owned()
        }
        Verdict::Absent => format!("{domain} publishes no MTA-STS policy: anyone on the way can switch encryption off."),
        Verdict::OptedOut => "The policy is in mode none: senders treat the domain as if it had no policy.".to_owned(),
        Verdict::Parked => format!("{domain} takes no mail."),
        Verdict::CouldNotTell if view.domain_is_missing() => format!("{domain} does not exist in DNS. Check the spelling."),
        Verdict::CouldNotTell => match assessment.not_tested.first() {
            Some(gap) => format!("No verdict: {} could not be looked at ({}).", gap.what, gap.reason),
            None => "No verdict: the domain could not be looked at.".to_owned(),
        },
    }
}

/// Where a policy comes from: what makes senders ignore one.
const DISCOVERY: &[Section] = &[Section::Txt, Section::PolicyHost, Section::Body];
/// Where mail goes: what makes senders refuse an MX. Findings about changes stand under
/// operations.
const DELIVERY: &[Section] =
    &[Section::MxMatch, Section::MxTls, Section::Dane, Section::Operations];

fn all_tested(view: &View<'_>) -> bool {
    let evidence = view.evidence;
    !view.hosts().is_empty()
        && view.hosts().iter().all(|h| tls_state(&h.seen, evidence.egress) == TlsState::Ok)
}

/// MX hosts that a sender would skip if the policy were enforced.
fn broken_hosts(view: &View<'_>) -> usize {
    let covers = |policy: Option<&Policy>, host: &Host| {
        policy.is_none_or(|policy| policy.covers(&host.seen.name))
    };
    view.hosts()
        .iter()
        .filter(|host| {
            !covers(view.readable(), host)
                || tls_state(&host.seen, view.evidence.egress) == TlsState::Faulty
        })
        .count()
}

fn has_dane(view: &View<'_>) -> bool {
    crate::grade::is_dane_complete(view)
}
