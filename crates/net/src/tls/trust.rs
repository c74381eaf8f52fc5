//! What PKIX (RFC 5280 §6, RFC 9525 §6) says of a chain, fault by fault: path, name and validity
//! are judged apart, because a library that stops at the first fault hides the others.

use crate::tls::certificate::{Algorithms, Certificate};
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

/// A chain as presented, end entity first, bounded in what it can cost.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    end_entity: CertificateDer<'a>,
    others: Vec<CertificateDer<'a>>,
    /// All of them, read.
    pub(super) certificates: Vec<Certificate<'a>>,
}

impl<'a> Chain<'a> {
    /// Reads what a server presented; `None` if its own certificate cannot be read. Others that
    /// cannot are left out, and so is what goes beyond the limits.
    pub(super) fn read(
        presented: &'a [CertificateDer<'_>],
        algorithms: Algorithms,
    ) -> Option<Self> {
        let (end_entity, others) = presented.split_first()?;
        let mut certificates = vec![Certificate::read(end_entity, algorithms)?];
        for der in others.iter().take(MAX_OTHERS) {
            let Some(other) = Certificate::read(der, algorithms) else { continue };
            let alike = certificates.iter().filter(|known| known.subject() == other.subject());
            if alike.count() < MAX_ALIKE {
                certificates.push(other);
            }
        }
        let others = certificates.iter().skip(1).map(|other| CertificateDer::from(other.der()));
        Some(Self {
            end_entity: CertificateDer::from(end_entity.as_ref()),
            others: others.collect(),
            certificates,
        })
    }

    /// The CA certificates sent along.
    pub(super) fn others(&self) -> &[CertificateDer<'a>] {
        &self.others
    }

    /// Path validation by webpki, with `others` to build the path from.
    pub(super) fn validate(
        &self,
        others: &[CertificateDer<'_>],
        moment: Timestamp,
        roots: &Roots,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(&self.end_entity)?;
        let seconds = u64::try_from(moment.as_second()).unwrap_or(0);
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            roots.store(),
            others,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            roots.algorithms().all,
        )
    }

    /// Whether a SAN of the end entity is `reference` (RFC 9525 §6.3: no Common Name, a wildcard
    /// stands for the whole left-most label).
    pub(super) fn name_matches(&self, reference: &ServerName<'_>) -> bool {
        ParsedCertificate::try_from(&self.end_entity)
            .is_ok_and(|parsed| verify_server_name(&parsed, reference).is_ok())
    }

    /// Where `now` lies to the end entity's validity.
    pub(super) fn validity(&self, now: Timestamp) -> Validity {
        self.certificates.first().map_or(Validity::Expired, |end_entity| validity(end_entity, now))
    }
}

/// Whether a path leads to a root, expiry of the end entity left aside.
pub(super) fn trust(chain: &Chain<'_>, now: Timestamp, roots: &Roots) -> Trust {
    let Some(end_entity) = chain.certificates.first() else {
        return Trust::Other("no certificate".to_owned());
    };
    let moment = moment_inside(end_entity, now);
    match chain.validate(&chain.others, moment, roots) {
        Ok(()) => {
            roots.seen().learn(&chain.certificates, roots);
            Trust::Trusted
        }
        Err(error) => explain(chain, end_entity, (now, moment), &error, roots),
    }
}

fn explain(
    chain: &Chain<'_>,
    end_entity: &Certificate<'_>,
    (now, moment): (Timestamp, Timestamp),
    error: &Error,
    roots: &Roots,
) -> Trust {
    if end_entity.is_self_signed() {
        return Trust::SelfSigned;
    }
    let path = Path::walk(&chain.certificates, roots.store());
    match path.end {
        End::Root if is_about_time(error) => untimely(&path, end_entity, now),
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
fn untimely(path: &Path<'_, '_>, end_entity: &Certificate<'_>, now: Timestamp) -> Trust {
    if let Some(issuer) = path.issuers().find(|issuer| issuer.not_after() < now) {
        let facts = issuer.facts();
        return Trust::IntermediateExpired { subject: facts.subject, not_after: facts.not_after };
    }
    // The end entity is outside its validity, and its issuer was not valid at that time: the path
    // is sound, and `Validity` tells the one fault there is.
    if validity(end_entity, now) != Validity::Valid {
        return Trust::Trusted;
    }
    match path.issuers().find(|issuer| issuer.not_before() > now) {
        Some(issuer) => {
            Trust::Other(format!("the CA certificate {} is not valid yet", issuer.facts().subject))
        }
        None => Trust::Other("a certificate in the chain is outside its validity".to_owned()),
    }
}

fn validity(certificate: &Certificate<'_>, now: Timestamp) -> Validity {
    if now > certificate.not_after() {
        Validity::Expired
    } else if now < certificate.not_before() {
        Validity::NotYetValid
    } else {
        Validity::Valid
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

/// CA certificates looked at in one chain. Own limit: real ones have one to four.
const MAX_OTHERS: usize = 15;
/// Of these, how many may have one subject, as cross-signed ones do. Own limit: webpki tries every
/// combination, and a chain of namesakes would keep it busy for seconds.
const MAX_ALIKE: usize = 4;
/// Shown of a library's words. Own limit.
const MAX_WORDS: usize = 200;
