//! Certificates for requests (PKCS #10), and when they are to be renewed.

use super::desk::Desk;
use super::fault::AcmeFault;
use super::jws::encode;
use super::ledger::Issued;
use crate::error::LabError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rcgen::CertificateSigningRequestParams;
use rustls_pki_types::CertificateSigningRequestDer;
use std::fmt::Write as _;

impl Desk {
    /// Issues for a request whose only name has to be `name`.
    pub(super) fn issue(
        &self,
        name: &str,
        request: Vec<u8>,
        fault: Option<&AcmeFault>,
    ) -> Result<Issued, LabError> {
        let request = CertificateSigningRequestParams::from_der(
            &CertificateSigningRequestDer::from(request),
        )?;
        let names = &request.params.subject_alt_names;
        let [rcgen::SanType::DnsName(only)] = names.as_slice() else {
            return Err(rcgen::Error::InvalidNameType.into());
        };
        if only.as_ref() != name {
            return Err(rcgen::Error::InvalidNameType.into());
        }
        let subject = match fault {
            Some(AcmeFault::WrongName) => "mta-sts.somebody-else.example".to_owned(),
            _ => name.to_owned(),
        };
        let lifetime = SignedDuration::try_from(self.options.lifetime).unwrap_or_default();
        let end = match fault {
            Some(AcmeFault::Expired) => self.now() - SignedDuration::from_secs(1),
            _ => self.now() + lifetime,
        };
        let validity = (end - lifetime, end);
        let chain = self.authority.sign(&[subject], &request.public_key, validity)?;
        let mut pem = String::new();
        for certificate in &chain {
            push_pem(&mut pem, certificate);
        }
        if fault == Some(&AcmeFault::HugeChain) {
            while pem.len() < HUGE {
                push_pem(&mut pem, chain.last().map_or(&[], |last| last.as_ref()));
            }
        }
        let leaf = chain.first().map_or(&[][..], |leaf| leaf.as_ref());
        Ok(Issued { pem, identifier: identifier(leaf).unwrap_or_default(), validity })
    }

    /// When a certificate is to be renewed: when a third of its lifetime is left, more or less.
    pub(super) fn window(validity: (Timestamp, Timestamp)) -> (Timestamp, Timestamp) {
        let (start, end) = validity;
        let lifetime = start.duration_until(end);
        (end - lifetime / 5 * 2, end - lifetime / 3)
    }
}

/// RFC 9773 §4.1, by the look of certificates of our own: the serial number is the first INTEGER after
/// the version, the key identifier follows the OID of its extension.
fn identifier(leaf: &[u8]) -> Option<String> {
    let place = find(leaf, VERSION)? + VERSION.len();
    let [0x02, length, rest @ ..] = leaf.get(place..)? else { return None };
    let serial = rest.get(..usize::from(*length))?;
    let place = find(leaf, AUTHORITY_KEY_IDENTIFIER)? + AUTHORITY_KEY_IDENTIFIER.len();
    // OCTET STRING { SEQUENCE { [0] … } }
    let [0x04, _, 0x30, _, 0x80, length, rest @ ..] = leaf.get(place..)? else { return None };
    let key = rest.get(..usize::from(*length))?;
    Some(format!("{}.{}", encode(key), encode(serial)))
}

fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|window| window == what)
}

fn push_pem(pem: &mut String, der: &[u8]) {
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let text = STANDARD.encode(der);
    for line in text.as_bytes().chunks(64) {
        // A `String` takes whatever is written to it.
        let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
    }
    pem.push_str("-----END CERTIFICATE-----\n");
}

/// [0] { INTEGER 2 }: version 3.
const VERSION: &[u8] = &[0xa0, 0x03, 0x02, 0x01, 0x02];
/// OID 2.5.29.35.
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x23];
const HUGE: usize = 1024 * 1024;
