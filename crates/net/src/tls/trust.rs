//! What PKIX (RFC 5280 §6, RFC 9525 §6) says of a chain, fault by fault: path, name and validity
//! are judged apart, because a library that stops at the first fault hides the others.

use crate::tls::certificate::Certificate;
use crate::tls::diagnosis::is_intermediate_missing;
use crate::tls::facts::{Trust, Validity};
use crate::tls::path::{End, Path};
use crate::tls::roots::Roots;
use ironpost_proto::visible::Visible;
use jiff::Timestamp;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::time::Duration;

/// A chain as presented, end entity first, as DER and read. The two need not run in parallel:
/// what cannot be read is left out of `read`, save the end entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain<'c, 'a> {
    pub(super) end_entity: &'c CertificateDer<'a>,
    pub(super) others: &'c [CertificateDer<'a>],
    pub(super) read: &'c [Certificate<'a>],
}

/// Where `now` lies to a certificate's validity.
pub(super) fn validity(certificate: &Certificate<'_>, now: Timestamp) -> Validity {
    if now > certificate.not_after() {
        Validity::Expired
    } else if now < certificate.not_before() {
        Validity::NotYetValid
    } else {
        Validity::Valid
    }
}

/// Whether a SAN of the end entity is `reference` (RFC 9525 §6.3: no Common Name, a wildcard
/// stands for the whole left-most label).
pub(super) fn name_matches(end_entity: &CertificateDer<'_>, reference: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(end_entity)
        .is_ok_and(|parsed| verify_server_name(&parsed, reference).is_ok())
}

/// Whether a path leads to a root, expiry of the end entity left aside.
pub(super) fn trust(chain: Chain<'_, '_>, now: Timestamp, roots: &Roots) -> Trust {
    let Some(end_entity) = chain.read.first() else {
        return Trust::Other("no certificate".to_owned());
    };
    let moment = moment_inside(end_entity, now);
    match validate(chain.end_entity, chain.others, moment, roots) {
        Ok(()) => {
            roots.seen().learn(chain.read, roots);
            Trust::Trusted
        }
        Err(error) => explain(chain, end_entity, moment, &error, roots),
    }
}

/// Path validation by webpki.
pub(super) fn validate(
    end_entity: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    moment: Timestamp,
    roots: &Roots,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(end_entity)?;
    let seconds = u64::try_from(moment.as_second()).unwrap_or(0);
    verify_server_cert_signed_by_trust_anchor(
        &parsed,
        roots.store(),
        others,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        roots.algorithms().all,
    )
}

fn explain(
    chain: Chain<'_, '_>,
    end_entity: &Certificate<'_>,
    moment: Timestamp,
    error: &Error,
    roots: &Roots,
) -> Trust {
    if end_entity.is_self_signed() {
        return Trust::SelfSigned;
    }
    let path = Path::walk(chain.read, roots.store());
    match path.end {
        End::Root if is_about_time(error) => untimely(&path, end_entity, moment),
        End::Root => Trust::Other(words(error)),
        End::PrivateRoot => Trust::UnknownIssuer { intermediate_missing: false },
        End::SentIssuerDiffers => {
            if is_intermediate_missing(chain, &path, moment, roots) {
                Trust::UnknownIssuer { intermediate_missing: true }
            } else {
                Trust::Other("a signature in the chain does not verify".to_owned())
            }
        }
        End::IssuerAbsent | End::RootDiffers => Trust::UnknownIssuer {
            intermediate_missing: is_intermediate_missing(chain, &path, moment, roots),
        },
    }
}

/// A path whose signatures lead to a root, but not within everyone's validity at one time.
fn untimely(path: &Path<'_, '_>, end_entity: &Certificate<'_>, moment: Timestamp) -> Trust {
    let expired = path.issuers().find(|issuer| issuer.not_after() < moment);
    if let Some(issuer) = expired {
        let facts = issuer.facts();
        return Trust::IntermediateExpired { subject: facts.subject, not_after: facts.not_after };
    }
    if end_entity.not_before() > end_entity.not_after() {
        return Trust::Other("the certificate's validity ends before it starts".to_owned());
    }
    match path.issuers().find(|issuer| issuer.not_before() > moment) {
        // The moment was put inside the validity of an expired end entity, and its issuer is
        // younger than that: the path is sound, and `Validity` tells of the expiry.
        Some(issuer) if issuer.not_before() > end_entity.not_after() => Trust::Trusted,
        Some(issuer) => {
            Trust::Other(format!("the CA certificate {} is not valid yet", issuer.facts().subject))
        }
        None => Trust::Other("a certificate in the chain is outside its validity".to_owned()),
    }
}

/// `now`, or the moment nearest to it at which the certificate is valid.
fn moment_inside(certificate: &Certificate<'_>, now: Timestamp) -> Timestamp {
    match validity(certificate, now) {
        Validity::Valid => now,
        Validity::Expired => certificate.not_after(),
        Validity::NotYetValid => certificate.not_before(),
    }
}

fn is_about_time(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}

fn words(error: &Error) -> String {
    let Error::InvalidCertificate(error) = error else {
        return Visible::excerpt(error.to_string().as_bytes(), MAX_WORDS).to_string();
    };
    let plain = match error {
        CertificateError::BadEncoding => "a certificate in the chain is malformed",
        CertificateError::BadSignature => "a signature in the chain does not verify",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not meant for servers (extended key usage)"
        }
        CertificateError::UnhandledCriticalExtension => {
            "a certificate in the chain has a critical extension that is not understood"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "a certificate in the chain is signed with an algorithm that is no longer accepted"
        }
        CertificateError::Revoked => "a certificate in the chain is revoked",
        // What webpki finds beyond rustls' own list, by the name that it prints.
        other => match other.to_string().as_str() {
            text if text.contains("CaUsedAsEndEntity") => {
                "a CA certificate is used as the server's own"
            }
            text if text.contains("EndEntityUsedAsCa") => {
                "a certificate that is not a CA's has signed another"
            }
            text if text.contains("NameConstraintViolation") => {
                "the name constraints of a CA forbid the names in the certificate"
            }
            text if text.contains("PathLenConstraintViolated") => {
                "the chain is longer than one of its CAs allows"
            }
            text if text.contains("UnsupportedCertVersion") => {
                "a certificate in the chain is not of X.509 version 3"
            }
            text => return Visible::excerpt(text.as_bytes(), MAX_WORDS).to_string(),
        },
    };
    plain.to_owned()
}

/// Shown of a library's words. Own limit.
const MAX_WORDS: usize = 200;
