//! A CA of the tests' own, and the certificates it issues.

use ironpost_net::address_guard::AddressGuard;
use ironpost_net::tls::roots::{RootSource, Roots};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::crypto::aws_lc_rs::{default_provider, sign};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Write;
use std::sync::Arc;

/// A CA: a root, or an intermediate below one.
pub(crate) struct Authority {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// An end entity's certificate with the key that belongs to it.
pub(crate) struct Leaf {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// Years between which a certificate is valid.
#[derive(Clone, Copy)]
pub(crate) struct Years(pub(crate) i32, pub(crate) i32);

pub(crate) const EXPIRED: Years = Years(2019, 2020);
pub(crate) const CURRENT: Years = Years(2020, 2200);
pub(crate) const FUTURE: Years = Years(2190, 2200);

impl Authority {
    pub(crate) fn root(common_name: &str) -> Self {
        let (params, key) = Self::params(common_name, CURRENT);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn intermediate(&self, common_name: &str) -> Self {
        self.intermediate_valid(common_name, CURRENT)
    }

    pub(crate) fn intermediate_valid(&self, common_name: &str, years: Years) -> Self {
        let (params, key) = Self::params(common_name, years);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for `names`, valid now.
    pub(crate) fn leaf(&self, names: &[&str]) -> Leaf {
        self.leaf_valid(names, CURRENT)
    }

    pub(crate) fn leaf_valid(&self, names: &[&str], years: Years) -> Leaf {
        self.leaf_with(&params(names, years))
    }

    pub(crate) fn leaf_with(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { der: certificate.der().clone(), key: private(&key) }
    }

    /// Trust in this CA alone.
    pub(crate) fn roots(&self) -> Roots {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(self.pem.as_bytes()).unwrap();
        Roots::load(&RootSource::File(file.path().to_owned())).unwrap()
    }

    fn params(common_name: &str, years: Years) -> (CertificateParams, KeyPair) {
        let mut params = params(&[], years);
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params, KeyPair::generate().unwrap())
    }
}

impl Leaf {
    pub(crate) fn self_signed(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, CURRENT).self_signed(&key).unwrap();
        Self { der: certificate.der().clone(), key: private(&key) }
    }

    /// What a server presents: this and `others`, without a check that they belong together.
    pub(crate) fn with(&self, others: &[&CertificateDer<'static>]) -> Arc<CertifiedKey> {
        let mut chain = vec![self.der.clone()];
        chain.extend(others.iter().map(|der| (*der).clone()));
        let key = sign::any_supported_type(&self.key).unwrap();
        Arc::new(CertifiedKey::new(chain, key))
    }

    /// This certificate with another's key.
    pub(crate) fn with_stolen_name(&self, thief: &Self) -> Arc<CertifiedKey> {
        let key = sign::any_supported_type(&thief.key).unwrap();
        Arc::new(CertifiedKey::new(vec![self.der.clone()], key))
    }
}

/// Parameters of an end entity's certificate.
pub(crate) fn params(names: &[&str], Years(from, to): Years) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let common_name = names.first().map_or("nobody", String::as_str);
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

/// Loopback, and nothing else that is not public.
pub(crate) fn loopback_guard() -> AddressGuard {
    AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()])
}

pub(crate) fn server_config(
    resolver: Arc<dyn rustls::server::ResolvesServerCert>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<rustls::ServerConfig> {
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Arc::new(config)
}

/// Presents one certificate to everybody.
#[derive(Debug)]
pub(crate) struct Always(pub(crate) Arc<CertifiedKey>);

impl rustls::server::ResolvesServerCert for Always {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Presents a certificate to those who ask for one name, and refuses everybody else.
#[derive(Debug)]
pub(crate) struct OnlyFor(pub(crate) &'static str, pub(crate) Arc<CertifiedKey>);

impl rustls::server::ResolvesServerCert for OnlyFor {
    fn resolve(&self, hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        (hello.server_name() == Some(self.0)).then(|| Arc::clone(&self.1))
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}
