//! What is wrong with a certificate; the same questions for policy hosts and MX hosts.

use ironpost_net::tls::facts::{CertificateFacts, TlsFacts, Trust, Validity};
use jiff::{SignedDuration, Timestamp};

/// A fault that makes senders refuse a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CertificateFault {
    /// Expired or not yet valid.
    Validity,
    /// Self-signed or from a CA nobody trusts.
    Untrusted,
    /// The intermediate was not sent.
    Chain,
    /// It does not name the host.
    Name,
}

/// The faults of a session's certificate, each with a clause that says what was seen
/// ("expired on 2026-03-01"). A self-signed certificate that also names another host is one
/// fault: a proper certificate mends both.
pub(crate) fn faults(tls: &TlsFacts, host: &str) -> Vec<(CertificateFault, String)> {
    let mut faults = Vec::new();
    let Some(leaf) = tls.chain.first() else {
        return vec![(CertificateFault::Untrusted, "no certificate was sent".to_owned())];
    };
    match tls.validity {
        Validity::Valid => {}
        Validity::Expired => faults.push((
            CertificateFault::Validity,
            format!("the certificate expired on {}", day(leaf.not_after)),
        )),
        Validity::NotYetValid => faults.push((
            CertificateFault::Validity,
            format!("the certificate is not valid before {}", day(leaf.not_before)),
        )),
    }
    let names = names(leaf);
    match &tls.trust {
        Trust::Trusted => {}
        Trust::SelfSigned if tls.name_matches => {
            faults.push((CertificateFault::Untrusted, "the certificate is self-signed".to_owned()));
        }
        Trust::SelfSigned => {
            let clause =
                format!("the certificate is self-signed, and names {names} instead of {host}");
            return with(faults, (CertificateFault::Untrusted, clause));
        }
        Trust::UnknownIssuer { intermediate_missing: true } => faults.push((
            CertificateFault::Chain,
            format!("the intermediate certificate “{}” is not sent along", leaf.issuer),
        )),
        Trust::UnknownIssuer { intermediate_missing: false } => faults.push((
            CertificateFault::Untrusted,
            format!(
                "the certificate is issued by “{}”, which senders do not trust",
                top(tls, leaf)
            ),
        )),
        Trust::IntermediateExpired { subject, not_after } => faults.push((
            CertificateFault::Validity,
            format!("the CA certificate “{subject}” in the chain expired on {}", day(*not_after)),
        )),
        Trust::Other(reason) => faults.push((
            CertificateFault::Untrusted,
            format!("the certificate is not accepted: {reason}"),
        )),
    }
    if !tls.name_matches {
        let clause = match (leaf.dns_names.as_slice(), &leaf.common_name) {
            // RFC 8461 §3.3, §4.2: the SAN counts, and nothing else.
            ([], Some(common_name)) => format!(
                "the certificate has no subject alternative name, and its Common Name \
                 {common_name} does not count"
            ),
            _ => format!("the certificate names {names}, but not {host}"),
        };
        faults.push((CertificateFault::Name, clause));
    }
    faults
}

/// How to mend [`CertificateFault::Validity`].
pub(crate) fn renewal(tls: &TlsFacts, host: &str) -> String {
    match tls.validity {
        Validity::NotYetValid => format!(
            "Put a certificate for {host} in place that is valid already, or wait for the day on \
             which this one begins."
        ),
        Validity::Valid | Validity::Expired => {
            format!("Renew the certificate of {host}, and automate renewal (ACME).")
        }
    }
}

/// The names senders compare, or the word for having none.
fn names(leaf: &CertificateFacts) -> String {
    match (leaf.dns_names.as_slice(), &leaf.common_name) {
        ([], Some(common_name)) => {
            format!("only the Common Name {common_name}")
        }
        ([], None) => "no host".to_owned(),
        (names, _) => {
            let shown = names.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>();
            let more = names.len().saturating_sub(NAMES_SHOWN);
            if more == 0 {
                shown.join(", ")
            } else {
                format!("{} and {more} more", shown.join(", "))
            }
        }
    }
}

/// The issuer at the top of what was sent.
fn top<'a>(tls: &'a TlsFacts, leaf: &'a CertificateFacts) -> &'a str {
    tls.chain.last().map_or(leaf.issuer.as_str(), |last| last.issuer.as_str())
}

fn with<T>(mut list: Vec<T>, item: T) -> Vec<T> {
    list.push(item);
    list
}

/// How soon a certificate ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Renewal must have failed: it ends within a week.
    Now,
    /// Within two weeks, or past the time at which renewal is due.
    Soon,
}

/// Whether the end entity ends soon. Certificates that live for less than three weeks are
/// measured by their lifetime instead of by days.
pub(crate) fn ending(leaf: &CertificateFacts, now: Timestamp, renewal_due: bool) -> Option<Ending> {
    let left = leaf.not_after.duration_since(now);
    let lifetime = leaf.not_after.duration_since(leaf.not_before);
    if left <= SignedDuration::ZERO {
        return None;
    }
    if lifetime < SHORT_LIVED {
        return if left * 6 < lifetime {
            Some(Ending::Now)
        } else if left * 3 < lifetime {
            Some(Ending::Soon)
        } else {
            None
        };
    }
    if left <= WEEK {
        Some(Ending::Now)
    } else if left <= WEEK * 2 || (renewal_due && left * 3 < lifetime) {
        Some(Ending::Soon)
    } else {
        None
    }
}

/// The lines of evidence for a session.
pub(crate) fn evidence(tls: &TlsFacts) -> Vec<String> {
    let mut lines = vec![format!("session: {} {}", version(tls), tls.cipher)];
    for (at, certificate) in tls.chain.iter().take(CHAIN_SHOWN).enumerate() {
        lines.push(format!(
            "certificate {at}: {} from {}, valid {} to {}",
            certificate.subject,
            certificate.issuer,
            day(certificate.not_before),
            day(certificate.not_after)
        ));
    }
    if let Some(leaf) = tls.chain.first() {
        lines.push(format!(
            "names: {}",
            leaf.dns_names.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    lines
}

/// `TLS 1.3`.
pub(crate) fn version(tls: &TlsFacts) -> &'static str {
    use ironpost_net::tls::facts::TlsVersion::{Tls10, Tls11, Tls12, Tls13};
    match tls.version {
        Tls10 => "TLS 1.0",
        Tls11 => "TLS 1.1",
        Tls12 => "TLS 1.2",
        Tls13 => "TLS 1.3",
    }
}

/// `2026-03-01`.
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Names of a certificate worth reading.
const NAMES_SHOWN: usize = 4;
/// Certificates of a chain worth reading.
const CHAIN_SHOWN: usize = 4;
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Lifetimes below this are renewed every few days.
const SHORT_LIVED: SignedDuration = SignedDuration::from_hours(21 * 24);
