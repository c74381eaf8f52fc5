//! Result types, RFC 8460 §4.3, and which event gives which.

use crate::mta_sts::policy::PolicyFault;
use crate::visible::Visible;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// One of the result types registered by RFC 8460 §6.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResultType {
    /// The MX offered no STARTTLS, or refused it.
    StarttlsNotSupported,
    /// The certificate names another host.
    CertificateHostMismatch,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate's chain leads to no trusted root.
    CertificateNotTrusted,
    /// Any other failure of the session.
    ValidationFailure,
    /// No record of the TLSA RRset matched.
    TlsaInvalid,
    /// DNSSEC validation failed.
    DnssecInvalid,
    /// The sender insists on DANE, and the MX has none.
    DaneRequired,
    /// The policy could not be retrieved.
    StsPolicyFetchError,
    /// The policy was retrieved and is invalid.
    StsPolicyInvalid,
    /// The policy host failed PKIX authentication.
    StsWebpkiInvalid,
}

impl ResultType {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 11] = [
        Self::StarttlsNotSupported,
        Self::CertificateHostMismatch,
        Self::CertificateExpired,
        Self::CertificateNotTrusted,
        Self::ValidationFailure,
        Self::TlsaInvalid,
        Self::DnssecInvalid,
        Self::DaneRequired,
        Self::StsPolicyFetchError,
        Self::StsPolicyInvalid,
        Self::StsWebpkiInvalid,
    ];

    /// The name in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StarttlsNotSupported => "starttls-not-supported",
            Self::CertificateHostMismatch => "certificate-host-mismatch",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::ValidationFailure => "validation-failure",
            Self::TlsaInvalid => "tlsa-invalid",
            Self::DnssecInvalid => "dnssec-invalid",
            Self::DaneRequired => "dane-required",
            Self::StsPolicyFetchError => "sts-policy-fetch-error",
            Self::StsPolicyInvalid => "sts-policy-invalid",
            Self::StsWebpkiInvalid => "sts-webpki-invalid",
        }
    }
}

impl fmt::Display for ResultType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no registered result type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a registered result type")]
pub struct UnknownResultType;

impl FromStr for ResultType {
    type Err = UnknownResultType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownResultType)
    }
}

/// A result type as a report has it. The registry is open (§6.6), so a reader keeps what it
/// does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reported {
    /// One we know.
    Known(ResultType),
    /// Any other text.
    Unknown(Visible),
}

impl From<&str> for Reported {
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(known) => Self::Known(known),
            Err(UnknownResultType) => Self::Unknown(text.into()),
        }
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Unknown(text) => text.fmt(f),
        }
    }
}

/// Something that kept a sender from a TLS session that satisfies the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// No policy came from the policy host. It is reported under the `sts` policy, and also
    /// where a cached policy stepped in.
    PolicyFetch {
        /// What went wrong.
        failure: FetchFailure,
        /// What was applied in its place.
        instead: Instead,
    },
    /// The name of the MX matches no pattern of the policy. RFC 8460 names no type for it
    /// (A12).
    MxNotInPolicy,
    /// EHLO did not offer STARTTLS.
    NoStarttls,
    /// STARTTLS was answered with this code of class 4 or 5.
    StarttlsRefused {
        /// The reply code.
        code: u16,
    },
    /// The certificate of the MX fails.
    MxCertificate(CertificateFault),
    /// The handshake failed for a reason other than the certificate.
    Handshake {
        /// The alert or library error, as a short name.
        alert: Visible,
    },
    /// No protocol version in common.
    ProtocolVersion,
    /// Usable TLSA records, none of which matches.
    TlsaMismatch,
    /// TLSA records that are malformed.
    TlsaMalformed,
    /// DNSSEC validation failed, or the lookup did, for the MX, its address or its TLSA.
    Dnssec,
    /// Local policy insists on DANE and there is no secure TLSA record.
    DaneRequired,
}

/// Why no policy came from the policy host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchFailure {
    /// The name of the policy host does not resolve.
    Dns,
    /// No connection.
    Connect,
    /// Not done in time.
    Timeout,
    /// No TLS session, for a reason other than the certificate.
    Tls,
    /// A status other than 200, redirects among them.
    Status(u16),
    /// A media type other than text/plain.
    MediaType,
    /// A body over the limit.
    TooLarge,
    /// A broken HTTP answer.
    Http,
    /// The certificate of the policy host fails.
    Certificate(CertificateFault),
    /// A body that is no valid policy.
    Policy(PolicyFault),
}

/// Why a certificate was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// It has expired (or is not valid yet).
    Expired,
    /// Its names do not include the host.
    Name,
    /// Its chain leads to no trusted root.
    NotTrusted {
        /// The library's name of the fault.
        reason: Visible,
    },
}

/// What a sender applied when it could not fetch a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// Nothing: as if the domain had no policy.
    Nothing,
    /// The cached policy.
    CachedPolicy,
}

/// The result type that an event is reported as.
pub fn result_type(event: &Event) -> ResultType {
    match event {
        Event::PolicyFetch { failure, instead: _ } => match failure {
            FetchFailure::Dns
            | FetchFailure::Connect
            | FetchFailure::Timeout
            | FetchFailure::Tls
            | FetchFailure::Status(_)
            | FetchFailure::MediaType
            | FetchFailure::TooLarge
            | FetchFailure::Http => ResultType::StsPolicyFetchError,
            FetchFailure::Certificate(_) => ResultType::StsWebpkiInvalid,
            FetchFailure::Policy(_) => ResultType::StsPolicyInvalid,
        },
        Event::NoStarttls | Event::StarttlsRefused { code: _ } => ResultType::StarttlsNotSupported,
        Event::MxCertificate(fault) => match fault {
            CertificateFault::Expired => ResultType::CertificateExpired,
            CertificateFault::Name => ResultType::CertificateHostMismatch,
            CertificateFault::NotTrusted { reason: _ } => ResultType::CertificateNotTrusted,
        },
        Event::MxNotInPolicy | Event::Handshake { alert: _ } | Event::ProtocolVersion => {
            ResultType::ValidationFailure
        }
        Event::TlsaMismatch | Event::TlsaMalformed => ResultType::TlsaInvalid,
        Event::Dnssec => ResultType::DnssecInvalid,
        Event::DaneRequired => ResultType::DaneRequired,
    }
}

/// A `failure-reason-code` for the event. Not-trusted certificates and general failures ought
/// to have one (§4.3.1, §4.3.3); where the result type says all, there is none.
pub fn reason_code(event: &Event) -> Option<Cow<'static, str>> {
    match event {
        Event::PolicyFetch { failure, instead } => {
            let code = fetch_reason(failure);
            Some(match instead {
                Instead::Nothing => code,
                Instead::CachedPolicy => format!("{code}+fallback-to-cached-policy").into(),
            })
        }
        Event::MxNotInPolicy => Some("mx-mismatch".into()),
        Event::StarttlsRefused { code } => Some(code.to_string().into()),
        Event::MxCertificate(fault) => match fault {
            CertificateFault::NotTrusted { reason } => Some(reason.as_str().to_owned().into()),
            CertificateFault::Expired | CertificateFault::Name => None,
        },
        Event::Handshake { alert } => Some(alert.as_str().to_owned().into()),
        Event::ProtocolVersion => Some("protocol-version".into()),
        Event::TlsaMismatch => Some("tlsa-mismatch".into()),
        Event::TlsaMalformed => Some("tlsa-malformed".into()),
        Event::NoStarttls | Event::Dnssec | Event::DaneRequired => None,
    }
}

fn fetch_reason(failure: &FetchFailure) -> Cow<'static, str> {
    match failure {
        FetchFailure::Dns => "dns".into(),
        FetchFailure::Connect => "connect".into(),
        FetchFailure::Timeout => "timeout".into(),
        FetchFailure::Tls => "tls-handshake".into(),
        FetchFailure::Status(status) => format!("http-status-{status}").into(),
        FetchFailure::MediaType => "media-type".into(),
        FetchFailure::TooLarge => "too-large".into(),
        FetchFailure::Http => "http".into(),
        FetchFailure::Certificate(fault) => match fault {
            CertificateFault::Expired => "certificate-expired".into(),
            CertificateFault::Name => "certificate-host-mismatch".into(),
            CertificateFault::NotTrusted { reason } => reason.as_str().to_owned().into(),
        },
        FetchFailure::Policy(fault) => policy_reason(*fault).into(),
    }
}

/// Which part of the policy is at fault.
fn policy_reason(fault: PolicyFault) -> &'static str {
    use crate::mta_sts::policy::Field;
    match fault {
        PolicyFault::TooLarge => "too-large",
        PolicyFault::Empty => "empty",
        PolicyFault::ByteOrderMark => "byte-order-mark",
        PolicyFault::BareCr => "line-end",
        PolicyFault::Html => "html",
        PolicyFault::Syntax
        | PolicyFault::OneLine
        | PolicyFault::UnknownField
        | PolicyFault::RepeatedUnknownField => "syntax",
        PolicyFault::BlankLine => "blank-line",
        PolicyFault::MissingVersion
        | PolicyFault::Version
        | PolicyFault::VersionNotFirst
        | PolicyFault::Repeated(Field::Version) => "version",
        PolicyFault::MissingMode | PolicyFault::Mode | PolicyFault::Repeated(Field::Mode) => "mode",
        PolicyFault::MissingMaxAge
        | PolicyFault::MaxAge
        | PolicyFault::MaxAgeRange
        | PolicyFault::Repeated(Field::MaxAge) => "max_age",
        PolicyFault::MissingMx | PolicyFault::Mx(_) => "mx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResultType as R;

    #[test]
    fn the_eleven_names_are_read_back() {
        for known in R::ALL {
            assert_eq!(known.to_string().parse(), Ok(known));
            assert_eq!(Reported::from(known.as_str()), Reported::Known(known));
        }
        assert_eq!("Dane-Required".parse::<R>(), Err(UnknownResultType));
        assert_eq!(Reported::from("quantum-broken\x1b").to_string(), "quantum-broken\\x1b");
    }

    #[test]
    fn every_event_has_its_result_type_and_reason() {
        let fetch = |failure| Event::PolicyFetch { failure, instead: Instead::Nothing };
        let cached = |failure| Event::PolicyFetch { failure, instead: Instead::CachedPolicy };
        let untrusted = || CertificateFault::NotTrusted { reason: "unknown-issuer".into() };
        let table = [
            (fetch(FetchFailure::Dns), R::StsPolicyFetchError, Some("dns")),
            (fetch(FetchFailure::Connect), R::StsPolicyFetchError, Some("connect")),
            (fetch(FetchFailure::Timeout), R::StsPolicyFetchError, Some("timeout")),
            (fetch(FetchFailure::Tls), R::StsPolicyFetchError, Some("tls-handshake")),
            (fetch(FetchFailure::Status(301)), R::StsPolicyFetchError, Some("http-status-301")),
            (fetch(FetchFailure::MediaType), R::StsPolicyFetchError, Some("media-type")),
            (fetch(FetchFailure::TooLarge), R::StsPolicyFetchError, Some("too-large")),
            (fetch(FetchFailure::Http), R::StsPolicyFetchError, Some("http")),
            (
                fetch(FetchFailure::Certificate(CertificateFault::Expired)),
                R::StsWebpkiInvalid,
                Some("certificate-expired"),
            ),
            (
                fetch(FetchFailure::Certificate(CertificateFault::Name)),
                R::StsWebpkiInvalid,
                Some("certificate-host-mismatch"),
            ),
            (
                fetch(FetchFailure::Certificate(untrusted())),
                R::StsWebpkiInvalid,
                Some("unknown-issuer"),
            ),
            (fetch(FetchFailure::Policy(PolicyFault::Mode)), R::StsPolicyInvalid, Some("mode")),
            (
                cached(FetchFailure::Status(500)),
                R::StsPolicyFetchError,
                Some("http-status-500+fallback-to-cached-policy"),
            ),
            (Event::MxNotInPolicy, R::ValidationFailure, Some("mx-mismatch")),
            (Event::NoStarttls, R::StarttlsNotSupported, None),
            (Event::StarttlsRefused { code: 454 }, R::StarttlsNotSupported, Some("454")),
            (Event::MxCertificate(CertificateFault::Name), R::CertificateHostMismatch, None),
            (Event::MxCertificate(CertificateFault::Expired), R::CertificateExpired, None),
            (Event::MxCertificate(untrusted()), R::CertificateNotTrusted, Some("unknown-issuer")),
            (
                Event::Handshake { alert: "handshake_failure".into() },
                R::ValidationFailure,
                Some("handshake_failure"),
            ),
            (Event::ProtocolVersion, R::ValidationFailure, Some("protocol-version")),
            (Event::TlsaMismatch, R::TlsaInvalid, Some("tlsa-mismatch")),
            (Event::TlsaMalformed, R::TlsaInvalid, Some("tlsa-malformed")),
            (Event::Dnssec, R::DnssecInvalid, None),
            (Event::DaneRequired, R::DaneRequired, None),
        ];
        for (event, expected, reason) in table {
            assert_eq!(result_type(&event), expected, "{event:?}");
            assert_eq!(reason_code(&event).as_deref(), reason, "{event:?}");
        }
    }
}
