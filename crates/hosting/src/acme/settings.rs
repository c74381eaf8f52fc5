//! Where certificates come from.

use super::http::HttpsUri;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use ironpost_net::tls::roots::{RootSource, Roots, RootsError};
use ironpost_store::hosting::acme::Budget;
use secrecy::{ExposeSecret, SecretSlice};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsConnector;

/// How certificates are ordered.
#[derive(Debug, Clone)]
pub struct AcmeSettings {
    /// The CA.
    pub ca: Ca,
    /// The one for when it is away for long.
    pub fallback: Option<Ca>,
    /// For how long a domain's orders have to fail before the second CA is asked; it is asked earlier
    /// when a sixth of the lifetime is left.
    pub fallback_after: Duration,
    /// Whom the CAs may write to: mail addresses.
    pub contacts: Vec<String>,
    /// Their terms of service were agreed to.
    pub agreed: bool,
    /// How names are proven.
    pub challenge: ChallengeKind,
    /// How many orders an account may place.
    pub budget: Budget,
    /// How many of them for new names of one registered domain.
    pub budget_per_registered: Budget,
    /// Total time for one request.
    pub deadline: Duration,
}

/// A certification authority.
#[derive(Debug, Clone)]
pub struct Ca {
    /// The URL of its directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// Whom to believe to be it.
    pub roots: RootSource,
    /// The account that it knows already (RFC 8555 §7.3.4).
    pub binding: Option<Binding>,
}

/// External account binding. `Debug` does not show the key.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The name of the key.
    pub kid: String,
    key: SecretSlice<u8>,
}

/// How a name is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChallengeKind {
    /// A file on port 80 (RFC 8555 §8.3).
    #[default]
    Http01,
    /// A certificate on port 443 (RFC 8737).
    TlsAlpn01,
    /// A TXT record (RFC 8555 §8.4).
    Dns01,
}

/// Settings that nothing can be ordered with.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not a URL that a directory could be at.
    #[error("{0:?} is no URL of a directory: https://host/path is expected")]
    Directory(String),
    /// No trust roots.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// Not a key.
    #[error("the key for external account binding is not in base64, as the CA shows it")]
    BindingKey,
}

/// A CA with all that it takes to speak with it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) ca: Ca,
    pub(super) uri: HttpsUri,
    pub(super) tls: Tls,
    /// Total time for one request, from the look-up to the last octet.
    pub(super) deadline: Duration,
}

/// Speaks with servers that lead to the roots of a CA.
#[derive(Clone)]
pub(super) struct Tls(pub(super) TlsConnector);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl AcmeSettings {
    /// One CA, HTTP-01, limits below those of Let's Encrypt.
    pub fn new(ca: Ca) -> Self {
        Self {
            ca,
            fallback: None,
            fallback_after: Duration::from_hours(12),
            contacts: Vec::new(),
            agreed: false,
            challenge: ChallengeKind::default(),
            budget: ORDERS,
            budget_per_registered: ORDERS_PER_REGISTERED,
            deadline: DEADLINE,
        }
    }
}

impl Binding {
    /// A key as CAs show it: base64, mostly of the alphabet for URLs, padded or not.
    pub fn new(kid: &str, key: &str) -> Result<Self, SettingsError> {
        let key = key.trim().replace('+', "-").replace('/', "_");
        let octets = LENIENT.decode(key).map_err(|_| SettingsError::BindingKey)?;
        if octets.is_empty() {
            return Err(SettingsError::BindingKey);
        }
        Ok(Self { kid: kid.to_owned(), key: octets.into() })
    }

    pub(super) fn key(&self) -> &[u8] {
        self.key.expose_secret()
    }
}

impl ChallengeKind {
    /// The name that CAs have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
            Self::Dns01 => "dns-01",
        }
    }
}

impl Known {
    pub(super) fn new(ca: &Ca, deadline: Duration) -> Result<Self, SettingsError> {
        let uri = HttpsUri::parse(&ca.directory)
            .ok_or_else(|| SettingsError::Directory(ca.directory.clone()))?;
        let config = Roots::load(&ca.roots)?.https_config()?;
        Ok(Self { ca: ca.clone(), uri, tls: Tls(TlsConnector::from(Arc::new(config))), deadline })
    }
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Own limit.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// Let's Encrypt allows an account 300 within three hours
/// (<https://letsencrypt.org/docs/rate-limits/>).
const ORDERS: Budget = Budget { orders: 270, within: Duration::from_hours(3) };
/// Let's Encrypt allows a registered domain 50 within a week.
const ORDERS_PER_REGISTERED: Budget = Budget { orders: 45, within: Duration::from_hours(7 * 24) };
