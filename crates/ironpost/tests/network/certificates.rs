//! The certification authority that the checker is told to trust, and certificates of every kind.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PublicKeyData,
};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::ops::Range;
use std::time::{Duration, SystemTime};

/// What is right or wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    Sound,
    Expired,
    NotYetValid,
    /// For [`WRONG_NAME`].
    WrongName,
    SelfSigned,
    /// From a CA that nobody knows, its root sent along.
    PrivateCa,
    /// Sound, but sent without the intermediate.
    NoIntermediate,
}

/// A name that no policy host and no MX host has. A domain has it.
pub(crate) const WRONG_NAME: &str = "www.signed.example";

/// A root, an intermediate below it, and a root that nobody trusts.
pub(crate) struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    private: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The private key, then the chain from the end entity up.
    pub(crate) pem: String,
    pub(crate) digests: Digests,
}

/// SHA-256 in hexadecimal, as TLSA records have it.
#[derive(Debug)]
pub(crate) struct Digests {
    /// Of the whole certificate: selector 0.
    pub(crate) certificate: String,
    /// Of its public key: selector 1.
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let ca = |name: &str| {
            let mut params = params(&[], -365..3650);
            params.distinguished_name.push(DnType::OrganizationName, "Ironpost Tests");
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params
        };
        let root = CertifiedIssuer::self_signed(ca("Test Root"), key()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(ca("Test Issuing CA"), key(), &root).unwrap();
        let private = CertifiedIssuer::self_signed(ca("Somebody's Own Root"), key()).unwrap();
        Self { root, intermediate, private }
    }

    /// The root to trust.
    pub(crate) fn root_pem(&self) -> String {
        self.root.pem()
    }

    pub(crate) fn root_digests(&self) -> Digests {
        digests(self.root.der(), self.root.key())
    }

    pub(crate) fn intermediate_digests(&self) -> Digests {
        digests(self.intermediate.der(), self.intermediate.key())
    }

    /// A certificate with a key of its own.
    pub(crate) fn issue(&self, kind: Certificate, names: &[String]) -> Identity {
        let days = match kind {
            Certificate::Expired => -100..-10,
            Certificate::NotYetValid => 10..100,
            Certificate::Sound
            | Certificate::WrongName
            | Certificate::SelfSigned
            | Certificate::PrivateCa
            | Certificate::NoIntermediate => -30..60,
        };
        let elsewhere = [WRONG_NAME.to_owned()];
        let names = if kind == Certificate::WrongName { &elsewhere } else { names };
        let mut params = params(names, days);
        params.distinguished_name.push(DnType::CommonName, names[0].as_str());
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = key();
        let (leaf, above) = match kind {
            Certificate::Sound
            | Certificate::Expired
            | Certificate::NotYetValid
            | Certificate::WrongName => {
                (params.signed_by(&key, &self.intermediate), self.intermediate.pem())
            }
            Certificate::NoIntermediate => {
                (params.signed_by(&key, &self.intermediate), String::new())
            }
            Certificate::PrivateCa => (params.signed_by(&key, &self.private), self.private.pem()),
            Certificate::SelfSigned => (params.self_signed(&key), String::new()),
        };
        let leaf = leaf.unwrap();
        let pem = format!("{}{}{above}", key.serialize_pem(), leaf.pem());
        Identity { pem, digests: digests(leaf.der(), &key) }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// Parameters of a certificate that is valid between two days, counted from today.
fn params(names: &[String], days: Range<i64>) -> CertificateParams {
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = day(days.start).into();
    params.not_after = day(days.end).into();
    params
}

fn day(number: i64) -> SystemTime {
    let distance = Duration::from_hours(24 * number.unsigned_abs());
    if number < 0 { SystemTime::now() - distance } else { SystemTime::now() + distance }
}

fn digests(certificate: &[u8], key: &KeyPair) -> Digests {
    Digests { certificate: sha256(certificate), key: sha256(&key.subject_public_key_info()) }
}

fn sha256(data: &[u8]) -> String {
    Sha256::digest(data).iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}
