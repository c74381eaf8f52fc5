//! Why there is no policy, for reports and for people.

use super::NoPolicy;
use crate::dns::answer::DnsError;
use crate::policy_fetch::{self, PolicyFetch};
use crate::tls::facts::{HandshakeFailure, TlsFacts, Trust, Validity};
use ironpost_proto::deviation::Deviation;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::policy::PolicyFault;
use ironpost_proto::tls_rpt::result_type::{CertificateFault, FetchFailure};
use ironpost_proto::visible::Visible;
use std::net::SocketAddr;

impl NoPolicy {
    /// The addresses of the policy host could not be looked up.
    pub(super) fn unresolved(host: &DnsName, error: &DnsError) -> Self {
        let detail = format!("{host} could not be looked up: {error}");
        Self { failure: FetchFailure::Dns, detail: shown(&detail), address: None }
    }

    /// There is no policy host.
    pub(super) fn no_address(host: &DnsName) -> Self {
        let detail = format!("{host} has no address");
        Self { failure: FetchFailure::Dns, detail: shown(&detail), address: None }
    }

    /// The fetch came to nothing.
    pub(super) fn of_fetch(
        host: &DnsName,
        fetch: &PolicyFetch,
        failure: &policy_fetch::FetchFailure,
    ) -> Self {
        let (reported, words) = reading(fetch, failure);
        let detail = format!("{host} at {}: {words}", fetch.address.ip());
        Self { failure: reported, detail: shown(&detail), address: Some(fetch.address) }
    }

    /// What came is no policy.
    pub(super) fn invalid(
        address: SocketAddr,
        fault: PolicyFault,
        place: Option<&Deviation<PolicyFault>>,
    ) -> Self {
        let detail = match place {
            Some(place) => format!("the policy is invalid: {fault}, in line {}", place.line),
            None => format!("the policy is invalid: {fault}"),
        };
        let failure = FetchFailure::Policy(fault);
        Self { failure, detail: shown(&detail), address: Some(address) }
    }
}

/// What a report calls a failure, and what people do.
fn reading(fetch: &PolicyFetch, failure: &policy_fetch::FetchFailure) -> (FetchFailure, String) {
    use policy_fetch::FetchFailure as Seen;
    let reported = match failure {
        Seen::Forbidden(why) => return (FetchFailure::Connect, format!("not connected to {why}")),
        Seen::Certificate => return certificate(fetch.tls.as_ref()),
        Seen::Refused | Seen::Unroutable | Seen::Connect(_) => FetchFailure::Connect,
        Seen::Handshake(HandshakeFailure::Timeout) | Seen::ConnectTimeout | Seen::Timeout => {
            FetchFailure::Timeout
        }
        Seen::Handshake(
            HandshakeFailure::Version
            | HandshakeFailure::Alert { .. }
            | HandshakeFailure::NotTls
            | HandshakeFailure::Closed
            | HandshakeFailure::Other { .. },
        ) => FetchFailure::Tls,
        Seen::Http(_) => FetchFailure::Http,
        Seen::Status(status) => FetchFailure::Status(*status),
        Seen::MediaType => FetchFailure::MediaType,
        Seen::TooLarge => FetchFailure::TooLarge,
    };
    (reported, failure.to_string())
}

/// The first fault of a certificate in the order expired, not trusted, of another name.
fn certificate(tls: Option<&TlsFacts>) -> (FetchFailure, String) {
    let untrusted = |reason: &str| CertificateFault::NotTrusted { reason: reason.into() };
    let (fault, words) = match tls {
        None => (untrusted("certificate"), "the certificate is not acceptable".to_owned()),
        Some(tls) => match (tls.validity, &tls.trust) {
            (Validity::Expired, _) => {
                (CertificateFault::Expired, "the certificate has expired".to_owned())
            }
            (Validity::NotYetValid, _) => {
                (CertificateFault::Expired, "the certificate is not valid yet".to_owned())
            }
            (Validity::Valid, Trust::SelfSigned) => {
                (untrusted("self-signed"), "the certificate is self-signed".to_owned())
            }
            (Validity::Valid, Trust::UnknownIssuer { intermediate_missing: true }) => (
                untrusted("intermediate-missing"),
                "an intermediate certificate is not sent along".to_owned(),
            ),
            (Validity::Valid, Trust::UnknownIssuer { intermediate_missing: false }) => {
                (untrusted("unknown-issuer"), "the certificate leads to no trusted root".to_owned())
            }
            (Validity::Valid, Trust::IntermediateExpired { subject, not_after }) => (
                untrusted("intermediate-expired"),
                format!("the CA certificate {subject} expired at {not_after}"),
            ),
            (Validity::Valid, Trust::Other(reason)) => (untrusted(reason), reason.clone()),
            (Validity::Valid, Trust::Trusted) => {
                (CertificateFault::Name, "the certificate is for another name".to_owned())
            }
        },
    };
    (FetchFailure::Certificate(fault), words)
}

fn shown(detail: &str) -> Visible {
    Visible::excerpt(detail.as_bytes(), MAX_SHOWN)
}

/// Characters of a detail. Own limit.
const MAX_SHOWN: usize = 512;
