//! What was not tested, and why.

use super::hosts::{AddressState, dane_state, states};
use super::view::View;
use crate::catalogue::Section;
use crate::evidence::{HostEvidence, TargetState};
use crate::report::{DaneState, NotTested};
use ironpost_net::dns::answer::{DnsError, Security};
use ironpost_net::policy_fetch::FetchFailure;
use ironpost_proto::visible::Visible;
use std::collections::BTreeSet;

pub(super) fn list(view: &View<'_>) -> Vec<NotTested> {
    let mut list = Vec::new();
    let evidence = view.evidence;
    if view.domain_is_missing() {
        list.push(entry(
            Section::Txt,
            evidence.domain.as_str(),
            "the domain does not exist in DNS",
        ));
        return list;
    }
    // A chain of aliases that leads nowhere was looked at: D-CNAME.
    if let Err(error) = &evidence.record.lookup
        && !matches!(error, DnsError::AliasLoop { .. } | DnsError::AliasLimit { .. })
    {
        list.push(entry(
            Section::Txt,
            evidence.domain.prefixed("_mta-sts").as_str(),
            &error.to_string(),
        ));
    }
    policy_host(view, &mut list);
    if let Err(error) = &evidence.mx {
        list.push(entry(Section::MxMatch, "MX records", &error.to_string()));
        list.push(entry(Section::MxTls, "MX hosts", "the MX records could not be looked up"));
    }
    beyond_the_limit(view, &mut list);
    if evidence.skip.smtp {
        list.push(entry(Section::MxTls, "MX hosts", "left out by request"));
    } else {
        for host in view.hosts() {
            addresses(view, &host.seen, &mut list);
        }
    }
    tls_rpt(view, &mut list);
    dane(view, &mut list);
    list
}

/// MX hosts that there were too many of. What stands behind the last must not pass for tested.
fn beyond_the_limit(view: &View<'_>, list: &mut Vec<NotTested>) {
    let looked_at: BTreeSet<_> = view.hosts().iter().map(|host| &host.seen.name).collect();
    let records = view.mx_records().unwrap_or_default().iter().map(|mx| &mx.exchange);
    let named: BTreeSet<_> = records.filter(|name| !name.is_root()).collect();
    let beyond = named.difference(&looked_at).count();
    if beyond > 0 {
        let what = format!("{beyond} more MX hosts");
        let reason = format!("only the first {} are looked at", looked_at.len());
        list.push(entry(Section::MxMatch, &what, &reason));
        list.push(entry(Section::MxTls, &what, &reason));
    }
}

fn policy_host(view: &View<'_>, list: &mut Vec<NotTested>) {
    let host = &view.evidence.policy_host;
    let expected = !view.evidence.record.set.candidates.is_empty();
    let failed = host.ipv4.as_ref().err().or(host.ipv6.as_ref().err());
    if let (true, true, Some(error)) = (expected, host.fetches.is_empty(), failed) {
        list.push(entry(Section::PolicyHost, host.name.as_str(), &error.to_string()));
    }
    let lookups = [&host.ipv4, &host.ipv6].into_iter().flatten();
    let published: usize = lookups.map(|answer| answer.records().len()).sum();
    if expected && published > host.fetches.len() {
        let reason = format!("only {} of its {published} addresses are tried", host.fetches.len());
        list.push(entry(Section::PolicyHost, host.name.as_str(), &reason));
    }
    for fetch in &host.fetches {
        if let Some(failure @ FetchFailure::Unroutable) = &fetch.failure {
            let what = format!("{} at {}", host.name, fetch.address.ip());
            list.push(entry(Section::PolicyHost, &what, &failure.to_string()));
        }
    }
}

fn addresses(view: &View<'_>, seen: &HostEvidence, list: &mut Vec<NotTested>) {
    let host = seen.name.as_str();
    if seen.cut_short {
        list.push(entry(Section::MxTls, host, "the time for this domain was over"));
    }
    if seen.cut_short && seen.probes.is_empty() {
        return;
    }
    if seen.probes.is_empty() {
        let failed = [&seen.ipv4, &seen.ipv6].into_iter().flatten().find_map(|l| l.as_ref().err());
        let reason = match failed {
            Some(error) => error.to_string(),
            None => "it has no address to connect to".to_owned(),
        };
        list.push(entry(Section::MxTls, host, &reason));
    }
    let lookups = [&seen.ipv4, &seen.ipv6].into_iter().flatten().flatten();
    let published: usize = lookups.map(|answer| answer.records().len()).sum();
    if published > seen.probes.len() && !seen.probes.is_empty() && !seen.cut_short {
        let reason = format!("only {} of its {published} addresses are tried", seen.probes.len());
        list.push(entry(Section::MxTls, host, &reason));
    }
    for (probe, state) in seen.probes.iter().zip(states(seen, view.evidence.egress)) {
        if let AddressState::Dead(why)
        | AddressState::Deferred(why)
        | AddressState::NotTested(why) = state
        {
            list.push(entry(Section::MxTls, &format!("{host} at {}", probe.address.ip()), &why));
        }
    }
}

fn tls_rpt(view: &View<'_>, list: &mut Vec<NotTested>) {
    let name = view.evidence.domain.prefixed("_smtp._tls");
    let Some(seen) = &view.evidence.tls_rpt else {
        list.push(entry(Section::TlsRpt, name.as_str(), "left out by request"));
        return;
    };
    if let Err(error) = &seen.lookup {
        list.push(entry(Section::TlsRpt, name.as_str(), &error.to_string()));
    }
    for target in &seen.targets {
        if let TargetState::NotTested(Some(error)) = &target.state {
            list.push(entry(Section::TlsRpt, target.uri.as_str(), &error.to_string()));
        }
    }
}

fn dane(view: &View<'_>, list: &mut Vec<NotTested>) {
    if view.evidence.skip.dane {
        list.push(entry(Section::Dane, "TLSA records", "left out by request"));
        return;
    }
    if let Ok(answer) = &view.evidence.mx
        && let Security::Indeterminate(why) = &answer.security
    {
        list.push(entry(Section::Dane, "TLSA records", why));
        return;
    }
    for host in view.hosts() {
        let Some(tlsa) = &host.seen.tlsa else { continue };
        let at = tlsa.base.prefixed("_25._tcp");
        match &tlsa.lookup {
            Ok(answer) => {
                if let Security::Indeterminate(why) = &answer.security {
                    list.push(entry(Section::Dane, at.as_str(), why));
                }
            }
            // Tested, and found wanting.
            Err(_) if dane_state(view, &host.seen) == DaneState::Bogus => {}
            // N-BOGUS tells of it.
            Err(DnsError::ServFail { bogus: true, .. }) => {}
            Err(error) => list.push(entry(Section::Dane, at.as_str(), &error.to_string())),
        }
    }
}

fn entry(section: Section, what: &str, reason: &str) -> NotTested {
    let visible = |text: &str| Visible::from(text).to_string();
    NotTested { what: visible(what), section, reason: visible(reason) }
}
