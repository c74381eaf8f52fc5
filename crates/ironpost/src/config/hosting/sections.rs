//! What the file says of hosting: `[serve]`, `[acme]`, `[alerts]`, `[checks]`, `[senders]`.

use super::values::{
    HostName, HttpsUrl, Listen, MailAddress, NodeName, Reachable, Role, Ttl, ZoneName,
};
use crate::config::list::one_or_many;
use crate::config::values::{Network, Roots};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

/// `[serve]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServeSection {
    /// What this node does.
    pub(crate) roles: Option<Vec<Role>>,
    /// Its name among the others.
    pub(crate) node: Option<NodeName>,
    /// The folder of what has to outlive the process.
    pub(crate) state: Option<PathBuf>,
    /// The zone to which the CNAMEs of hosted domains lead.
    pub(crate) zone: Option<ZoneName>,
    /// Where the outside finds the policy host.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) addresses: Option<Vec<Reachable>>,
    /// The name servers of the zone.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) ns: Option<Vec<HostName>>,
    /// Addresses of those inside the zone.
    pub(crate) name_servers: BTreeMap<HostName, Addresses>,
    /// Whom the zone names as responsible.
    pub(crate) contact: Option<MailAddress>,
    /// How long others may keep its answers.
    pub(crate) ttl: Option<Ttl>,
    /// Where policies are served.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) https: Option<Vec<Listen>>,
    /// Where the answers of HTTP-01 are served.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) http: Option<Vec<Listen>>,
    /// Where DNS is answered, over UDP and TCP.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) dns: Option<Vec<Listen>>,
    /// Where metrics and health are served.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) metrics: Option<Vec<Listen>>,
    /// Proxies whose PROXY protocol v2 header is believed, and required.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) proxies: Option<Vec<Network>>,
    /// The file with the keys that seal private keys.
    pub(crate) sealing_key: Option<PathBuf>,
}

/// One address or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses(pub(crate) Vec<Reachable>);

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_many(deserializer).map(Option::unwrap_or_default).map(Self)
    }
}

/// `[acme]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AcmeSection {
    /// The CA's directory.
    pub(crate) directory: Option<HttpsUrl>,
    /// Whom to believe to be that CA.
    pub(crate) roots: Option<Roots>,
    /// Whom the CA may write to.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) contact: Option<Vec<MailAddress>>,
    /// The CA's terms of service were read and agreed to.
    pub(crate) agree_to_terms: Option<bool>,
    /// How names are proven.
    pub(crate) challenge: Option<ChallengeChoice>,
    /// External account binding: the key's name.
    pub(crate) eab_kid: Option<String>,
    /// External account binding: a file with the key.
    pub(crate) eab_key_file: Option<PathBuf>,
    /// The CA for when this one is out of reach for long.
    pub(crate) fallback: Option<FallbackSection>,
}

/// `[acme.fallback]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FallbackSection {
    /// The CA's directory.
    pub(crate) directory: HttpsUrl,
    /// Whom to believe to be that CA.
    pub(crate) roots: Option<Roots>,
    /// External account binding: the key's name.
    pub(crate) eab_kid: Option<String>,
    /// External account binding: a file with the key.
    pub(crate) eab_key_file: Option<PathBuf>,
}

/// How names are proven to a CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChallengeChoice {
    #[default]
    #[serde(rename = "http-01")]
    Http01,
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    #[serde(rename = "dns-01")]
    Dns01,
}

/// `[alerts]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlertsSection {
    /// By e-mail.
    pub(crate) email: Option<EmailSection>,
    /// By a signed request.
    pub(crate) webhook: Option<WebhookSection>,
}

/// `[alerts.email]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailSection {
    /// The SMTP server.
    pub(crate) server: HostName,
    /// Its port; that of the kind of security unless given.
    pub(crate) port: Option<NonZeroU16>,
    /// How the connection is protected.
    #[serde(default)]
    pub(crate) security: SecurityChoice,
    /// Who logs in, if anybody.
    pub(crate) user: Option<String>,
    /// A file with the password.
    pub(crate) password_file: Option<PathBuf>,
    /// Who writes.
    pub(crate) from: MailAddress,
    /// Who reads.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) to: Option<Vec<MailAddress>>,
}

/// How a connection to an SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecurityChoice {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first octet (RFC 8314).
    Tls,
    /// Not at all: for a server on this machine.
    None,
}

/// `[alerts.webhook]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookSection {
    /// Where requests go.
    pub(crate) url: HttpsUrl,
    /// A file with the secret that signs them.
    pub(crate) secret_file: PathBuf,
}

/// `[checks]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ChecksSection {
    /// Whether mail hosts are connected to; needs port 25 open on the way out.
    pub(crate) mail_hosts: Option<bool>,
}

/// `[senders."Name"]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SenderSection {
    /// Part of the user agent.
    pub(crate) user_agent: Option<String>,
    /// Where it fetches from.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) networks: Option<Vec<Network>>,
}

impl ServeSection {
    /// The same with every relative path taken from `base`.
    pub(crate) fn relative_to(mut self, base: &Path) -> Self {
        self.state = self.state.map(|path| base.join(path));
        self.sealing_key = self.sealing_key.map(|path| base.join(path));
        self
    }
}

impl AcmeSection {
    /// The same with every relative path taken from `base`.
    pub(crate) fn relative_to(mut self, base: &Path) -> Self {
        self.roots = self.roots.map(|roots| roots.relative_to(base));
        self.eab_key_file = self.eab_key_file.map(|path| base.join(path));
        if let Some(fallback) = &mut self.fallback {
            fallback.roots = fallback.roots.take().map(|roots| roots.relative_to(base));
            fallback.eab_key_file = fallback.eab_key_file.take().map(|path| base.join(path));
        }
        self
    }
}

impl AlertsSection {
    /// The same with every relative path taken from `base`.
    pub(crate) fn relative_to(mut self, base: &Path) -> Self {
        if let Some(email) = &mut self.email {
            email.password_file = email.password_file.take().map(|path| base.join(path));
        }
        if let Some(webhook) = &mut self.webhook {
            webhook.secret_file = base.join(&webhook.secret_file);
        }
        self
    }
}
