//! What a probe of an MX comes to for a sender that wants verified TLS.

use super::certificate::{self, CertificateFault};
use super::view::View;
use crate::evidence::{Egress, HostEvidence, TlsaEvidence};
use crate::report::{DaneState, TlsState};
use ironpost_net::dns::answer::{DnsError, Security};
use ironpost_net::smtp::{ProbeFailure, SmtpProbe};
use ironpost_net::tls::facts::{HandshakeFailure, TlsFacts, Validity};
use ironpost_proto::dane::{ChainCertificate, Tlsa, TlsaVerdict, match_chain};

/// What one address comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AddressState<'a> {
    /// STARTTLS with a certificate senders accept.
    Sound,
    /// No STARTTLS, or none that works; the clause says how.
    NoStartTls(String),
    /// No TLS 1.2 or later.
    OldTls(String),
    /// A certificate senders refuse.
    Certificate(&'a TlsFacts),
    /// No connection, or silence.
    Dead(String),
    /// Answered, but not in a way that lets TLS be tested.
    Deferred(String),
    /// Not tried.
    NotTested(String),
}

/// Judges one probe.
pub(crate) fn address_state(probe: &SmtpProbe, egress: Egress) -> AddressState<'_> {
    if let Some(tls) = &probe.tls {
        return match &probe.failure {
            Some(failure @ ProbeFailure::InsideTls(_)) if tls.is_acceptable() => {
                AddressState::Dead(failure.to_string())
            }
            _ if tls.is_acceptable() => AddressState::Sound,
            _ => AddressState::Certificate(tls),
        };
    }
    let Some(failure) = &probe.failure else {
        return AddressState::NotTested("the probe ended early".to_owned());
    };
    let clause = failure.to_string();
    match failure {
        ProbeFailure::NoStartTls
        | ProbeFailure::StartTlsRefused { .. }
        | ProbeFailure::Injection
        | ProbeFailure::Silent { stage: "STARTTLS" }
        | ProbeFailure::Closed { stage: "STARTTLS" } => AddressState::NoStartTls(clause),
        ProbeFailure::Handshake(
            HandshakeFailure::Version
            | HandshakeFailure::Alert { .. }
            | HandshakeFailure::Other { .. },
        ) => AddressState::OldTls(clause),
        ProbeFailure::Handshake(
            HandshakeFailure::NotTls | HandshakeFailure::Closed | HandshakeFailure::Timeout,
        ) => AddressState::NoStartTls(format!("STARTTLS is offered, but no TLS follows: {clause}")),
        ProbeFailure::Refused | ProbeFailure::ConnectTimeout | ProbeFailure::Connect(_) => {
            match egress {
                Egress::Open => AddressState::Dead(clause),
                Egress::Blocked => AddressState::NotTested(
                    "port 25 is blocked on the way out of this network".to_owned(),
                ),
                Egress::Unknown => AddressState::NotTested(format!(
                    "{clause}, and no other server on port 25 could be asked whether the port is open from here"
                )),
            }
        }
        ProbeFailure::Silent { .. }
        | ProbeFailure::Closed { .. }
        | ProbeFailure::Protocol(_)
        | ProbeFailure::InsideTls(_) => AddressState::Dead(clause),
        ProbeFailure::Temporary { .. }
        | ProbeFailure::Permanent { .. }
        | ProbeFailure::Slow { .. } => AddressState::Deferred(clause),
        ProbeFailure::Forbidden(_) | ProbeFailure::Unroutable => AddressState::NotTested(clause),
    }
}

impl AddressState<'_> {
    /// As the report has it.
    pub(crate) fn tls(&self) -> TlsState {
        match self {
            Self::Sound => TlsState::Ok,
            Self::NoStartTls(_) | Self::OldTls(_) | Self::Certificate(_) => TlsState::Faulty,
            Self::Dead(_) | Self::Deferred(_) | Self::NotTested(_) => TlsState::NotTested,
        }
    }

    /// In a clause.
    pub(crate) fn clause(&self, host: &str) -> String {
        match self {
            Self::Sound => "verified TLS".to_owned(),
            Self::NoStartTls(clause)
            | Self::OldTls(clause)
            | Self::Dead(clause)
            | Self::Deferred(clause)
            | Self::NotTested(clause) => clause.clone(),
            Self::Certificate(tls) => certificate::faults(tls, host)
                .into_iter()
                .map(|(_, clause)| clause)
                .next()
                .unwrap_or_default(),
        }
    }

    /// The faults of the certificate, if that is what is wrong.
    pub(crate) fn certificate_faults(&self, host: &str) -> Vec<(CertificateFault, String)> {
        match self {
            Self::Certificate(tls) => certificate::faults(tls, host),
            _ => Vec::new(),
        }
    }
}

/// The states of all addresses of a host.
pub(crate) fn states(seen: &HostEvidence, egress: Egress) -> Vec<AddressState<'_>> {
    seen.probes.iter().map(|probe| address_state(probe, egress)).collect()
}

/// The host as a whole: sound if any tested address is, faulty if every tested one is faulty.
pub(crate) fn tls_state(seen: &HostEvidence, egress: Egress) -> TlsState {
    let states: Vec<_> = states(seen, egress).iter().map(AddressState::tls).collect();
    if states.contains(&TlsState::Ok) {
        TlsState::Ok
    } else if states.contains(&TlsState::Faulty) {
        TlsState::Faulty
    } else {
        TlsState::NotTested
    }
}

/// DANE at a host: the records against the chain it showed (RFC 7672 §2.2).
pub(crate) fn dane_state(view: &View<'_>, seen: &HostEvidence) -> DaneState {
    let Some(tlsa) = &seen.tlsa else { return DaneState::NotTested };
    let answer = match &tlsa.lookup {
        Ok(answer) => answer,
        Err(DnsError::ServFail { bogus: true, .. }) => return DaneState::Bogus,
        Err(_) => return DaneState::NotTested,
    };
    match &answer.security {
        Security::Bogus(_) => return DaneState::Bogus,
        Security::Indeterminate(_) => return DaneState::NotTested,
        Security::Insecure(_) | Security::Secure if answer.records().is_empty() => {
            return DaneState::Absent;
        }
        Security::Insecure(_) => return DaneState::Insecure,
        Security::Secure => {}
    }
    // RFC 7672 §2.2: secure records, usable or not, are a promise of TLS.
    if lacks_tls(seen) {
        return DaneState::Mismatch;
    }
    let references = references(view, tlsa);
    let chains = seen.probes.iter().filter_map(|probe| probe.tls.as_ref());
    let mut verdicts: Vec<DaneState> =
        chains.map(|tls| against(answer.records(), tls, &references)).collect();
    if answer.records().iter().all(|record| record.usability().is_err()) {
        verdicts.push(DaneState::Unusable);
    }
    // The worst address decides: a sender may reach any of them.
    [DaneState::Mismatch, DaneState::Unusable, DaneState::Ok]
        .into_iter()
        .find(|state| verdicts.contains(state))
        .unwrap_or(DaneState::NotTested)
}

/// No address of the host speaks TLS, and one of them was asked for it.
pub(crate) fn lacks_tls(seen: &HostEvidence) -> bool {
    // Whether port 25 is open matters only where there was no connection.
    let refuses = |probe| address_state(probe, Egress::Unknown).tls() == TlsState::Faulty;
    seen.probes.iter().all(|probe| probe.tls.is_none()) && seen.probes.iter().any(refuses)
}

/// The names one of which a certificate has to bear for a DANE-TA record to count (RFC 7672
/// §3.2.2): the TLSA base domain, and where the MX records are secure the domain itself, with
/// the name that it is an alias for.
fn references<'a>(view: &View<'a>, tlsa: &'a TlsaEvidence) -> Vec<&'a str> {
    let mut names = vec![tlsa.base.as_str()];
    if let Ok(mx) = &view.evidence.mx
        && mx.security == Security::Secure
    {
        names.extend([mx.name.as_str(), mx.owner().as_str()]);
    }
    names
}

fn against(records: &[Tlsa], tls: &TlsFacts, references: &[&str]) -> DaneState {
    let chain: Vec<_> =
        tls.chain.iter().map(|c| ChainCertificate { certificate: &c.der, spki: &c.spki }).collect();
    match match_chain(records, &chain) {
        TlsaVerdict::Unusable => DaneState::Unusable,
        TlsaVerdict::Mismatch => DaneState::Mismatch,
        TlsaVerdict::Matched(found) => {
            // RFC 7672 §3.1.1, §3.2.2: names and dates count for DANE-TA(2) only.
            let by_end_entity = records.get(found.record).is_some_and(|record| record.usage == 3);
            let in_time = tls.validity == Validity::Valid;
            if by_end_entity || (in_time && references.iter().any(|name| names_host(tls, name))) {
                DaneState::Ok
            } else {
                DaneState::Mismatch
            }
        }
    }
}

/// Whether the end entity names `host`: by a SAN, or without any by its common name (RFC 7672
/// §3.2.3).
fn names_host(tls: &TlsFacts, host: &str) -> bool {
    let Some(leaf) = tls.chain.first() else { return false };
    let names = match (leaf.dns_names.as_slice(), &leaf.common_name) {
        ([], Some(common_name)) => std::slice::from_ref(common_name),
        (names, _) => names,
    };
    names.iter().any(|name| match name.strip_prefix("*.") {
        Some(parent) => {
            host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
        }
        None => name.eq_ignore_ascii_case(host),
    })
}
