//! `[dns_update.<name>]` in the configuration: which server or provider, and what it knows us by.

mod providers;
#[cfg(test)]
mod tests;

use super::provider::Provider;
use super::rfc2136::{Address, Rfc2136};
use super::{Through, Updater};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::tsig::{Algorithm, Key, KeyName};
use ironpost_proto::domain::{DnsName, DomainError};
use ironpost_proto::visible::Visible;
use providers::{Api, PROVIDERS};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// One section. What a provider wants beside its name differs from one to the next:
///
/// ```toml
/// [dns_update.office]
/// provider = "rfc2136"
/// server = "192.0.2.53"
/// key = "ironpost"
/// algorithm = "hmac-sha256"
/// secret_file = "office.key"
/// zone = "example.com"
///
/// [dns_update.shop]
/// provider = "cloudflare"
/// token_file = "cloudflare.token"
/// ```
///
/// Secrets come from files (`…_file`) or from the environment (`…_env`), never from here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Settings {
    /// `rfc2136`, or the name of a provider.
    provider: String,
    /// The one zone that it is for. Without, it is for any, and DNS tells the zone of a name.
    #[serde(default)]
    zone: Option<String>,
    /// What the provider wants.
    #[serde(flatten)]
    keys: BTreeMap<String, String>,
}

/// A section that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A provider that nobody here knows.
    #[error("there is no provider {provider}; there are {}", provider_names().collect::<Vec<_>>().join(", "))]
    UnknownProvider {
        /// What was given.
        provider: Visible,
    },
    /// A key that the provider wants is missing.
    #[error("{provider} needs {key}")]
    Missing {
        /// The provider.
        provider: &'static str,
        /// The key, or the two of which one is needed.
        key: String,
    },
    /// A key that the provider has no use for.
    #[error("{provider} has no use for {key}; it takes {takes}")]
    Unused {
        /// The provider.
        provider: &'static str,
        /// The key.
        key: Visible,
        /// What it takes.
        takes: String,
    },
    /// A secret from two places.
    #[error("{name}_file and {name}_env are both given: one secret comes from one place")]
    Twice {
        /// The secret.
        name: &'static str,
    },
    /// A file that cannot be read.
    #[error("the file {} with the {name} cannot be read: {source}", path.display())]
    File {
        /// The secret.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A variable that is not there.
    #[error("the environment has no {variable}, which is to hold the {name}")]
    Variable {
        /// The secret.
        name: &'static str,
        /// The variable.
        variable: Visible,
    },
    /// Nothing, too much, or no text.
    #[error("the {name} is empty, longer than {MAX_SECRET} octets, or no text")]
    NoSecret {
        /// The secret.
        name: &'static str,
    },
    /// A value that cannot be read.
    #[error("{key} = {value:?}: {reason}", value = value.as_str())]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: Visible,
        /// What is wrong with it.
        reason: String,
    },
    /// A secret for TSIG is written in base64.
    #[error("the secret is not base64, as tsig-keygen writes it")]
    NotBase64,
    /// The provider's client cannot be set up.
    #[error("{provider} cannot be used: {reason}")]
    Client {
        /// The provider.
        provider: &'static str,
        /// Why.
        reason: Visible,
    },
}

/// The names that `provider` takes.
pub fn provider_names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name)
}

impl Settings {
    /// Lets relative paths start at a folder.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        for (key, value) in &mut self.keys {
            if key.ends_with(FILE) {
                *value = base.join(&*value).to_string_lossy().into_owned();
            }
        }
        self
    }

    /// Reads the secrets and sets up what changes go through; asks nobody yet.
    pub fn open(&self) -> Result<Updater, SettingsError> {
        let known = PROVIDERS.iter().find(|known| known.name == self.provider);
        let provider = known.ok_or_else(|| SettingsError::UnknownProvider {
            provider: Visible::excerpt(self.provider.as_bytes(), MAX_SHOWN),
        })?;
        self.check_keys(provider)?;
        let values = self.values(provider)?;
        let through = match provider.api {
            Api::Rfc2136 => Through::Rfc2136(rfc2136(&values)?),
            Api::Http(make) => Through::Provider(client(provider.name, make, values)?),
        };
        Ok(Updater { through, zone: self.zone()? })
    }

    fn zone(&self) -> Result<Option<DnsName>, SettingsError> {
        let Some(text) = &self.zone else { return Ok(None) };
        let name = text.parse::<DnsName>();
        let wrong = |error: DomainError| SettingsError::value("zone", text, &error.to_string());
        name.map(Some).map_err(wrong)
    }

    fn check_keys(&self, provider: &'static providers::Known) -> Result<(), SettingsError> {
        let takes: Vec<String> = provider.keys().collect();
        match self.keys.keys().find(|key| !takes.contains(key)) {
            Some(key) => Err(SettingsError::Unused {
                provider: provider.name,
                key: Visible::excerpt(key.as_bytes(), MAX_SHOWN),
                takes: takes.join(", "),
            }),
            None => Ok(()),
        }
    }

    fn values(&self, provider: &'static providers::Known) -> Result<Values, SettingsError> {
        let mut values = Values::default();
        for key in provider.plain {
            let missing =
                || SettingsError::Missing { provider: provider.name, key: (*key).to_owned() };
            let value = self.keys.get(*key).ok_or_else(missing)?;
            values.plain.insert(key, value.clone());
        }
        for key in provider.optional {
            if let Some(value) = self.keys.get(*key) {
                values.plain.insert(key, value.clone());
            }
        }
        for name in provider.secrets {
            let secret = self.secret(provider.name, name)?;
            values.secrets.insert(name, secret);
        }
        Ok(values)
    }

    fn secret(
        &self,
        provider: &'static str,
        name: &'static str,
    ) -> Result<SecretString, SettingsError> {
        let (file, variable) = (format!("{name}{FILE}"), format!("{name}{ENV}"));
        let text = match (self.keys.get(&file), self.keys.get(&variable)) {
            (Some(_), Some(_)) => return Err(SettingsError::Twice { name }),
            (None, None) => {
                return Err(SettingsError::Missing {
                    provider,
                    key: format!("{file} or {variable}"),
                });
            }
            (Some(path), None) => {
                let path = PathBuf::from(path);
                read(&path).map_err(|source| SettingsError::File { name, path, source })?
            }
            (None, Some(variable)) => std::env::var(variable).map_err(|_| {
                let variable = Visible::excerpt(variable.as_bytes(), MAX_SHOWN);
                SettingsError::Variable { name, variable }
            })?,
        };
        let secret = text.trim();
        if secret.is_empty() || secret.len() > MAX_SECRET {
            return Err(SettingsError::NoSecret { name });
        }
        Ok(SecretString::from(secret))
    }
}

impl SettingsError {
    fn value(key: &'static str, value: &str, reason: &str) -> Self {
        let value = Visible::excerpt(value.as_bytes(), MAX_SHOWN);
        Self::Value { key, value, reason: reason.to_owned() }
    }
}

/// What a section says, complete.
#[derive(Debug, Default)]
struct Values {
    plain: BTreeMap<&'static str, String>,
    secrets: BTreeMap<&'static str, SecretString>,
}

impl Values {
    /// The value of a key that the provider needs.
    fn plain(&self, key: &str) -> &str {
        self.plain.get(key).map_or("", String::as_str)
    }

    /// The value of a key that need not be there.
    fn optional(&self, key: &str) -> Option<&str> {
        self.plain.get(key).map(String::as_str)
    }

    /// A secret.
    fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map_or("", |secret| secret.expose_secret())
    }
}

fn rfc2136(values: &Values) -> Result<Rfc2136, SettingsError> {
    let wrong = |key, reason: &str| SettingsError::value(key, values.plain(key), reason);
    let server: Address =
        values.plain("server").parse().map_err(|reason| wrong("server", reason))?;
    let name = values.plain("key");
    let name: KeyName = name.parse().map_err(|_| wrong("key", "not a name"))?;
    let algorithm = values.optional("algorithm").unwrap_or("hmac-sha256");
    let algorithm: Algorithm = algorithm.parse().map_err(|_| {
        wrong("algorithm", "hmac-sha256, hmac-sha384, hmac-sha512 or hmac-sha1 is expected")
    })?;
    let secret = STANDARD.decode(values.secret("secret")).map_err(|_| SettingsError::NotBase64)?;
    // Whole signatures alone: both lengths are the algorithm's own.
    let key = Key::new(algorithm, &secret, name, None, None);
    let key = key.map_err(|error| wrong("algorithm", &error.to_string()))?;
    Ok(Rfc2136 { server, key })
}

fn client(
    name: &'static str,
    make: providers::Make,
    values: Values,
) -> Result<Provider, SettingsError> {
    let unusable = |reason: &str| SettingsError::Client {
        provider: name,
        reason: Visible::excerpt(reason.as_bytes(), MAX_SHOWN),
    };
    // The client's maker panics on a machine that has no trust roots.
    let api = catch_unwind(AssertUnwindSafe(|| make(&values)))
        .map_err(|_| unusable("no HTTPS client: has this machine trust roots?"))?
        .map_err(|error| unusable(&error.to_string()))?;
    Ok(Provider::new(name, api, values.secrets.into_values().collect()))
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(MAX_SECRET).unwrap_or(u64::MAX) + 1;
    std::fs::File::open(path)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

const FILE: &str = "_file";
const ENV: &str = "_env";
/// A service account's file has some thousand octets, other secrets some dozen.
const MAX_SECRET: usize = 16_384;
/// Characters of a value shown.
const MAX_SHOWN: usize = 120;
