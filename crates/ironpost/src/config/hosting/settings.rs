//! All that hosting is run from.

use super::args::Surroundings;
use super::sections::{
    AcmeSection, AlertsSection, ChallengeChoice, EmailSection, FallbackSection, SecurityChoice,
};
use super::values::{DatabaseValue, HttpsUrl, Listen, MailAddress, NodeName, Role};
use super::{HostingFault, zone};
use crate::config::Settings;
use crate::config::file::ConfigFile;
use crate::config::values::{Network, Roots};
use ipnet::IpNet;
use ironpost_hosting::authdns::Zone;
use ironpost_hosting::dns_update;
use ironpost_hosting::fetch_log::{KnownSender, Senders};
use ironpost_net::tls::roots::RootSource;
use ironpost_proto::delegation::Target;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// All that hosting is run from. What a command has no use for may be missing: it asks with
/// [`zone`](Self::zone) and the like, which say what to write where.
#[derive(Debug, Clone)]
pub(crate) struct HostingSettings {
    /// Where hosted domains are kept.
    pub(crate) database: DatabaseValue,
    /// The folder of what has to outlive the process.
    pub(crate) state: PathBuf,
    /// The name of this node.
    pub(crate) node: NodeName,
    /// What it does, each once, in their order.
    pub(crate) roles: Vec<Role>,
    /// The zone, with everything but CAA.
    zone: Option<Zone>,
    /// Where it listens.
    pub(crate) listen: Sockets<Listen>,
    /// Proxies whose header is believed, and required.
    pub(crate) proxies: Vec<IpNet>,
    /// The file with the keys that seal private keys.
    pub(crate) sealing_key: PathBuf,
    /// That file was named by nobody: it is made at the first start.
    pub(crate) sealing_key_is_ours: bool,
    /// Certificates.
    pub(crate) acme: AcmeSettings,
    /// Who hears of trouble.
    pub(crate) alerts: AlertsSection,
    /// Ways into the DNS of domains that did not hand their records over, by their names.
    pub(crate) updaters: BTreeMap<String, dns_update::Settings>,
    /// Whether checks connect to mail hosts.
    pub(crate) mail_hosts: bool,
    /// Who is known in the log of fetches besides those that are built in.
    pub(crate) senders: Vec<KnownSender>,
    /// How the outside world is reached.
    pub(crate) network: Settings,
}

/// Sockets by what is spoken on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sockets<T> {
    /// Policies.
    pub(crate) https: Vec<T>,
    /// HTTP-01.
    pub(crate) http: Vec<T>,
    /// DNS.
    pub(crate) dns: Vec<T>,
    /// Metrics and health.
    pub(crate) metrics: Vec<T>,
}

/// How certificates are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AcmeSettings {
    /// The CA.
    pub(crate) ca: CaSettings,
    /// The one for when it is away for long.
    pub(crate) fallback: Option<CaSettings>,
    /// Whom they may write to.
    pub(crate) contact: Vec<MailAddress>,
    /// Their terms were agreed to.
    pub(crate) agreed: bool,
    /// How names are proven.
    pub(crate) challenge: ChallengeChoice,
}

/// A CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaSettings {
    /// Its directory.
    pub(crate) directory: String,
    /// Whom to believe to be it.
    pub(crate) roots: RootSource,
    /// External account binding: the key's name and the file with the key.
    pub(crate) binding: Option<(String, PathBuf)>,
}

impl HostingSettings {
    /// What the file comes to, options already over it.
    pub(super) fn new(
        file: ConfigFile,
        network: Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, HostingFault> {
        let ConfigFile { serve, database, acme, alerts, checks, senders, dns_update, .. } = file;
        let state = serve.state.clone().unwrap_or_else(|| surroundings.state());
        let zone = zone::of(&serve)?;
        let mut roles = serve.roles.unwrap_or_else(|| Role::ALL.to_vec());
        roles.sort_unstable();
        roles.dedup();
        let listen = Sockets {
            https: serve.https.unwrap_or_else(|| vec![Listen::Every(HTTPS)]),
            http: serve.http.unwrap_or_else(|| vec![Listen::Every(HTTP)]),
            dns: serve.dns.unwrap_or_else(|| vec![Listen::Every(DNS)]),
            metrics: serve.metrics.unwrap_or_default(),
        };
        listen.check()?;
        check_alerts(&alerts)?;
        // systemd.exec(5): LoadCredential= puts it where this process alone reads it.
        let credential = surroundings.credentials.as_ref().map(|folder| folder.join(SEALING_KEY));
        let named = serve.sealing_key.or(credential.filter(|path| path.exists()));
        let senders = senders.into_iter().map(|(name, sender)| KnownSender {
            name,
            user_agent: sender.user_agent.unwrap_or_default(),
            networks: networks(sender.networks),
        });
        let senders: Vec<_> = senders.collect();
        Senders::new(senders.clone())?;
        Ok(Self {
            database: database.unwrap_or_else(|| state.join(DATABASE).into()),
            node: serve.node.or_else(|| surroundings.host.clone()).unwrap_or_default(),
            roles,
            zone,
            listen,
            proxies: networks(serve.proxies),
            sealing_key_is_ours: named.is_none(),
            sealing_key: named.unwrap_or_else(|| state.join(SEALING_KEY)),
            acme: AcmeSettings::new(acme)?,
            alerts,
            updaters: dns_update,
            mail_hosts: checks.mail_hosts.unwrap_or(true),
            senders,
            state,
            network,
        })
    }

    /// The zone.
    pub(crate) fn zone(&self) -> Result<&Zone, HostingFault> {
        self.zone.as_ref().ok_or(HostingFault::NoZone)
    }

    /// The keys in which `other` differs beyond what can change at run time.
    pub(crate) fn fixed_differences(&self, other: &Self) -> Vec<&'static str> {
        let key = (&self.sealing_key, self.sealing_key_is_ours);
        [
            ("database", self.database != other.database),
            ("state", self.state != other.state),
            ("node", self.node != other.node),
            ("roles", self.roles != other.roles),
            ("zone, addresses, ns, name_servers, contact or ttl", self.zone != other.zone),
            ("https", self.listen.https != other.listen.https),
            ("http", self.listen.http != other.listen.http),
            ("dns", self.listen.dns != other.listen.dns),
            ("metrics", self.listen.metrics != other.listen.metrics),
            ("proxies", self.proxies != other.proxies),
            ("sealing_key", key != (&other.sealing_key, other.sealing_key_is_ours)),
            // The zone's CAA records name the CAs.
            ("directory or fallback in [acme]", self.acme.cas() != other.acme.cas()),
            ("[senders]", self.senders != other.senders),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }

    /// What a node that was started with `self` takes of `read`: all that can change at run time.
    pub(crate) fn reloaded(&self, read: Self) -> Self {
        Self {
            acme: read.acme.with_cas_of(&self.acme),
            alerts: read.alerts,
            updaters: read.updaters,
            mail_hosts: read.mail_hosts,
            network: read.network,
            ..self.clone()
        }
    }

    /// The names that a domain hands over here; `reports` if its TLS-RPT record is among them.
    pub(crate) fn targets(&self, reports: bool) -> Vec<Target> {
        let challenge = match self.acme.challenge {
            ChallengeChoice::Dns01 => true,
            ChallengeChoice::Http01 | ChallengeChoice::TlsAlpn01 => false,
        };
        let always = [Target::Record, Target::PolicyHost].into_iter();
        let reports = reports.then_some(Target::ReportRecord);
        always.chain(reports).chain(challenge.then_some(Target::Challenge)).collect()
    }

    /// True if this node has the role.
    pub(crate) fn does(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Everything that a node cannot be started without, and that is not there.
    pub(crate) fn missing(&self) -> Vec<HostingFault> {
        let mut missing = Vec::new();
        match &self.zone {
            None => missing.extend([HostingFault::NoZone, HostingFault::NoAddresses]),
            Some(zone) if zone.ipv4.is_empty() && zone.ipv6.is_empty() => {
                missing.push(HostingFault::NoAddresses);
            }
            Some(_) => {}
        }
        if self.roles.is_empty() {
            missing.push(HostingFault::NoRoles);
        }
        if self.does(Role::Jobs) && !self.acme.agreed {
            let directory = self.acme.ca.directory.clone();
            missing.push(HostingFault::TermsNotAgreed { directory });
        }
        let needed =
            [(Role::Policy, "https", &self.listen.https), (Role::Dns, "dns", &self.listen.dns)];
        missing.extend(
            needed
                .into_iter()
                .filter(|(role, _, listen)| self.does(*role) && listen.is_empty())
                .map(|(role, key, _)| HostingFault::NothingToListenOn { key, role: role.as_str() }),
        );
        missing
    }
}

impl Sockets<Listen> {
    /// What is listened on twice is a slip of the pen that would be told as somebody else's fault.
    fn check(&self) -> Result<(), HostingFault> {
        // DNS is answered over UDP too, and has TCP in common with the rest.
        let all = [
            ("https", &self.https),
            ("http", &self.http),
            ("dns", &self.dns),
            ("metrics", &self.metrics),
        ];
        let named = || all.iter().flat_map(|(key, list)| list.iter().map(move |at| (*key, *at)));
        for (place, (one, first)) in named().enumerate() {
            for (another, second) in named().skip(place + 1) {
                if first.overlaps(second) {
                    let (first, second) = (first.to_string(), second.to_string());
                    return Err(HostingFault::SameListener { one, another, first, second });
                }
            }
        }
        Ok(())
    }
}

impl AcmeSettings {
    fn new(section: AcmeSection) -> Result<Self, HostingFault> {
        let directory = section.directory.as_ref().map_or(LETS_ENCRYPT, HttpsUrl::as_str);
        let fallback = section.fallback.map(CaSettings::of_fallback).transpose()?;
        Ok(Self {
            ca: CaSettings {
                directory: directory.to_owned(),
                roots: roots(section.roots),
                binding: binding("[acme]", section.eab_kid, section.eab_key_file)?,
            },
            fallback,
            contact: section.contact.unwrap_or_default(),
            agreed: section.agree_to_terms == Some(true),
            challenge: section.challenge.unwrap_or_default(),
        })
    }
}

impl AcmeSettings {
    /// The directories of all CAs.
    fn cas(&self) -> (&str, Option<&str>) {
        (&self.ca.directory, self.fallback.as_ref().map(|ca| &*ca.directory))
    }

    /// The same with the CAs of `other`.
    fn with_cas_of(mut self, other: &Self) -> Self {
        if self.cas() != other.cas() {
            (self.ca, self.fallback) = (other.ca.clone(), other.fallback.clone());
        }
        self
    }
}

impl CaSettings {
    fn of_fallback(section: FallbackSection) -> Result<Self, HostingFault> {
        Ok(Self {
            directory: section.directory.as_str().to_owned(),
            roots: roots(section.roots),
            binding: binding("[acme.fallback]", section.eab_kid, section.eab_key_file)?,
        })
    }
}

fn roots(said: Option<Roots>) -> RootSource {
    said.map_or(RootSource::Bundled, |Roots(source)| source)
}

fn networks(said: Option<Vec<Network>>) -> Vec<IpNet> {
    said.unwrap_or_default().into_iter().map(|Network(network)| network).collect()
}

fn binding(
    table: &'static str,
    kid: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<(String, PathBuf)>, HostingFault> {
    match (kid, file) {
        (None, None) => Ok(None),
        (Some(kid), Some(file)) => Ok(Some((kid, file))),
        (Some(_), None) | (None, Some(_)) => Err(HostingFault::HalfBinding { table }),
    }
}

fn check_alerts(alerts: &AlertsSection) -> Result<(), HostingFault> {
    let Some(EmailSection { user, password_file, security, to, .. }) = &alerts.email else {
        return Ok(());
    };
    if to.as_ref().is_none_or(Vec::is_empty) {
        return Err(HostingFault::NobodyToTell);
    }
    match (user, password_file, security) {
        (None, None, _) | (Some(_), Some(_), SecurityChoice::Starttls | SecurityChoice::Tls) => {
            Ok(())
        }
        (Some(_), Some(_), SecurityChoice::None) => Err(HostingFault::PasswordInTheClear),
        (Some(_), None, _) | (None, Some(_), _) => Err(HostingFault::HalfLogin),
    }
}

/// The directory of Let's Encrypt, for production.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const HTTPS: u16 = 443;
const HTTP: u16 = 80;
const DNS: u16 = 53;
/// In the state folder.
const DATABASE: &str = "ironpost.db";
/// In the state folder, or the name of the credential.
const SEALING_KEY: &str = "sealing.key";

#[cfg(test)]
mod tests;
