//! What a handshake showed.

use crate::tls::certificate::Certificate;
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::default_provider;

/// Facts of a TLS session: everything but the verdict on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// The protocol version negotiated.
    pub version: TlsVersion,
    /// The cipher suite's IANA name.
    pub cipher: String,
    /// The server name sent, if any.
    pub sni: Option<String>,
    /// Certificates as presented, end entity first.
    pub chain: Vec<CertificateFacts>,
    /// PKIX path validation of the chain as presented at the time of the probe, expiry left
    /// aside where that is possible.
    pub trust: Trust,
    /// Whether a SAN dNSName of the end entity matches the reference name (RFC 9525 §6.3;
    /// no Common Name).
    pub name_matches: bool,
    /// Where the time of the probe lies to the end entity's validity.
    pub validity: Validity,
}

impl TlsFacts {
    /// True if a sender that authenticates the server by PKIX goes on: a path to a trust root,
    /// the right name, and inside its validity (RFC 8461 §3.3 and §4.2).
    pub fn is_acceptable(&self) -> bool {
        self.trust == Trust::Trusted && self.name_matches && self.validity == Validity::Valid
    }
}

/// Protocol versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// 1.0
    Tls10,
    /// 1.1
    Tls11,
    /// 1.2
    Tls12,
    /// 1.3
    Tls13,
}

/// PKIX path validation without the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A path leads to a trust root.
    Trusted,
    /// The end entity is signed by itself.
    SelfSigned,
    /// No root, and the chain as sent does not lead to one although its last certificate names an
    /// issuer whose certificate was not sent: an intermediate is missing, or the CA is private.
    /// `intermediate_missing` is true when an issuer of the end entity is absent from what was
    /// sent and the end entity is not issued directly by a root we know or a self-signed one sent along.
    UnknownIssuer {
        /// See above.
        intermediate_missing: bool,
    },
    /// A path leads to a trust root, but over a CA certificate whose validity has ended; the end
    /// entity's own validity is told apart by [`Validity`].
    IntermediateExpired {
        /// Subject of that certificate, made visible.
        subject: String,
        /// When its validity ended.
        not_after: Timestamp,
    },
    /// Another failure (constraints, signature, key usage), in words.
    Other(String),
}

/// Validity period against the time of the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Inside the period.
    Valid,
    /// After its end.
    Expired,
    /// Before its start.
    NotYetValid,
}

/// A certificate, as far as anyone here asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Subject distinguished name, made visible.
    pub subject: String,
    /// Subject common name, made visible.
    pub common_name: Option<String>,
    /// Issuer distinguished name, made visible.
    pub issuer: String,
    /// SAN dNSNames, lower case, made visible; at most 100 are kept.
    pub dns_names: Vec<String>,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// DER of the certificate.
    pub der: Vec<u8>,
    /// DER of its SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// Issuer equals subject and the signature verifies with its own key.
    pub self_signed: bool,
}

impl CertificateFacts {
    /// Reads DER; `None` if it is no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let algorithms = default_provider().signature_verification_algorithms;
        Certificate::read(der, algorithms.all).map(|certificate| certificate.facts())
    }
}

/// A handshake that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeFailure {
    /// The peer has no TLS 1.2 or 1.3 to offer.
    #[error("the server does not offer TLS 1.2 or later")]
    Version,
    /// The peer sent a fatal alert.
    #[error("the server refused the handshake (alert {alert})")]
    Alert {
        /// `handshake_failure`, `unrecognized_name`, ….
        alert: String,
    },
    /// What the peer speaks is not TLS.
    #[error("the server does not speak TLS here")]
    NotTls,
    /// The peer closed or reset the connection.
    #[error("the server closed the connection during the handshake")]
    Closed,
    /// The deadline ran out.
    #[error("the handshake was not finished in time")]
    Timeout,
    /// Anything else, in words.
    #[error("the handshake failed: {detail}")]
    Other {
        /// rustls' words, made visible.
        detail: String,
    },
}
