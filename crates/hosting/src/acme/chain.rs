//! What a CA issued: read, and believed only if it can be used.

use super::failure::{Failure, causes};
use ironpost_net::tls::facts::CertificateFacts;
use ironpost_proto::mta_sts::discovery::Timestamp;
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use std::time::Duration;

/// A chain that can be used.
#[derive(Debug)]
pub(super) struct Chain {
    /// DER, leaf first.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// Reads PEM (RFC 8555 §9.1). The leaf has to be for the name and for the key, valid now, and
/// signed by what comes after it.
pub(super) fn read(pem: &str, host: &str, key: &[u8], now: Timestamp) -> Result<Chain, Failure> {
    if pem.len() > MAX_CHAIN {
        return Err(unusable(&format!("a chain of more than {MAX_CHAIN} octets")));
    }
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .take(MAX_CERTIFICATES + 1)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(&error.to_string()))?;
    let (leaf, issuers) = match certificates.split_first() {
        Some(parts) if certificates.len() <= MAX_CERTIFICATES => parts,
        Some(_) => return Err(unusable("a chain of too many certificates")),
        None => return Err(unusable("no certificate at all")),
    };
    let facts = CertificateFacts::read(leaf).ok_or_else(|| unusable("it cannot be read"))?;
    let chain = Chain {
        not_before: moment(facts.not_before),
        not_after: moment(facts.not_after),
        certificates: certificates.iter().map(|certificate| certificate.to_vec()).collect(),
    };
    if now >= chain.not_after {
        return Err(unusable("it has expired already"));
    }
    check_name(leaf, host)?;
    check_issuers(leaf, issuers, now.max(chain.not_before))?;
    check_key(certificates, key)?;
    Ok(chain)
}

fn check_name(leaf: &CertificateDer<'_>, host: &str) -> Result<(), Failure> {
    let name = ServerName::try_from(host).map_err(|error| unusable(&error.to_string()))?;
    ParsedCertificate::try_from(leaf)
        .and_then(|leaf| verify_server_name(&leaf, &name))
        .map_err(|error| unusable(&format!("it is not for {host}: {}", causes(&error))))
}

/// The last certificate sent stands for the root that it leads to: who trusts that is up to clients.
fn check_issuers(
    leaf: &CertificateDer<'_>,
    issuers: &[CertificateDer<'_>],
    now: Timestamp,
) -> Result<(), Failure> {
    let Some((last, between)) = issuers.split_last() else { return Ok(()) };
    let mut roots = RootCertStore::empty();
    roots.add(last.clone().into_owned()).map_err(|error| unusable(&causes(&error)))?;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now.as_millis()));
    let algorithms = default_provider().signature_verification_algorithms;
    ParsedCertificate::try_from(leaf)
        .and_then(|leaf| {
            verify_server_cert_signed_by_trust_anchor(&leaf, &roots, between, now, algorithms.all)
        })
        .map_err(|error| unusable(&format!("its chain does not hold: {}", causes(&error))))
}

fn check_key(certificates: Vec<CertificateDer<'static>>, key: &[u8]) -> Result<(), Failure> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let certified = CertifiedKey::from_der(certificates, key.clone_key(), &default_provider());
    certified.map(drop).map_err(|error| unusable(&format!("not for our key: {}", causes(&error))))
}

fn unusable(detail: &str) -> Failure {
    Failure::Unusable { detail: detail.to_owned() }
}

fn moment(time: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(u64::try_from(time.as_millisecond()).unwrap_or_default())
}

/// Own limit; CAs send two to four.
const MAX_CERTIFICATES: usize = 8;
/// Own limit; CAs send some thousand octets.
const MAX_CHAIN: usize = 64 * 1024;
