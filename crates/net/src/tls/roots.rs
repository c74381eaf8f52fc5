//! Trust roots.

use crate::tls::connect::client_config;
use crate::tls::diagnosis::RootNames;
use crate::tls::seen::SeenIntermediates;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Where trust roots come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RootSource {
    /// The Mozilla roots compiled in.
    #[default]
    Bundled,
    /// The system's, `SSL_CERT_FILE` and `SSL_CERT_DIR` honoured.
    System,
    /// A PEM file.
    File(PathBuf),
}

/// Roots that cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("no trust roots from {place}: {detail}")]
pub struct RootsError {
    /// File or store.
    pub place: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Loaded trust roots, and what else every handshake of a run shares. Cheap to clone: clones
/// share one store.
#[derive(Clone)]
pub struct Roots(Arc<Shared>);

struct Shared {
    store: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
    config: ClientConfig,
    seen: SeenIntermediates,
    names: OnceLock<RootNames>,
}

impl RootSource {
    /// The certificates of these roots, DER, for a TLS library that is not set up here; `None` for
    /// those compiled in.
    pub fn certificates(&self) -> Result<Option<Vec<Vec<u8>>>, RootsError> {
        let certificates = match self {
            Self::Bundled => return Ok(None),
            Self::System => {
                system_store()?;
                rustls_native_certs::load_native_certs().certs
            }
            Self::File(path) => {
                file_store(path)?;
                file_certificates(path)?.collect::<Result<_, _>>()?
            }
        };
        Ok(Some(certificates.into_iter().map(|certificate| certificate.to_vec()).collect()))
    }
}

impl Roots {
    /// Loads roots; none at all is an error, and so is a file that holds anything unreadable.
    pub fn load(source: &RootSource) -> Result<Self, RootsError> {
        let store = match source {
            RootSource::Bundled => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            RootSource::System => system_store()?,
            RootSource::File(path) => file_store(path)?,
        };
        let provider = default_provider();
        let algorithms = provider.signature_verification_algorithms;
        let config = client_config(provider).map_err(|error| RootsError {
            place: "the TLS library".to_owned(),
            detail: error.to_string(),
        })?;
        Ok(Self(Arc::new(Shared {
            store,
            algorithms,
            config,
            seen: SeenIntermediates::default(),
            names: OnceLock::new(),
        })))
    }

    /// How many roots there are; at least one.
    pub fn count(&self) -> usize {
        self.0.store.len()
    }

    /// The configuration of a client that speaks HTTP/1.1 with servers whose certificate leads to
    /// these roots, is for their name and is valid now, and with nobody else.
    pub fn https_config(&self) -> Result<ClientConfig, RootsError> {
        let mut config =
            ClientConfig::builder_with_provider(Arc::clone(self.0.config.crypto_provider()))
                .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
                .map_err(|error| RootsError {
                    place: "the TLS library".to_owned(),
                    detail: error.to_string(),
                })?
                .with_root_certificates(self.0.store.clone())
                .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    pub(super) fn store(&self) -> &RootCertStore {
        &self.0.store
    }

    pub(super) fn algorithms(&self) -> WebPkiSupportedAlgorithms {
        self.0.algorithms
    }

    /// The configuration that each handshake starts from.
    pub(super) fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    pub(super) fn seen(&self) -> &SeenIntermediates {
        &self.0.seen
    }

    /// The roots' names, read when a diagnosis first asks for them.
    pub(super) fn names(&self) -> &RootNames {
        self.0.names.get_or_init(|| RootNames::read(&self.0.store))
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.count())
    }
}

fn system_store() -> Result<RootCertStore, RootsError> {
    let failed = |detail: String| RootsError { place: system_place(), detail };
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // A system's store may hold old certificates that no library reads any more: those are left
    // out, as everyone does.
    let (usable, unusable) = store.add_parsable_certificates(found.certs);
    if usable > 0 {
        for error in &found.errors {
            tracing::warn!(%error, "a part of the system's trust store cannot be read");
        }
        return Ok(store);
    }
    Err(match found.errors.first() {
        Some(error) => failed(error.to_string()),
        None if unusable > 0 => failed(format!("{unusable} certificates, none of them usable")),
        None => failed("no certificates found".to_owned()),
    })
}

fn system_place() -> String {
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if let Some(value) = std::env::var_os(variable) {
            return format!("{variable}={}", value.display());
        }
    }
    "the system's trust store".to_owned()
}

fn file_store(path: &Path) -> Result<RootCertStore, RootsError> {
    let failed = |detail: String| RootsError { place: path.display().to_string(), detail };
    let mut store = RootCertStore::empty();
    for (index, certificate) in file_certificates(path)?.enumerate() {
        let nth = index + 1;
        store.add(certificate?).map_err(|e| failed(format!("certificate {nth}: {e}")))?;
    }
    if store.is_empty() {
        return Err(failed("no PEM block of type CERTIFICATE in it".to_owned()));
    }
    Ok(store)
}

fn file_certificates(
    path: &Path,
) -> Result<impl Iterator<Item = Result<CertificateDer<'static>, RootsError>>, RootsError> {
    let place = path.display().to_string();
    let failed = move |detail: String| RootsError { place: place.clone(), detail };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| failed(pem_words(&e)))?;
    Ok(certificates.enumerate().map(move |(index, certificate)| {
        certificate.map_err(|e| failed(format!("certificate {}: {}", index + 1, pem_words(&e))))
    }))
}

fn pem_words(error: &rustls_pki_types::pem::Error) -> String {
    match error {
        rustls_pki_types::pem::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}
