//! A certificate read: the facts that anyone asks for, and who signed it.

use crate::tls::facts::CertificateFacts;
use ironpost_proto::visible::Visible;
use jiff::Timestamp;
use rustls_pki_types::{SignatureVerificationAlgorithm, TrustAnchor};
use x509_parser::asn1_rs::{Any, FromDer, Oid, Tag};
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::extensions::{GeneralName, ParsedExtension, SubjectAlternativeName};
use x509_parser::nom::Parser;
use x509_parser::oid_registry as oid;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A certificate from outside, readable but otherwise unjudged.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    der: &'a [u8],
    algorithms: Algorithms,
    x509: X509Certificate<'a>,
}

/// The signature algorithms that signatures are checked with.
pub(super) type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// Whether a certificate was signed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// It was.
    Good,
    /// It was not.
    Bad,
    /// No telling: an algorithm (SHA-1, say) or a key size that nobody accepts any more.
    Unsupported,
}

/// A public key, as a certificate and a trust anchor both have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PublicKey<'a> {
    algorithm: &'a [u8],
    bits: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads DER; `None` if it is not a certificate.
    pub(super) fn read(der: &'a [u8], algorithms: Algorithms) -> Option<Self> {
        let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
        let (_, x509) = parser.parse(der).ok()?;
        Some(Self { der, algorithms, x509 })
    }

    /// What is kept of it.
    pub(super) fn facts(&self) -> CertificateFacts {
        CertificateFacts {
            subject: distinguished_name(self.x509.subject()),
            common_name: self.x509.subject().iter_common_name().next().map(attribute_value),
            issuer: distinguished_name(self.x509.issuer()),
            dns_names: self.dns_names(),
            not_before: self.not_before(),
            not_after: self.not_after(),
            der: self.der.to_vec(),
            spki: self.x509.public_key().raw.to_vec(),
            self_signed: self.is_self_signed(),
        }
    }

    /// The subject's name as DER, without its outer SEQUENCE.
    pub(super) fn subject(&self) -> &'a [u8] {
        contents(self.x509.tbs_certificate.subject.as_raw()).unwrap_or_default()
    }

    /// The issuer's name as DER, without its outer SEQUENCE.
    pub(super) fn issuer(&self) -> &'a [u8] {
        contents(self.x509.tbs_certificate.issuer.as_raw()).unwrap_or_default()
    }

    /// The issuer's common names and organisations, for the guess at what kind of CA it is.
    pub(super) fn issuer_names(&self) -> &X509Name<'a> {
        &self.x509.tbs_certificate.issuer
    }

    /// Start of validity.
    pub(super) fn not_before(&self) -> Timestamp {
        timestamp(self.x509.validity().not_before.timestamp())
    }

    /// End of validity.
    pub(super) fn not_after(&self) -> Timestamp {
        timestamp(self.x509.validity().not_after.timestamp())
    }

    /// The whole certificate.
    pub(super) fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Its public key.
    pub(super) fn key(&self) -> Option<PublicKey<'a>> {
        PublicKey::from_spki(contents(self.x509.tbs_certificate.subject_pki.raw)?)
    }

    /// Issuer equals subject, and the signature verifies with its own key or cannot be checked.
    pub(super) fn is_self_signed(&self) -> bool {
        self.issuer() == self.subject()
            && self.key().is_some_and(|key| self.signature_by(key) != Signature::Bad)
    }

    /// Whether it was signed with `key`.
    pub(super) fn signature_by(&self, key: PublicKey<'_>) -> Signature {
        let tbs = self.x509.tbs_certificate.as_ref();
        let algorithm =
            contents(self.der).and_then(|parts| parts.get(tbs.len()..)).and_then(contents);
        let Some(algorithm) = algorithm else { return Signature::Unsupported };
        let signature = self.x509.signature_value.data.as_ref();
        let mut verdict = Signature::Unsupported;
        for candidate in self.algorithms {
            if candidate.signature_alg_id().as_ref() != algorithm
                || candidate.public_key_alg_id().as_ref() != key.algorithm
                || key.is_short_rsa()
            {
                continue;
            }
            if candidate.verify_signature(key.bits, tbs, signature).is_ok() {
                return Signature::Good;
            }
            verdict = Signature::Bad;
        }
        verdict
    }

    /// True if it bears a mark that public CAs put on what they issue and that a CA made at home
    /// rarely does: a place to fetch the issuer from, signed certificate timestamps, or a policy
    /// of the CA/Browser Forum (its Baseline Requirements §7.1.2.7 ask for the first and last).
    pub(super) fn is_publicly_issued(&self) -> bool {
        let Ok((_, deep)) = X509Certificate::from_der(self.der) else { return false };
        deep.extensions().iter().any(|extension| match extension.parsed_extension() {
            ParsedExtension::SCT(list) => !list.is_empty(),
            ParsedExtension::AuthorityInfoAccess(access) => access.iter().any(|place| {
                place.access_method == oid::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS
                    && matches!(place.access_location, GeneralName::URI(uri)
                        if uri.starts_with("http://") || uri.starts_with("https://"))
            }),
            ParsedExtension::CertificatePolicies(policies) => {
                policies.iter().any(|policy| is_browser_forum_policy(&policy.policy_id))
            }
            _ => false,
        })
    }

    /// Who issued the issuer's certificate, as DER without its outer SEQUENCE, where the authority
    /// key identifier says so (RFC 5280 §4.2.1.1, authorityCertIssuer).
    pub(super) fn issuer_of_issuer(&self) -> Option<&'a [u8]> {
        let (_, deep) = X509Certificate::from_der(self.der).ok()?;
        deep.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(authority) => {
                authority.authority_cert_issuer.iter().flatten().find_map(|name| match name {
                    GeneralName::DirectoryName(name) => contents(name.as_raw()),
                    _ => None,
                })
            }
            _ => None,
        })
    }

    fn dns_names(&self) -> Vec<String> {
        let extensions = self.x509.extensions();
        let Some(names) = extensions.iter().find(|e| e.oid == oid::OID_X509_EXT_SUBJECT_ALT_NAME)
        else {
            return Vec::new();
        };
        let Ok((_, names)) = SubjectAlternativeName::from_der(names.value) else {
            return Vec::new();
        };
        let dns = names.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        });
        dns.take(MAX_DNS_NAMES)
            .map(|name| Visible::excerpt(name.as_bytes(), MAX_NAME_CHARS).to_string())
            .collect()
    }
}

impl<'a> PublicKey<'a> {
    /// The key of a trust anchor.
    pub(super) fn of_anchor(anchor: &'a TrustAnchor<'_>) -> Option<Self> {
        Self::from_spki(anchor.subject_public_key_info.as_ref())
    }

    /// Reads a SubjectPublicKeyInfo without its outer SEQUENCE.
    fn from_spki(spki: &'a [u8]) -> Option<Self> {
        let (rest, algorithm) = Any::from_der(spki).ok()?;
        let (_, bits) = Any::from_der(rest).ok()?;
        // RFC 5280 §4.1.2.7: a BIT STRING of whole octets; the first says how many bits are unused.
        let (&0, bits) = bits.data.split_first()? else { return None };
        Some(Self { algorithm: algorithm.data, bits })
    }

    fn is_short_rsa(&self) -> bool {
        self.algorithm == rustls_pki_types::alg_id::RSA_ENCRYPTION.as_ref()
            && self.bits.len() < MIN_RSA_OCTETS
    }
}

/// The contents of one DER value.
pub(super) fn contents(der: &[u8]) -> Option<&[u8]> {
    Any::from_der(der).ok().map(|(_, any)| any.data)
}

/// An attribute's value as text.
pub(super) fn attribute_value(attribute: &AttributeTypeAndValue<'_>) -> String {
    let value = attribute.attr_value();
    if value.header.tag() == Tag::BmpString {
        let (units, _) = value.data.as_chunks::<2>();
        let text: String = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        return Visible::excerpt(text.as_bytes(), MAX_VALUE_CHARS).to_string();
    }
    Visible::excerpt(value.data, MAX_VALUE_CHARS).to_string()
}

fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for attribute in name.iter_attributes().take(MAX_ATTRIBUTES) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        match ATTRIBUTE_LABELS.iter().find(|(oid, _)| oid == attribute.attr_type()) {
            Some((_, label)) => text.push_str(label),
            None => text.push_str(&attribute.attr_type().to_id_string()),
        }
        text.push('=');
        text.push_str(&attribute_value(attribute));
    }
    text
}

fn is_browser_forum_policy(policy: &Oid<'_>) -> bool {
    // 2.23.140.1: ca-browser-forum certificate-policies.
    policy.as_bytes().starts_with(&[0x67, 0x81, 0x0c, 0x01])
}

/// Seconds since 1970; a year that cannot be told becomes the nearest that can.
fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Kept of a certificate's names. Own limit: certificates of large providers list up to 100.
const MAX_DNS_NAMES: usize = 100;
/// A DNS name has at most 253 octets (RFC 1035 §2.3.4).
const MAX_NAME_CHARS: usize = 253;
/// Shown of one attribute. RFC 5280 appendix A.1 (ub-common-name and its like) allows 64.
const MAX_VALUE_CHARS: usize = 128;
/// Shown of one distinguished name. Own limit.
const MAX_ATTRIBUTES: usize = 12;
/// 2,048 bits of modulus: nobody accepts less (CA/Browser Forum Baseline Requirements §6.1.5).
const MIN_RSA_OCTETS: usize = 256;

const ATTRIBUTE_LABELS: [(Oid<'static>, &str); 7] = [
    (oid::OID_X509_COMMON_NAME, "CN"),
    (oid::OID_X509_ORGANIZATION_NAME, "O"),
    (oid::OID_X509_ORGANIZATIONAL_UNIT, "OU"),
    (oid::OID_X509_COUNTRY_NAME, "C"),
    (oid::OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
    (oid::OID_X509_LOCALITY_NAME, "L"),
    (oid::OID_PKCS9_EMAIL_ADDRESS, "emailAddress"),
];
