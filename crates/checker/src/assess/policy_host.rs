//! The policy host: addresses, TLS, HTTP.

use super::certificate::{self, CertificateFault, Ending};
use super::providers;
use super::view::View;
use crate::catalogue::Entry;
use crate::catalogue::mx_match::M_PRIVATE;
use crate::catalogue::policy_host::{
    H_CERT_CHAIN, H_CERT_EXPIRED, H_CERT_NAME, H_CERT_SOON, H_CERT_UNTRUSTED, H_CONNECT, H_CTYPE,
    H_DELEGATE, H_NXDOMAIN, H_PARTIAL, H_REDIRECT, H_SIZE, H_SLOW, H_STATUS, H_TIMEOUT, H_TLS,
    H_TLSVER, H_UA,
};
use crate::evidence::PolicyHostEvidence;
use crate::finding::{Finding, Severity};
use ironpost_net::dns::answer::{Answer, Lookup};
use ironpost_net::policy_fetch::{FetchFailure, Manner, PolicyFetch};
use ironpost_net::tls::facts::HandshakeFailure;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::policy::{self, PolicyFault};
use std::net::IpAddr;
use std::time::Duration;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let host = &view.evidence.policy_host;
    if view.evidence.record.set.candidates.is_empty() && !view.is_published() {
        // Without a record no sender comes here; D-NONE or D-ORPHAN says so.
        return Vec::new();
    }
    if host.fetches.is_empty() {
        return no_address(view).into_iter().collect();
    }
    let (failed, sound): (Vec<_>, Vec<_>) =
        host.fetches.iter().partition(|fetch| fetch.failure.is_some());
    // An address that cannot be tried from here says nothing about the host.
    let failed: Vec<_> = failed.into_iter().filter(|fetch| !is_untested(fetch)).collect();
    let mut findings = Vec::new();
    if sound.is_empty() {
        if let Some(first) = failed.iter().max_by_key(|fetch| progress(fetch)) {
            findings.extend(failure(view, first));
        }
    } else {
        findings.extend(partial(view, &failed, &sound));
    }
    findings.extend(slow(host));
    findings.extend(ending(view));
    findings
}

/// True if the fetch never left this machine.
fn is_untested(fetch: &PolicyFetch) -> bool {
    matches!(fetch.failure, Some(FetchFailure::Unroutable))
}

/// How far a fetch came; of several failures the furthest tells most.
fn progress(fetch: &PolicyFetch) -> u8 {
    match fetch.failure {
        None => 9,
        Some(FetchFailure::MediaType | FetchFailure::TooLarge) => 8,
        Some(FetchFailure::Status(_)) => 7,
        Some(FetchFailure::Http(_) | FetchFailure::Timeout) => 6,
        Some(FetchFailure::Certificate) => 5,
        Some(FetchFailure::Handshake(_)) => 4,
        Some(FetchFailure::Refused | FetchFailure::ConnectTimeout | FetchFailure::Connect(_)) => 3,
        Some(FetchFailure::Forbidden(_)) => 2,
        Some(FetchFailure::Unroutable) => 1,
    }
}

fn no_address(view: &View<'_>) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let aliases = aliases(host);
    if host.ipv4.is_err() && host.ipv6.is_err() {
        let reason = host.ipv4.as_ref().err().map(ToString::to_string).unwrap_or_default();
        // Our own resolver away: nothing is known. Theirs failing: nobody finds the host.
        return view.evidence.mx.is_ok().then(|| {
            Finding::new(
                &H_NXDOMAIN,
                Severity::Critical,
                host.name.as_str(),
                format!("the policy host {} cannot be looked up: {reason}", host.name),
            )
            .with_fix([format!("Repair the name servers of {}.", view.evidence.domain)])
        });
    }
    if host.ipv4.is_err() || host.ipv6.is_err() {
        return None;
    }
    if let Some(provider) = provider(host) {
        return Some(delegate(view, &provider, &format!("{} has no address", target(host))));
    }
    let (detail, fix) = match aliases.last() {
        Some(target) => (
            format!("the policy host {} is an alias for {target}, which has no address", host.name),
            format!("Point the CNAME {} at a host that exists, or remove it.", host.name),
        ),
        None => (
            format!("the policy host {} has no address", host.name),
            format!("Create A and AAAA records (or a CNAME) for {}.", host.name),
        ),
    };
    Some(
        Finding::new(&H_NXDOMAIN, Severity::Critical, host.name.as_str(), detail)
            .with_fix([
                fix,
                "Serve the policy there over HTTPS with a certificate for this name.".to_owned(),
            ])
            .with_evidence(aliases.iter().map(|alias| format!("CNAME: {alias}"))),
    )
}

/// The finding or findings for a host none of whose addresses serves the policy.
fn failure(view: &View<'_>, fetch: &PolicyFetch) -> Vec<Finding> {
    let host = &view.evidence.policy_host;
    if let Some(finding) = delegated(view, fetch) {
        return vec![finding];
    }
    let Some(failure) = &fetch.failure else { return Vec::new() };
    if *failure == FetchFailure::Certificate {
        return certificate_faults(host, fetch);
    }
    let (entry, fix): (&Entry, String) = match failure {
        FetchFailure::Forbidden(_) => {
            (&M_PRIVATE, format!("Publish a public address for {}.", host.name))
        }
        FetchFailure::Refused | FetchFailure::ConnectTimeout | FetchFailure::Connect(_) => (
            &H_CONNECT,
            format!("Start a web server for {} and open port 443 in the firewall.", host.name),
        ),
        FetchFailure::Handshake(HandshakeFailure::Version) => {
            (&H_TLSVER, "Enable TLS 1.2 and TLS 1.3.".to_owned())
        }
        FetchFailure::Handshake(HandshakeFailure::Timeout) | FetchFailure::Timeout => (
            &H_TIMEOUT,
            "Serve the policy as a static file, without anything slow before it.".to_owned(),
        ),
        FetchFailure::Handshake(
            HandshakeFailure::Alert { .. }
            | HandshakeFailure::NotTls
            | HandshakeFailure::Closed
            | HandshakeFailure::Other { .. },
        ) => (&H_TLS, format!("Enable HTTPS for the server name {} on port 443.", host.name)),
        FetchFailure::Http(_) => (
            &H_STATUS,
            "Answer GET /.well-known/mta-sts.txt with status 200 and the policy.".to_owned(),
        ),
        FetchFailure::Status(status) if (300..400).contains(status) => (
            &H_REDIRECT,
            "Serve the policy under this very URL; exempt it from every redirect.".to_owned(),
        ),
        FetchFailure::Status(_) if helps_a_browser(host) => (
            &H_UA,
            format!("Exempt {} from bot checks and firewall rules on the user agent.", host.name),
        ),
        FetchFailure::Status(_) => {
            (&H_STATUS, "Serve the policy at /.well-known/mta-sts.txt with status 200.".to_owned())
        }
        // A web page in place of the policy: P-HTML says so.
        FetchFailure::MediaType if is_web_page(view) => return Vec::new(),
        FetchFailure::MediaType => {
            (&H_CTYPE, "Send the header: Content-Type: text/plain; charset=utf-8".to_owned())
        }
        FetchFailure::TooLarge => (
            &H_SIZE,
            "Shorten the policy to what senders need; a few hundred octets are usual.".to_owned(),
        ),
        FetchFailure::Certificate | FetchFailure::Unroutable => return Vec::new(),
    };
    let severity = entry.severity(view.mode()).unwrap_or(Severity::Critical);
    let finding = Finding::new(entry, severity, host.name.as_str(), sentence(host, fetch, failure))
        .with_fix([fix, again(view)])
        .with_evidence(seen(fetch));
    vec![finding]
}

fn sentence(host: &PolicyHostEvidence, fetch: &PolicyFetch, failure: &FetchFailure) -> String {
    let at = fetch.address.ip();
    let name = &host.name;
    let response = fetch.response.as_ref();
    match failure {
        FetchFailure::Forbidden(_) => {
            format!("the policy host {name} has the address {at}, which is not public")
        }
        FetchFailure::Status(_) if helps_a_browser(host) => {
            format!(
                "{name} serves the policy to browsers, but answers status {} to mail servers",
                response.map_or(0, |r| r.status)
            )
        }
        FetchFailure::Status(status) => match response.and_then(|r| r.location.as_ref()) {
            Some(to) if (300..400).contains(status) => {
                format!("{name} answers status {status} to {to}; senders must not follow redirects")
            }
            _ => format!("{name} answers status {status} instead of 200"),
        },
        FetchFailure::MediaType => match response.and_then(|r| r.content_type.as_ref()) {
            Some(media_type) => {
                format!("{name} serves the policy as {media_type} instead of text/plain")
            }
            None => {
                format!("{name} serves the policy without a media type; it has to be text/plain")
            }
        },
        FetchFailure::Timeout => format!(
            "{name} ({at}) gave no complete answer within {} s",
            fetch.elapsed.as_secs().max(1)
        ),
        FetchFailure::Refused | FetchFailure::ConnectTimeout | FetchFailure::Connect(_) => {
            format!("port 443 of {name} ({at}) cannot be reached: {failure}")
        }
        FetchFailure::Handshake(_)
        | FetchFailure::Certificate
        | FetchFailure::Http(_)
        | FetchFailure::TooLarge
        | FetchFailure::Unroutable => format!("{name} ({at}): {failure}"),
    }
}

fn certificate_faults(host: &PolicyHostEvidence, fetch: &PolicyFetch) -> Vec<Finding> {
    let Some(tls) = &fetch.tls else { return Vec::new() };
    let name = host.name.as_str();
    let faults = certificate::faults(tls, name);
    let finding = |(fault, clause): (CertificateFault, String)| {
        let (entry, fix): (&Entry, String) = match fault {
            CertificateFault::Validity => (&H_CERT_EXPIRED, certificate::renewal(tls, name)),
            CertificateFault::Untrusted => {
                (&H_CERT_UNTRUSTED, format!("Get a certificate for {name} from a public CA."))
            }
            CertificateFault::Chain => (
                &H_CERT_CHAIN,
                "Configure the full chain (fullchain.pem), not the certificate alone.".to_owned(),
            ),
            CertificateFault::Name => (
                &H_CERT_NAME,
                format!("Get a certificate whose subject alternative names hold {name}."),
            ),
        };
        Finding::new(entry, Severity::Critical, name, format!("{name}: {clause}"))
            .with_fix([fix])
            .with_evidence(certificate::evidence(tls))
    };
    faults.into_iter().map(finding).collect()
}

/// The host is an alias into a provider's network, and the provider does not know the domain.
fn delegated(view: &View<'_>, fetch: &PolicyFetch) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let provider = provider(host)?;
    let symptom = match fetch.failure.as_ref()? {
        FetchFailure::Certificate => {
            let faults = certificate::faults(fetch.tls.as_ref()?, host.name.as_str());
            faults.into_iter().find(|(fault, _)| *fault == CertificateFault::Name)?.1
        }
        FetchFailure::Handshake(HandshakeFailure::Alert { alert }) => {
            format!("{} refuses the handshake ({alert})", target(host))
        }
        FetchFailure::Status(status) if matches!(status, 404 | 410 | 421) => {
            format!("{} answers status {status}", target(host))
        }
        _ => return None,
    };
    Some(delegate(view, &provider, &symptom))
}

/// Who the host is delegated to; an alias within the policy domain is no delegation.
fn provider(host: &PolicyHostEvidence) -> Option<String> {
    let own = psl::domain_str(host.name.as_str()).unwrap_or(host.name.as_str());
    let foreign = |alias: &&DnsName| {
        !alias.as_str().strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    aliases(host).iter().filter(foreign).find_map(providers::of)
}

fn delegate(view: &View<'_>, provider: &str, symptom: &str) -> Finding {
    let host = &view.evidence.policy_host;
    let detail = format!(
        "{} is delegated to {provider}, which does not serve this domain: {symptom}",
        host.name
    );
    Finding::new(&H_DELEGATE, Severity::Critical, host.name.as_str(), detail)
        .with_fix([
            format!("Set the domain up with {provider}, or"),
            format!("point {} at a host that serves the policy, or", host.name),
            "withdraw the policy: mode none first, and remove the records only when no sender can hold an older one (RFC 8461 §8.3).".to_owned(),
        ])
        .with_evidence(aliases(host).iter().map(|alias| format!("CNAME: {alias}")))
}

fn partial(view: &View<'_>, failed: &[&PolicyFetch], sound: &[&PolicyFetch]) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let body = |fetch: &PolicyFetch| fetch.response.as_ref().map(|r| r.body.clone());
    let first = sound.first()?;
    let mut odd: Vec<(IpAddr, String)> =
        failed.iter().filter_map(|fetch| Some((fetch.address.ip(), fault(host, fetch)?))).collect();
    odd.extend(
        sound
            .iter()
            .filter(|fetch| body(fetch) != body(first))
            .map(|fetch| (fetch.address.ip(), "serves another policy".to_owned())),
    );
    let (address, reason) = odd.first()?;
    let detail = format!(
        "{} of {} addresses of {} fail, {address} for one: {reason}",
        odd.len(),
        failed.len() + sound.len(),
        host.name
    );
    Some(
        Finding::new(&H_PARTIAL, Severity::High, host.name.as_str(), detail)
            .with_fix(
                odd.iter().map(|(address, _)| {
                    format!("Repair {address}, or remove it from {}.", host.name)
                }),
            )
            .with_evidence(odd.iter().map(|(address, reason)| format!("{address}: {reason}"))),
    )
}

/// What is wrong at one address, in a clause.
fn fault(host: &PolicyHostEvidence, fetch: &PolicyFetch) -> Option<String> {
    let failure = fetch.failure.as_ref()?;
    let clauses = match (failure, &fetch.tls) {
        (FetchFailure::Certificate, Some(tls)) => certificate::faults(tls, host.name.as_str()),
        _ => return Some(failure.to_string()),
    };
    clauses.into_iter().next().map(|(_, clause)| clause)
}

fn slow(host: &PolicyHostEvidence) -> Option<Finding> {
    let slowest =
        host.fetches.iter().filter(|fetch| fetch.failure.is_none()).max_by_key(|f| f.elapsed)?;
    (slowest.elapsed > SLOW).then(|| {
        let detail = format!(
            "{} ({}) took {} s for the policy; senders give up after a minute or sooner",
            host.name,
            slowest.address.ip(),
            slowest.elapsed.as_secs()
        );
        Finding::new(&H_SLOW, Severity::Medium, host.name.as_str(), detail)
            .with_fix(["Serve the policy as a static file."])
    })
}

fn ending(view: &View<'_>) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let leaves = host.fetches.iter().filter_map(|fetch| fetch.tls.as_ref()?.chain.first());
    let leaf = leaves.min_by_key(|leaf| leaf.not_after)?;
    let severity = match certificate::ending(leaf, view.evidence.checked_at, true)? {
        Ending::Now => H_CERT_SOON.severity(view.mode()).unwrap_or(Severity::High),
        Ending::Soon => Severity::Low,
    };
    let detail =
        format!("the certificate of {} ends on {}", host.name, certificate::day(leaf.not_after));
    Some(
        Finding::new(&H_CERT_SOON, severity, host.name.as_str(), detail).with_fix([
            "Renew the certificate now, and find out why it was not renewed by itself.",
        ]),
    )
}

fn is_web_page(view: &View<'_>) -> bool {
    view.body.as_ref().is_some_and(|body| body.parsed.verdict == Err(PolicyFault::Html))
}

/// A browser got a valid policy where a mail server got an error.
fn helps_a_browser(host: &PolicyHostEvidence) -> bool {
    host.behind.iter().any(|fetch| {
        fetch.manner == Manner::AsBrowser
            && fetch.failure.is_none()
            && fetch.response.as_ref().is_some_and(|r| policy::parse(&r.body).verdict.is_ok())
    })
}

fn aliases(host: &PolicyHostEvidence) -> &[DnsName] {
    let of = |lookup: &'_ Lookup<IpAddr>| lookup.as_ref().map_or(0, |answer| answer.aliases.len());
    let longer = if of(&host.ipv4) >= of(&host.ipv6) { &host.ipv4 } else { &host.ipv6 };
    longer.as_ref().map_or(&[], |answer: &Answer<IpAddr>| &answer.aliases)
}

fn target(host: &PolicyHostEvidence) -> &DnsName {
    aliases(host).last().unwrap_or(&host.name)
}

fn seen(fetch: &PolicyFetch) -> Vec<String> {
    let mut lines = vec![format!("address: {}", fetch.address)];
    if let Some(response) = &fetch.response {
        lines.push(format!("status: {}", response.status));
        lines.extend(response.content_type.iter().map(|value| format!("content-type: {value}")));
        lines.extend(response.location.iter().map(|value| format!("location: {value}")));
        lines.extend(response.server.iter().map(|value| format!("server: {value}")));
    }
    lines
}

fn again(view: &View<'_>) -> String {
    format!("Check again: ironpost check {}", view.evidence.domain)
}

/// RFC 8461 §3.3 suggests a limit of a minute; a policy takes well under a second.
const SLOW: Duration = Duration::from_secs(10);
