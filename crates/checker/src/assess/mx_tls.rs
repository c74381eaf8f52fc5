//! STARTTLS and certificates of the MX hosts.

use super::certificate::{self, CertificateFault, Ending};
use super::hosts::{AddressState, dane_state, lacks_tls, states};
use super::view::View;
use crate::catalogue::Entry;
use crate::catalogue::mx_tls::{
    S_CERT_CHAIN, S_CERT_EXPIRED, S_CERT_NAME, S_CERT_SOON, S_CERT_UNTRUSTED, S_CONNECT, S_EGRESS,
    S_NOSTARTTLS, S_PARTIAL, S_SNI, S_TEMPFAIL, S_TLSVER,
};
use crate::evidence::{Egress, HostEvidence};
use crate::finding::{Finding, Severity};
use crate::report::{DaneState, TlsState};
use ironpost_net::smtp::{ProbeFailure, SmtpProbe};
use ironpost_net::tls::facts::{HandshakeFailure, TlsFacts, TlsVersion};

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    if view.evidence.skip.smtp {
        return Vec::new();
    }
    let mut findings: Vec<_> =
        view.hosts().iter().flat_map(|host| host_findings(view, &host.seen)).collect();
    if view.evidence.egress == Egress::Blocked {
        findings.push(egress());
    }
    findings
}

fn host_findings(view: &View<'_>, seen: &HostEvidence) -> Vec<Finding> {
    let states = states(seen, view.evidence.egress);
    let tested: Vec<_> = seen.probes.iter().zip(&states).filter(|(_, s)| is_answer(s)).collect();
    let mut findings = Vec::new();
    match tested.as_slice() {
        [] => {}
        [(probe, state)] => findings.extend(address(view, seen, probe, state)),
        [(first_probe, first), rest @ ..] => {
            let host = seen.name.as_str();
            if rest.iter().all(|(_, state)| kind(state, host) == kind(first, host)) {
                findings.extend(address(view, seen, first_probe, first));
            } else {
                findings.push(partial(view, seen, &tested));
            }
        }
    }
    findings.extend(ending(view, seen));
    findings.extend(sni(view, seen));
    findings.extend(old_versions(seen));
    findings
}

/// Something was learnt about the address, be it that nobody answers there.
fn is_answer(state: &AddressState<'_>) -> bool {
    match state {
        AddressState::NotTested(_) => false,
        AddressState::Sound
        | AddressState::NoStartTls(_)
        | AddressState::OldTls(_)
        | AddressState::Certificate(_)
        | AddressState::Dead(_)
        | AddressState::Deferred(_) => true,
    }
}

/// What two addresses must share to count as having the same fault.
fn kind(state: &AddressState<'_>, host: &str) -> (u8, Vec<CertificateFault>) {
    let class = match state {
        AddressState::Sound => 0,
        AddressState::NoStartTls(_) => 1,
        AddressState::OldTls(_) => 2,
        AddressState::Certificate(_) => 3,
        AddressState::Dead(_) => 4,
        AddressState::Deferred(_) => 5,
        AddressState::NotTested(_) => 6,
    };
    (class, state.certificate_faults(host).into_iter().map(|(fault, _)| fault).collect())
}

fn severity(view: &View<'_>, entry: &'static Entry) -> Severity {
    entry.severity(view.host_mode()).unwrap_or(Severity::High)
}

fn address(
    view: &View<'_>,
    seen: &HostEvidence,
    probe: &SmtpProbe,
    state: &AddressState<'_>,
) -> Vec<Finding> {
    let host = seen.name.as_str();
    // TLSA records promise TLS: DANE senders refuse, whatever the policy says.
    let promised = lacks_tls(seen) && dane_state(view, seen) == DaneState::Mismatch;
    let plain = |entry: &'static Entry, detail: String, fix: &[&str]| {
        let fix = fix.iter().copied();
        let severity = if promised { Severity::Critical } else { severity(view, entry) };
        vec![
            Finding::new(entry, severity, host, detail)
                .with_fix(fix)
                .with_evidence(dialogue(probe)),
        ]
    };
    match state {
        AddressState::Sound | AddressState::NotTested(_) => Vec::new(),
        AddressState::NoStartTls(clause) => plain(
            &S_NOSTARTTLS,
            format!("the MX {host} has no working STARTTLS: {clause}"),
            &[
                "Enable STARTTLS in the mail server with a certificate for this host name.",
                "If the server offers it, look for a firewall or proxy on the way that strips it.",
            ],
        ),
        // The same handshake goes through without a server name: S-SNI tells the cause.
        AddressState::OldTls(_) if works_without_sni(seen) => Vec::new(),
        AddressState::OldTls(clause) => plain(
            &S_TLSVER,
            format!("no TLS 1.2 or 1.3 session with the MX {host}: {clause}"),
            &["Enable TLS 1.2 and TLS 1.3 in the mail server, with ciphers of today."],
        ),
        AddressState::Certificate(tls) => {
            if view.applied().is_none() && dane_state(view, seen) == DaneState::Ok {
                // Nobody asks a PKIX certificate of a host that DANE vouches for.
                return Vec::new();
            }
            let evidence = certificate::evidence(tls);
            certificate::faults(tls, host)
                .into_iter()
                .map(|fault| {
                    certificate_finding(view, host, tls, fault).with_evidence(evidence.clone())
                })
                .collect()
        }
        AddressState::Dead(clause) => plain(
            &S_CONNECT,
            format!("the MX {host} ({}) gives no usable session: {clause}", probe.address.ip()),
            &["Check that the mail server runs and that port 25 is open to the internet."],
        ),
        AddressState::Deferred(clause) => plain(
            &S_TEMPFAIL,
            format!("TLS of the MX {host} was not tested: {clause}"),
            &["Check again later, or from a network whose addresses the server does not put off."],
        ),
    }
}

fn certificate_finding(
    view: &View<'_>,
    host: &str,
    tls: &TlsFacts,
    (fault, clause): (CertificateFault, String),
) -> Finding {
    let (entry, fix) = match fault {
        CertificateFault::Validity => (&S_CERT_EXPIRED, certificate::renewal(tls, host)),
        CertificateFault::Untrusted => (&S_CERT_UNTRUSTED, format!("Get a certificate for {host} from a public CA.")),
        CertificateFault::Chain => (&S_CERT_CHAIN, "Configure the full chain (fullchain.pem) in the mail server, not the certificate alone.".to_owned()),
        CertificateFault::Name => (&S_CERT_NAME, format!("Get a certificate whose subject alternative names hold {host}, the name in the MX record.")),
    };
    Finding::new(entry, severity(view, entry), host, format!("the MX {host}: {clause}"))
        .with_fix([fix])
}

fn partial(
    view: &View<'_>,
    seen: &HostEvidence,
    tested: &[(&SmtpProbe, &AddressState<'_>)],
) -> Finding {
    let host = seen.name.as_str();
    let line = |(probe, state): &(&SmtpProbe, &AddressState<'_>)| {
        format!("{}: {}", probe.address.ip(), state.clause(host))
    };
    let odd: Vec<_> =
        tested.iter().filter(|(_, state)| **state != AddressState::Sound).map(line).collect();
    let detail = format!("the addresses of the MX {host} differ: {}", odd.join("; "));
    Finding::new(&S_PARTIAL, severity(view, &S_PARTIAL), host, detail)
        .with_fix([
            "Bring every address of the host to the same state, or take the faulty one out of DNS.",
        ])
        .with_evidence(tested.iter().map(line))
}

fn ending(view: &View<'_>, seen: &HostEvidence) -> Option<Finding> {
    let leaves = seen.probes.iter().filter_map(|probe| probe.tls.as_ref()?.chain.first());
    let leaf = leaves.min_by_key(|leaf| leaf.not_after)?;
    let severity = match certificate::ending(leaf, view.evidence.checked_at, false)? {
        Ending::Now => severity(view, &S_CERT_SOON),
        Ending::Soon => Severity::Low,
    };
    let host = seen.name.as_str();
    let detail =
        format!("the certificate of the MX {host} ends on {}", certificate::day(leaf.not_after));
    Some(Finding::new(&S_CERT_SOON, severity, host, detail).with_fix([
        "Renew the certificate now, and find out why it was not renewed by itself.",
        "See that the mail server loads the new one: many need a reload.",
    ]))
}

/// A handshake that succeeds with one choice of server name and fails with the other.
fn sni(view: &View<'_>, seen: &HostEvidence) -> Option<Finding> {
    let without = seen.without_sni.as_ref()?;
    let host = seen.name.as_str();
    let with = seen.probes.iter().any(|probe| probe.tls.is_some());
    let refused = match &without.failure {
        // Slowness is no refusal.
        Some(ProbeFailure::Handshake(HandshakeFailure::Timeout)) => false,
        Some(ProbeFailure::Handshake(_)) => true,
        Some(_) | None => false,
    };
    let detail = if with && refused {
        format!("the MX {host} refuses a handshake without a server name; older senders send none")
    } else if works_without_sni(seen) {
        format!(
            "the MX {host} refuses a handshake for the server name {host}, but not one without a name"
        )
    } else {
        return None;
    };
    Some(
        Finding::new(&S_SNI, severity(view, &S_SNI), host, detail)
            .with_fix(["Configure a default certificate for unknown and missing server names."])
            .with_evidence(
                without.failure.iter().map(|failure| format!("without server name: {failure}")),
            ),
    )
}

fn works_without_sni(seen: &HostEvidence) -> bool {
    seen.probes.iter().all(|probe| probe.tls.is_none())
        && seen.without_sni.as_ref().is_some_and(|probe| probe.tls.is_some())
}

/// TLS 1.0 and 1.1 beside newer versions (RFC 8996).
fn old_versions(seen: &HostEvidence) -> Option<Finding> {
    let versions: Vec<_> = seen
        .legacy_versions
        .iter()
        .map(|version| match version {
            TlsVersion::Tls10 => "TLS 1.0",
            TlsVersion::Tls11 => "TLS 1.1",
            TlsVersion::Tls12 => "TLS 1.2",
            TlsVersion::Tls13 => "TLS 1.3",
        })
        .collect();
    if versions.is_empty() {
        return None;
    }
    let host = seen.name.as_str();
    let detail = format!("the MX {host} still accepts {}", versions.join(" and "));
    Some(
        Finding::new(&S_TLSVER, Severity::Low, host, detail)
            .with_fix(["Switch TLS 1.0 and 1.1 off (RFC 8996), unless old senders would then fall back to clear text."]),
    )
}

fn egress() -> Finding {
    Finding::new(
        &S_EGRESS,
        Severity::Info,
        "port 25",
        "no server on port 25 can be reached from here, not even the largest mail providers: the MX hosts were not tested",
    )
    .with_fix(["Run the check from a machine whose provider leaves port 25 open."])
}

/// What was said, as far as it came.
fn dialogue(probe: &SmtpProbe) -> Vec<String> {
    let mut lines = vec![format!("address: {}", probe.address)];
    lines.extend(probe.banner.iter().map(|banner| format!("greeting: {banner}")));
    lines.extend(probe.ehlo.iter().map(|keywords| format!("EHLO: {}", keywords.join(", "))));
    lines.extend(probe.failure.iter().map(|failure| format!("end: {failure}")));
    lines
}

/// True if STARTTLS is broken at an MX, for the grade of a domain without a policy.
pub(crate) fn is_starttls_broken(view: &View<'_>) -> bool {
    view.hosts().iter().any(|host| {
        let states = states(&host.seen, view.evidence.egress);
        let tested: Vec<_> = states.iter().filter(|s| s.tls() != TlsState::NotTested).collect();
        !tested.is_empty()
            && tested
                .iter()
                .all(|s| matches!(s, AddressState::NoStartTls(_) | AddressState::OldTls(_)))
    })
}
