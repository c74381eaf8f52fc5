//! The lab's certification authority: a root that clients are told to trust, an intermediate,
//! and a second root that nobody trusts. Certificates last 90 days, as ACME's do.

use crate::error::LabError;
use crate::peers::{CertificateKind, CertificateManners};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Issues certificates.
pub(crate) struct Authority {
    now: Timestamp,
    serial: AtomicU64,
    root: Certificate,
    intermediate: Certificate,
    intermediate_spki: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    private_root: Certificate,
    private_issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    /// Without its keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("now", &self.now).finish_non_exhaustive()
    }
}

/// A certificate chain with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certified: Arc<CertifiedKey>,
    /// DER of the end entity's SubjectPublicKeyInfo.
    pub(crate) spki: Vec<u8>,
}

/// A private key in the two forms that its two users want.
pub(crate) struct HostKey {
    pair: KeyPair,
    signer: Arc<dyn SigningKey>,
}

impl Authority {
    pub(crate) fn new(now: Timestamp) -> Result<Self, LabError> {
        let serial = AtomicU64::new(1);
        let root_key = KeyPair::generate()?;
        let mut root = authority_params("Ironpost Lab Root", BasicConstraints::Unconstrained);
        set_validity(&mut root, now, -365, 3650);
        let root_certificate = root.self_signed(&root_key)?;
        let root_issuer = Issuer::new(root, root_key);

        let key = KeyPair::generate()?;
        let intermediate_spki = key.subject_public_key_info();
        let mut params =
            authority_params("Ironpost Lab Intermediate", BasicConstraints::Constrained(0));
        params.serial_number = Some(next(&serial));
        set_validity(&mut params, now, -180, 1825);
        let intermediate = params.signed_by(&key, &root_issuer)?;

        let private_key = KeyPair::generate()?;
        let mut private = authority_params("Nobody's Private CA", BasicConstraints::Unconstrained);
        set_validity(&mut private, now, -365, 3650);
        Ok(Self {
            now,
            serial,
            root: root_certificate,
            intermediate,
            intermediate_spki,
            issuer: Issuer::new(params, key),
            private_root: private.self_signed(&private_key)?,
            private_issuer: Issuer::new(private, private_key),
        })
    }

    /// The root to trust.
    pub(crate) fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The intermediate, as TLSA records of usage DANE-TA name it: certificate and key.
    pub(crate) fn intermediate(&self) -> (&[u8], &[u8]) {
        (self.intermediate.der(), &self.intermediate_spki)
    }

    /// A certificate with a key of its own.
    pub(crate) fn identity(
        &self,
        names: &[String],
        manners: &CertificateManners,
    ) -> Result<Identity, LabError> {
        let key = HostKey::generate()?;
        let spki = key.pair.subject_public_key_info();
        Ok(Identity { certified: Arc::new(self.issue(names, manners, &key)?), spki })
    }

    /// A certificate for a given key.
    pub(crate) fn issue(
        &self,
        names: &[String],
        manners: &CertificateManners,
        key: &HostKey,
    ) -> Result<CertifiedKey, LabError> {
        let params = self.end_entity(names, manners)?;
        let chain: Vec<CertificateDer<'static>> = match manners.kind {
            CertificateKind::Good
            | CertificateKind::Expired
            | CertificateKind::NotYetValid
            | CertificateKind::CommonNameOnly => vec![
                params.signed_by(&key.pair, &self.issuer)?.into(),
                self.intermediate.der().clone(),
            ],
            CertificateKind::NoIntermediate => {
                vec![params.signed_by(&key.pair, &self.issuer)?.into()]
            }
            CertificateKind::PrivateCa => vec![
                params.signed_by(&key.pair, &self.private_issuer)?.into(),
                self.private_root.der().clone(),
            ],
            CertificateKind::PrivateCaLeaf => {
                vec![params.signed_by(&key.pair, &self.private_issuer)?.into()]
            }
            CertificateKind::SelfSigned => vec![params.self_signed(&key.pair)?.into()],
        };
        Ok(CertifiedKey::new(chain, Arc::clone(&key.signer)))
    }

    /// A chain of DER certificates for a key of somebody else's, valid from and until.
    pub(crate) fn sign(
        &self,
        names: &[String],
        key: &impl PublicKeyData,
        validity: (Timestamp, Timestamp),
    ) -> Result<Vec<CertificateDer<'static>>, LabError> {
        let mut params = self.end_entity(names, &CertificateManners::default())?;
        params.distinguished_name = DistinguishedName::new();
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_epoch(validity.0);
        params.not_after = epoch + since_epoch(validity.1);
        let leaf = params.signed_by(key, &self.issuer)?;
        Ok(vec![leaf.into(), self.intermediate.der().clone()])
    }

    fn end_entity(
        &self,
        names: &[String],
        manners: &CertificateManners,
    ) -> Result<CertificateParams, LabError> {
        let common_name_only = manners.kind == CertificateKind::CommonNameOnly;
        let alternative = if common_name_only { Vec::new() } else { names.to_vec() };
        let mut params = CertificateParams::new(alternative)?;
        params.distinguished_name = DistinguishedName::new();
        if let Some(name) = names.first() {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        params.serial_number = Some(next(&self.serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        match manners.kind {
            CertificateKind::PrivateCa | CertificateKind::PrivateCaLeaf => {}
            // As `openssl req -x509` makes them.
            CertificateKind::SelfSigned => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            CertificateKind::Good
            | CertificateKind::Expired
            | CertificateKind::NotYetValid
            | CertificateKind::NoIntermediate
            | CertificateKind::CommonNameOnly => params.custom_extensions.push(issuer_location()),
        }
        let days_left = match manners.kind {
            CertificateKind::Expired => -10,
            CertificateKind::NotYetValid => LIFETIME_DAYS + 10,
            CertificateKind::Good
            | CertificateKind::SelfSigned
            | CertificateKind::PrivateCa
            | CertificateKind::PrivateCaLeaf
            | CertificateKind::NoIntermediate
            | CertificateKind::CommonNameOnly => manners.days_left.map_or(60, i64::from),
        };
        set_validity(&mut params, self.now, days_left - LIFETIME_DAYS, days_left);
        Ok(params)
    }
}

impl HostKey {
    /// A fresh P-256 key.
    pub(crate) fn generate() -> Result<Self, LabError> {
        let pair = KeyPair::generate()?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let signer = any_ecdsa_type(&der)?;
        Ok(Self { pair, signer })
    }
}

fn authority_params(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Ironpost Lab");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Sets the validity period, in days from `now`. A few minutes are added at the end, so that a
/// certificate with five days left has five whole days left.
fn set_validity(params: &mut CertificateParams, now: Timestamp, from_days: i64, to_days: i64) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |days: i64| since_epoch(now + SignedDuration::from_hours(24 * days));
    params.not_before = epoch + at(from_days);
    params.not_after = epoch + at(to_days) + Duration::from_mins(10);
}

/// As certificates count: in whole seconds.
fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or_default())
}

/// Where the issuer's certificate could be had: public CAs always say so (RFC 5280 §4.2.2.1),
/// private ones hardly ever.
fn issuer_location() -> CustomExtension {
    // SEQUENCE { SEQUENCE { OID id-ad-caIssuers, [6] URI } }, every length below 128.
    let uri = b"http://ca.lab.example/intermediate.der";
    let mut access = vec![0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02, 0x86];
    access.push(short_length(uri));
    access.extend_from_slice(uri);
    let mut inner = vec![0x30, short_length(&access)];
    inner.extend_from_slice(&access);
    let mut outer = vec![0x30, short_length(&inner)];
    outer.extend_from_slice(&inner);
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], outer)
}

fn short_length(content: &[u8]) -> u8 {
    u8::try_from(content.len()).unwrap_or(u8::MAX)
}

fn next(serial: &AtomicU64) -> SerialNumber {
    serial.fetch_add(1, Ordering::Relaxed).into()
}

const LIFETIME_DAYS: i64 = 90;
