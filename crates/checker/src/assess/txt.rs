//! The `_mta-sts` TXT record.

use super::view::{View, is_dangling};
use crate::catalogue::txt::{
    D_CNAME, D_CNAME_DEPTH, D_DNSFAIL, D_LOCATION, D_NONE, D_ORPHAN, D_SPLIT, D_TTL, D_WILDCARD,
};
use crate::finding::{Finding, Severity};
use crate::lint;
use ironpost_net::dns::answer::DnsError;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::visible::Visible;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let evidence = view.evidence;
    let name = evidence.domain.prefixed("_mta-sts");
    if is_dangling(evidence) {
        return vec![dangling(view, &name)];
    }
    let answer = match &evidence.record.lookup {
        Ok(answer) => answer,
        Err(error) => return failed(view, &name, error).into_iter().collect(),
    };
    let mut findings = Vec::new();
    if evidence.record.set.candidates.is_empty() {
        findings.extend(absent(view, &name));
    } else {
        findings.extend(lint::txt_findings(&evidence.record.set, &name, &view.fresh_id()));
        findings.extend(depth(&name, &answer.aliases));
        findings.extend(ttl(view, &name, answer.ttl));
        findings.extend(split(view, &name));
    }
    findings
}

/// Why there is no record; the first cause that explains it.
fn absent(view: &View<'_>, name: &DnsName) -> Vec<Finding> {
    let evidence = view.evidence;
    if let Some(misplaced) = evidence.record.misplaced.first() {
        let text = Visible::excerpt(&misplaced.text, RECORD);
        let detail = format!(
            "the MTA-STS record stands at {}, where no sender looks; it belongs at {name}",
            misplaced.at
        );
        let finding = critical(&D_LOCATION, misplaced.at.as_str(), detail)
            .with_fix([
                format!("Publish at the right name: {name}. 3600 IN TXT \"{text}\""),
                format!("Remove the record at {}.", misplaced.at),
            ])
            .with_evidence([format!("{} TXT: {text}", misplaced.at)]);
        return vec![finding];
    }
    let from_set = lint::txt_findings(&evidence.record.set, name, &view.fresh_id());
    let meant = from_set.iter().any(|finding| finding.severity == Severity::Critical);
    if meant {
        return from_set;
    }
    if evidence.record.wildcard {
        return vec![wildcard(view, name)];
    }
    if from_set.iter().any(|finding| finding.entry.id == D_WILDCARD.id) {
        return from_set;
    }
    if view.has_null_mx() || view.domain_is_missing() {
        // Nothing to protect; K-PARKED speaks for the domain.
        return from_set;
    }
    let orphan = view.body.as_ref().is_some_and(|b| b.seen_by_senders && b.parsed.verdict.is_ok());
    let missing = if orphan {
        Finding::new(
            &D_ORPHAN,
            Severity::High,
            name.as_str(),
            format!("a valid policy is served, but there is no TXT record at {name}: no sender ever looks at it"),
        )
        .with_fix([publish(name, &view.fresh_id())])
    } else {
        none(view, name)
    };
    let mut findings = vec![missing];
    findings.extend(from_set);
    findings
}

fn none(view: &View<'_>, name: &DnsName) -> Finding {
    let detail = format!("there is no MTA-STS record at {name}");
    Finding::new(&D_NONE, Severity::High, name.as_str(), detail).with_fix(introduce(view, name))
}

/// The way to a first policy; the record comes last (RFC 8461 §8.1).
fn introduce(view: &View<'_>, name: &DnsName) -> [String; 3] {
    let domain = &view.evidence.domain;
    [
        format!("Make a policy from the MX records: ironpost policy new --from-dns {domain}"),
        format!(
            "Serve it at https://mta-sts.{domain}/.well-known/mta-sts.txt, in mode testing at first."
        ),
        publish(name, &view.fresh_id()),
    ]
}

fn publish(name: &DnsName, id: &str) -> String {
    format!("Publish: {name}. 3600 IN TXT \"v=STSv1; id={id};\"")
}

fn wildcard(view: &View<'_>, name: &DnsName) -> Finding {
    let records = &view.evidence.record.set.discarded;
    Finding::new(
        &D_WILDCARD,
        Severity::High,
        name.as_str(),
        format!("a wildcard TXT record answers for {name}; there is no MTA-STS record of its own"),
    )
    .with_fix(
        introduce(view, name)
            .into_iter()
            .chain([format!("Or remove the wildcard TXT record *.{}", view.evidence.domain)]),
    )
    .with_evidence(records.iter().map(|record| format!("{name} TXT: {}", record.text)))
}

fn dangling(view: &View<'_>, name: &DnsName) -> Finding {
    let (chain, end): (&[DnsName], String) = match &view.evidence.record.lookup {
        Ok(answer) => (
            &answer.aliases,
            match answer.records().len() {
                0 => "which has no TXT record".to_owned(),
                _ => "which has a TXT record, but no MTA-STS record".to_owned(),
            },
        ),
        Err(DnsError::AliasLoop { aliases, .. }) => {
            (aliases, "and comes back to itself".to_owned())
        }
        Err(DnsError::AliasLimit { aliases, limit }) => {
            (aliases, format!("over more than {limit} aliases"))
        }
        Err(_) => (&[], "which cannot be looked up".to_owned()),
    };
    let target = chain.last().unwrap_or(name);
    let replace = publish(name, &view.fresh_id());
    let loops = matches!(&view.evidence.record.lookup, Err(DnsError::AliasLoop { .. }));
    let fix = match (is_within(target, &view.evidence.domain), loops) {
        (true, true) => vec![format!("Replace the CNAME: {replace}")],
        (true, false) => {
            vec![format!("Publish the record at {target}, or replace the CNAME: {replace}")]
        }
        (false, _) => vec![
            format!("If a provider hosts the record, have the provider publish it at {target}."),
            format!("Otherwise replace the CNAME: {replace}"),
            format!(
                "Check who owns {target}: whoever registers it publishes policies for this domain."
            ),
        ],
    };
    critical(&D_CNAME, name.as_str(), format!("{name} is an alias for {target}, {end}"))
        .with_fix(fix)
        .with_evidence(chain.iter().map(|alias| format!("CNAME: {alias}")))
}

/// True for names in the domain's own registrable domain, which nobody else can register.
fn is_within(name: &DnsName, domain: &Domain) -> bool {
    let own = psl::domain_str(domain.as_str()).unwrap_or(domain.as_str());
    name.as_str().strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn depth(name: &DnsName, aliases: &[DnsName]) -> Option<Finding> {
    (aliases.len() > MAX_ALIASES).then(|| {
        Finding::new(
            &D_CNAME_DEPTH,
            Severity::Low,
            name.as_str(),
            format!(
                "{name} leads over {} aliases to its record; some senders stop at five",
                aliases.len()
            ),
        )
        .with_fix(
            aliases
                .last()
                .map(|last| format!("Point straight at the end: {name}. IN CNAME {last}.")),
        )
        .with_evidence(aliases.iter().map(|alias| format!("CNAME: {alias}")))
    })
}

fn ttl(view: &View<'_>, name: &DnsName, cached: u32) -> Option<Finding> {
    let servers = &view.evidence.record.servers;
    // A resolver's answer shows a TTL that has run down; an authoritative one is what was set.
    let ttl = servers.iter().filter_map(|server| server.ttl).max().unwrap_or(cached);
    let detail = if ttl > LONG_TTL {
        format!("the TTL of {name} is {ttl} s: senders see a policy change only after that time")
    } else if ttl < SHORT_TTL && ttl > 0 {
        format!("the TTL of {name} is {ttl} s: every sender asks again with almost every message")
    } else {
        return None;
    };
    Some(
        Finding::new(&D_TTL, Severity::Low, name.as_str(), detail)
            .with_fix([format!("Set the TTL of {name} to a value from 300 to 3600 seconds.")]),
    )
}

fn split(view: &View<'_>, name: &DnsName) -> Option<Finding> {
    let servers: Vec<_> =
        view.evidence.record.servers.iter().filter(|server| server.records.is_some()).collect();
    let first = servers.first()?;
    let odd = servers.iter().find(|server| server.records != first.records)?;
    let show = |records: &Option<Vec<Vec<u8>>>| {
        let texts: Vec<_> =
            records.iter().flatten().map(|text| Visible::excerpt(text, 100).to_string()).collect();
        if texts.is_empty() { "no TXT record".to_owned() } else { texts.join(" | ") }
    };
    let detail = format!(
        "the name servers {} and {} give different TXT records for {name}",
        first.server, odd.server
    );
    Some(
        Finding::new(&D_SPLIT, Severity::Medium, name.as_str(), detail)
            .with_fix([
                "Compare the serial numbers of the zone on all its name servers and repair the transfer.".to_owned(),
                "Wait until all agree before changing the policy again.".to_owned(),
            ])
            .with_evidence(
                servers
                    .iter()
                    .map(|s| format!("{} ({}): {}", s.server, s.address, show(&s.records))),
            ),
    )
}

fn failed(view: &View<'_>, name: &DnsName, error: &DnsError) -> Option<Finding> {
    // When the domain's own MX cannot be looked up either, the fault may be on this side.
    let ours = matches!(error, DnsError::Timeout { .. } | DnsError::Unreachable { .. })
        && view.evidence.mx.is_err();
    (!ours).then(|| dns_failure(name, Visible::from(error.to_string().as_str()).as_ref()))
}

fn dns_failure(name: &DnsName, reason: &str) -> Finding {
    Finding::new(
        &D_DNSFAIL,
        Severity::High,
        name.as_str(),
        format!("{name} cannot be looked up: {reason}; a sender without a cached policy delivers unprotected"),
    )
    .with_fix([
        format!("Ask each name server of the zone for {name} TXT and repair those that do not answer."),
        "If the zone is signed, check its signatures and the DS record in the parent zone.".to_owned(),
    ])
    .with_evidence([format!("{name} TXT: {reason}")])
}

fn critical(entry: &'static crate::catalogue::Entry, subject: &str, detail: String) -> Finding {
    Finding::new(entry, Severity::Critical, subject, detail)
}

/// A record as long as it may sensibly be; what is longer is cut.
const RECORD: usize = 500;
/// One known sender stops at the fifth alias.
const MAX_ALIASES: usize = 4;
/// RFC 8461 §8.1: a change is not complete before the TTL has passed.
const LONG_TTL: u32 = 86_400;
/// Below this caching is void.
const SHORT_TTL: u32 = 60;
