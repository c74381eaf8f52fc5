//! The configuration file.

use super::hosting::sections::{
    AcmeSection, AlertsSection, ChecksSection, SenderSection, ServeSection,
};
use super::hosting::values::DatabaseValue;
use super::list::one_or_many;
use super::resolver::ResolverSection;
use super::values::{Canary, DnsServer, DnssecMode, EhloName, Network, Roots};
use ironpost_hosting::dns_update;
use ironpost_proto::visible::Visible;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The configuration file. What it does not say is left to the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    /// How the outside world is reached.
    pub(crate) network: NetworkSection,
    /// The policy resolver.
    pub(crate) resolver: ResolverSection,
    /// Where hosted domains are kept.
    pub(crate) database: Option<DatabaseValue>,
    /// Hosting.
    pub(crate) serve: ServeSection,
    /// Certificates.
    pub(crate) acme: AcmeSection,
    /// Who hears of trouble.
    pub(crate) alerts: AlertsSection,
    /// Ways into the DNS of domains that did not hand their records over.
    pub(crate) dns_update: BTreeMap<String, dns_update::Settings>,
    /// How hosted domains are looked after.
    pub(crate) checks: ChecksSection,
    /// Senders by their user agents and networks, before those that are built in.
    pub(crate) senders: BTreeMap<String, SenderSection>,
}

/// `[network]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NetworkSection {
    /// Recursive resolvers, tried in order.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) dns: Option<Vec<DnsServer>>,
    /// Where DNSSEC status comes from.
    pub(crate) dnssec: Option<DnssecMode>,
    /// DS or DNSKEY records in zone-file form.
    pub(crate) trust_anchor: Option<PathBuf>,
    /// Trust roots.
    pub(crate) roots: Option<Roots>,
    /// Networks that may be connected to although they are not public.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) allow_address: Option<Vec<Network>>,
    /// The name given in EHLO.
    pub(crate) ehlo_name: Option<EhloName>,
    /// Hosts that tell whether port 25 is open from here.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) canary: Option<Vec<Canary>>,
    /// Ports other than those of the standards, for labs.
    pub(crate) ports: PortsSection,
}

/// `[network.ports]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PortsSection {
    /// Policy hosts.
    pub(crate) https: Option<NonZeroU16>,
    /// MX hosts.
    pub(crate) smtp: Option<NonZeroU16>,
    /// Authoritative name servers.
    pub(crate) dns: Option<NonZeroU16>,
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigFileError {
    #[error("cannot read the configuration {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the configuration {} is larger than {MAX_FILE} octets", path.display())]
    TooLarge { path: PathBuf },
    #[error("{}:{line}:{column}: {detail}", path.display())]
    Content { path: PathBuf, line: usize, column: usize, detail: Visible },
}

/// The most octets a configuration file may have; a real one has some hundred.
const MAX_FILE: u64 = 1 << 20;

impl ConfigFile {
    /// Reads `path`. Relative paths in it start at its folder.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigFileError> {
        let read = |source| ConfigFileError::Read { path: path.to_owned(), source };
        if fs::metadata(path).map_err(read)?.len() > MAX_FILE {
            return Err(ConfigFileError::TooLarge { path: path.to_owned() });
        }
        let bytes = fs::read(path).map_err(read)?;
        let file = parse(&bytes).map_err(|fault| ConfigFileError::Content {
            path: path.to_owned(),
            line: fault.line,
            column: fault.column,
            detail: fault.detail,
        })?;
        Ok(file.relative_to(path.parent().unwrap_or(Path::new(""))))
    }

    /// True if it says anything of hosting.
    pub(crate) fn hosts(&self) -> bool {
        let nothing = Self::default();
        let Self { network: _, resolver: _, database, serve, acme, alerts, .. } = self;
        let Self { dns_update, checks, senders, .. } = self;
        database.is_some()
            || (serve, acme, alerts) != (&nothing.serve, &nothing.acme, &nothing.alerts)
            || (dns_update, checks, senders)
                != (&nothing.dns_update, &nothing.checks, &nothing.senders)
    }

    fn relative_to(mut self, base: &Path) -> Self {
        let network = &mut self.network;
        network.trust_anchor = network.trust_anchor.take().map(|path| base.join(path));
        network.roots = network.roots.take().map(|roots| roots.relative_to(base));
        self.resolver = self.resolver.relative_to(base);
        self.database = self.database.map(|database| database.relative_to(base));
        self.serve = self.serve.relative_to(base);
        self.acme = self.acme.relative_to(base);
        self.alerts = self.alerts.relative_to(base);
        let rebased = self.dns_update.into_iter().map(|(name, way)| (name, way.relative_to(base)));
        self.dns_update = rebased.collect();
        self
    }
}

#[cfg(test)]
impl ConfigFile {
    /// A file of this text.
    pub(crate) fn parsed(text: &str) -> Result<Self, String> {
        parse(text.as_bytes())
            .map_err(|fault| format!("{}:{}: {}", fault.line, fault.column, fault.detail))
    }
}

/// A fault and its place, both numbers counted from 1, the column in characters.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    line: usize,
    column: usize,
    detail: Visible,
}

fn parse(bytes: &[u8]) -> Result<ConfigFile, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| fault(bytes, error.valid_up_to(), "not UTF-8"))?;
    toml::from_str(text)
        .map_err(|error| fault(bytes, error.span().map_or(0, |span| span.start), error.message()))
}

fn fault(bytes: &[u8], offset: usize, detail: &str) -> Fault {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let mut lines = before.split(|byte| *byte == b'\n');
    let last = lines.next_back().unwrap_or_default();
    Fault {
        line: lines.count() + 1,
        column: String::from_utf8_lossy(last).chars().count() + 1,
        detail: Visible::from(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = br#"
            [network]
            dns = "127.0.0.1:5300"
            dnssec = "trust-ad"
            trust_anchor = "anchor.key"
            roots = "ca.pem"
            allow_address = ["127.53.0.0/16"]
            ehlo_name = "probe.lab.test"
            canary = ["mx.lab.test:2525"]
            [network.ports]
            https = 8443
            smtp = 2525
            dns = 5300
        "#;
        let network = parse(text).unwrap().relative_to(Path::new("/etc/lab")).network;
        assert_eq!(network.dnssec, Some(DnssecMode::TrustAd));
        assert_eq!(network.trust_anchor.as_deref(), Some(Path::new("/etc/lab/anchor.key")));
        assert_eq!(network.roots, Some(Roots::from("/etc/lab/ca.pem".to_owned())));
        assert_eq!(network.ports.smtp.map(NonZeroU16::get), Some(2525));
    }

    #[test]
    fn faults_name_their_place() {
        let table: [(&[u8], usize, usize, &str); 6] = [
            (b"[network]\ndnss = []\n", 2, 1, "unknown field `dnss`"),
            (b"[network]\ndns = [\"127.0.0.1\", \"ns\"]\n", 2, 7, "expected an address"),
            (b"[network]\n\n[network.ports]\nsmtp = 0\n", 4, 8, "nonzero"),
            (b"[network\n", 1, 9, "unclosed table"),
            (b"a = \"\xff\"", 1, 6, "not UTF-8"),
            (b"[network]\n\"\\u001b[31m\" = 1\n", 2, 1, "unknown field `\\x1b[31m`"),
        ];
        for (text, line, column, detail) in table {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.line, fault.column), (line, column), "{fault:?}");
            assert!(fault.detail.as_str().contains(detail), "{fault:?}");
        }
    }
}
