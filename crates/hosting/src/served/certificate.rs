//! Certificates and their keys, as small as they get: a hundred thousand of them are in memory.

use super::delta::Sample;
use hashbrown::{DefaultHashBuilder, HashTable};
use rustls::crypto::aws_lc_rs::sign::{any_ecdsa_type, any_supported_type};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// A certificate chain and its private key. Made by [`crate::served::Served::pack`].
pub struct PackedCertificate {
    family: Arc<Family>,
    /// The leaf, as its difference from the family's sample.
    leaf: Box<[u8]>,
    key: Key,
}

/// What the certificates of one issuer have in common.
#[derive(Debug)]
struct Family {
    /// The rest of the chain, DER, in its order.
    issuers: Box<[Box<[u8]>]>,
    /// The first leaf that was seen, DER.
    sample: Sample,
}

/// Why a chain and a key are no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// No certificate at all.
    #[error("the certificate chain is empty")]
    Empty,
    /// The first certificate is no X.509.
    #[error("the certificate cannot be read")]
    Certificate,
    /// Not PKCS #8, or of a kind that TLS does not sign with.
    #[error("the private key cannot be read")]
    Key,
    /// The certificate is for another key.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
}

impl PackedCertificate {
    /// Unpacks both, ready to sign. The key is that of the certificate.
    pub(crate) fn unpack(&self) -> Result<CertifiedKey, PackError> {
        // It was made from the same sample.
        let leaf = self.family.sample.apply(&self.leaf).ok_or(PackError::Certificate)?;
        let key = self.key.unpack(&leaf)?;
        let issuers = self.family.issuers.iter().map(|der| der.to_vec());
        let chain = std::iter::once(leaf).chain(issuers).map(CertificateDer::from);
        Ok(CertifiedKey::new(chain.collect(), key))
    }
}

impl std::fmt::Debug for PackedCertificate {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedCertificate").field("leaf", &self.leaf.len()).finish_non_exhaustive()
    }
}

/// Packs certificates, and keeps what many of them have in common once.
#[derive(Debug, Default)]
pub(super) struct Packer {
    hashes: DefaultHashBuilder,
    families: Mutex<HashTable<Arc<Family>>>,
}

impl Packer {
    /// Packs a chain, leaf first, and its key, PKCS #8.
    pub(super) fn pack(
        &self,
        chain: &[Vec<u8>],
        key: &[u8],
    ) -> Result<PackedCertificate, PackError> {
        let (leaf, issuers) = chain.split_first().ok_or(PackError::Empty)?;
        let key = Key::of(leaf, key)?;
        let family = self.family(issuers, leaf);
        let leaf = family.sample.difference(leaf);
        Ok(PackedCertificate { family, leaf, key })
    }

    fn family(&self, issuers: &[Vec<u8>], leaf: &[u8]) -> Arc<Family> {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = self.hashes.hash_one(issuers);
        let is_this = |family: &Arc<Family>| {
            family.issuers.iter().map(|der| &**der).eq(issuers.iter().map(Vec::as_slice))
        };
        if let Some(known) = families.find(hash, is_this) {
            return Arc::clone(known);
        }
        if families.len() >= MAX_FAMILIES {
            // Those of which there is no certificate any more: CAs change their intermediates.
            families.retain(|family| Arc::strong_count(family) > 1);
        }
        let issuers = issuers.iter().map(|der| der.as_slice().into()).collect();
        let new = Arc::new(Family { issuers, sample: Sample::of(leaf) });
        if families.len() < MAX_FAMILIES {
            let hash_of = |family: &Arc<Family>| self.hashes.hash_one(&family.issuers);
            families.insert_unique(hash, Arc::clone(&new), hash_of);
        }
        new
    }
}

/// A private key.
enum Key {
    /// Of P-256: the number that it is, and where in the leaf the point that belongs to it begins.
    P256 { scalar: [u8; P256_SCALAR], point: u16 },
    /// Of another kind, PKCS #8.
    Other(Box<[u8]>),
}

impl Key {
    /// The key, if it is that of the certificate. For the usual kind this compares public keys and
    /// calculates nothing: a hundred thousand are read when a node starts. Whether the private
    /// part fits as well is found out when it is first used.
    fn of(leaf: &[u8], der: &[u8]) -> Result<Self, PackError> {
        let certificate = CertificateDer::from(leaf);
        let parsed =
            ParsedCertificate::try_from(&certificate).map_err(|_| PackError::Certificate)?;
        let Some((scalar, point)) = p256_parts(der) else {
            let key = any_supported_type(&pkcs8(der)).map_err(|_| PackError::Key)?;
            let certified = CertifiedKey::new(vec![certificate.into_owned()], key);
            certified.keys_match().map_err(|_| PackError::Mismatch)?;
            return Ok(Self::Other(der.into()));
        };
        let spki = parsed.subject_public_key_info();
        if spki.strip_prefix(P256_SPKI) != Some(point.as_slice()) {
            return Err(PackError::Mismatch);
        }
        // The first octets alone tell nearly all other places apart.
        let is_there =
            |octets: &[u8]| octets.first_chunk::<8>() == point.first_chunk() && octets == point;
        let place = leaf.windows(P256_POINT).position(is_there);
        Ok(match place.map(u16::try_from) {
            Some(Ok(point)) => Self::P256 { scalar: *scalar, point },
            _ => Self::Other(der.into()),
        })
    }

    fn unpack(&self, leaf: &[u8]) -> Result<Arc<dyn SigningKey>, PackError> {
        match self {
            // With the point, which would have to be calculated otherwise. It is checked.
            Self::P256 { scalar, point } => {
                let point = leaf.get(usize::from(*point)..).and_then(|rest| rest.get(..P256_POINT));
                let point = point.ok_or(PackError::Certificate)?;
                let der = [P256_START, scalar, P256_MIDDLE, point].concat();
                any_ecdsa_type(&pkcs8(&der)).map_err(|_| PackError::Mismatch)
            }
            Self::Other(der) => any_supported_type(&pkcs8(der)).map_err(|_| PackError::Key),
        }
    }
}

fn pkcs8(der: &[u8]) -> PrivateKeyDer<'_> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der))
}

/// Private and public part of a P-256 key in the one encoding that is common (RFC 5915 in RFC 5208
/// with the public key and without parameters).
fn p256_parts(der: &[u8]) -> Option<(&[u8; P256_SCALAR], &[u8; P256_POINT])> {
    let (scalar, rest) = der.strip_prefix(P256_START)?.split_first_chunk()?;
    let point = rest.strip_prefix(P256_MIDDLE)?.try_into().ok()?;
    Some((scalar, point))
}

/// Own limit. A CA uses a handful of intermediates at a time; what goes beyond is not shared.
const MAX_FAMILIES: usize = 256;

const P256_SCALAR: usize = 32;
/// Uncompressed (SEC 1 §2.3.3).
const P256_POINT: usize = 65;
/// PKCS #8 with a P-256 key and its point, up to the private part.
const P256_START: &[u8] = b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20";
/// Between the two parts.
const P256_MIDDLE: &[u8] = b"\xa1\x44\x03\x42\x00";
/// A public key of P-256 (RFC 5480 §2), up to its point.
const P256_SPKI: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey as Generated, KeyPair, PKCS_ED25519, generate_simple_self_signed};

    fn generated(name: &str) -> (Vec<u8>, Vec<u8>) {
        let Generated { cert, signing_key } =
            generate_simple_self_signed([name.to_owned()]).unwrap();
        (cert.der().to_vec(), signing_key.serialize_der())
    }

    #[test]
    fn a_common_key_is_kept_as_a_number_and_signs_again() {
        let (leaf, key) = generated("mta-sts.a.test");
        let packed = Packer::default().pack(&[leaf.clone(), vec![7; 9]], &key).unwrap();
        assert!(matches!(packed.key, Key::P256 { .. }));
        let unpacked = packed.unpack().unwrap();
        assert_eq!(unpacked.cert, [leaf, vec![7; 9]].map(CertificateDer::from));
    }

    #[test]
    fn other_kinds_of_key_are_kept_as_they_are() {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let params = rcgen::CertificateParams::new(["mta-sts.a.test".to_owned()]).unwrap();
        let leaf = params.self_signed(&key).unwrap().der().to_vec();
        let packed = Packer::default().pack(&[leaf], key.serialized_der()).unwrap();
        assert!(matches!(packed.key, Key::Other(_)));
        assert!(packed.unpack().is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let packer = Packer::default();
        let (leaf, key) = generated("mta-sts.a.test");
        let (_, other) = generated("mta-sts.b.test");
        let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_der();
        let refused = |chain: &[Vec<u8>], key: &[u8]| packer.pack(chain, key).unwrap_err();
        assert_eq!(refused(&[], &key), PackError::Empty);
        assert_eq!(refused(&[b"leaf".to_vec()], &key), PackError::Certificate);
        assert_eq!(refused(std::slice::from_ref(&leaf), b"key"), PackError::Key);
        assert_eq!(refused(std::slice::from_ref(&leaf), &other), PackError::Mismatch);
        assert_eq!(refused(std::slice::from_ref(&leaf), &ed25519), PackError::Mismatch);
        // The public part of one, the private part of the other.
        let forged = [&other[..P256_START.len() + P256_SCALAR], &key[P256_START.len() + 32..]];
        let wrong = packer.pack(&[leaf], &forged.concat()).unwrap();
        assert_eq!(wrong.unpack().unwrap_err(), PackError::Mismatch);
    }

    #[test]
    fn intermediates_are_kept_once() {
        let packer = Packer::default();
        let pack = |issuer: &[u8]| {
            let (leaf, key) = generated("mta-sts.a.test");
            packer.pack(&[leaf, issuer.to_vec()], &key).unwrap()
        };
        let [first, second, other] = [pack(b"one"), pack(b"one"), pack(b"two")];
        assert!(Arc::ptr_eq(&first.family, &second.family));
        assert!(!Arc::ptr_eq(&first.family, &other.family));
        let [first, second] = [first, second].map(|packed| packed.unpack().unwrap().cert);
        assert_ne!(first[0], second[0]);
        assert_eq!(first[1], second[1]);
    }

    #[test]
    fn intermediates_of_no_certificate_make_room() {
        let packer = Packer::default();
        let kept: Vec<_> = (0..5).map(|_| packer.family(&[b"kept".to_vec()], b"leaf")).collect();
        for number in 0..MAX_FAMILIES {
            packer.family(&[number.to_be_bytes().to_vec()], b"leaf");
        }
        assert_eq!(packer.families.lock().unwrap().len(), 2);
        assert!(Arc::ptr_eq(&kept[0], &packer.family(&[b"kept".to_vec()], b"other leaf")));
    }
}
