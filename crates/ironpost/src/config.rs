//! How the outside world is reached: options, environment and the configuration file, in this
//! order of precedence, become one [`Settings`].

pub(crate) mod file;
pub(crate) mod hosting;
mod list;
pub(crate) mod resolver;
pub(crate) mod values;

use crate::failure::Failure;
use clap::Args;
use file::{ConfigFile, NetworkSection};
use ipnet::IpNet;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::RootSource;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use values::{Canary, DnsServer, DnssecMode, EhloName, Network, Roots};

/// The options of every command that looks names up and fetches policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct OutsideArgs {
    /// Read the configuration from this TOML file; options outrank it
    #[arg(long, value_name = "FILE", env = "IRONPOST_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,

    /// Ask this recursive resolver instead of those of /etc/resolv.conf; may be repeated
    #[arg(
        long,
        value_name = "ADDR[:PORT]",
        env = "IRONPOST_DNS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    dns: Vec<DnsServer>,

    /// Where DNSSEC status comes from [default: auto]
    #[arg(long, value_enum, value_name = "HOW", env = "IRONPOST_DNSSEC", hide_env_values = true)]
    dnssec: Option<DnssecMode>,

    /// Validate from the DS or DNSKEY records in this file, not from the root's
    #[arg(long, value_name = "FILE", env = "IRONPOST_TRUST_ANCHOR", hide_env_values = true)]
    trust_anchor: Option<PathBuf>,

    /// Certificate authorities: bundled, system (which honours SSL_CERT_FILE and SSL_CERT_DIR),
    /// or a PEM file [default: bundled]
    #[arg(
        long,
        value_name = "bundled|system|FILE",
        env = "IRONPOST_ROOTS",
        hide_env_values = true
    )]
    roots: Option<Roots>,

    /// Connect to this network although it is not public; may be repeated
    #[arg(
        long,
        value_name = "CIDR",
        env = "IRONPOST_ALLOW_ADDRESS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    allow_address: Vec<Network>,

    /// The port of policy hosts, for labs [default: 443]
    #[arg(long, value_name = "PORT", hide_short_help = true)]
    https_port: Option<NonZeroU16>,
}

/// The options of every command that talks to mail hosts besides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    #[command(flatten)]
    outside: OutsideArgs,

    /// The name given in EHLO [default: the name of this host]
    #[arg(long, value_name = "NAME", env = "IRONPOST_EHLO_NAME", hide_env_values = true)]
    ehlo_name: Option<EhloName>,

    /// A mail host that tells whether port 25 is open from here; may be repeated
    #[arg(
        long,
        value_name = "HOST[:PORT]",
        env = "IRONPOST_CANARY",
        hide_env_values = true,
        value_delimiter = ','
    )]
    canary: Vec<Canary>,

    /// The port of MX hosts, for labs [default: 25]
    #[arg(long, value_name = "PORT", hide_short_help = true)]
    smtp_port: Option<NonZeroU16>,

    /// The port of authoritative name servers, for labs [default: 53]
    #[arg(long, value_name = "PORT", hide_short_help = true)]
    dns_port: Option<NonZeroU16>,
}

/// How the outside world is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Recursive resolvers; those of the system when empty.
    pub(crate) dns: Vec<SocketAddr>,
    /// Where DNSSEC status comes from.
    pub(crate) dnssec: Dnssec,
    /// Trust roots.
    pub(crate) roots: RootSource,
    /// Networks that may be connected to although they are not public.
    pub(crate) allowed: Vec<IpNet>,
    /// The name given in EHLO, `None` for that of this host.
    pub(crate) ehlo_name: Option<EhloName>,
    /// Canaries; `None` for the built-in ones, an empty list for none at all.
    pub(crate) canaries: Option<Vec<Canary>>,
    /// Ports of the other side.
    pub(crate) ports: Ports,
}

impl NetworkArgs {
    /// Everything as the file at `path` says.
    pub(crate) fn from_file(path: PathBuf) -> Self {
        let outside = OutsideArgs { config: Some(path), ..OutsideArgs::default() };
        Self { outside, ..Self::default() }
    }

    /// Reads the configuration file, if one is named, and puts options over it.
    pub(crate) fn settle(self) -> Result<Settings, Failure> {
        let file = self.outside.file()?;
        self.over(file.network)
    }

    fn over(self, file: NetworkSection) -> Result<Settings, Failure> {
        let mut settings = self.outside.over(file)?;
        settings.ehlo_name = self.ehlo_name.or(settings.ehlo_name);
        settings.canaries = given(self.canary).or(settings.canaries);
        let ports = &mut settings.ports;
        ports.smtp = self.smtp_port.map_or(ports.smtp, NonZeroU16::get);
        ports.dns = self.dns_port.map_or(ports.dns, NonZeroU16::get);
        Ok(settings)
    }
}

impl OutsideArgs {
    /// The configuration file that is named, if one is.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// What the configuration file says; without one, nothing.
    pub(crate) fn file(&self) -> Result<ConfigFile, Failure> {
        match &self.config {
            Some(path) => ConfigFile::load(path).map_err(Failure::usage),
            None => Ok(ConfigFile::default()),
        }
    }

    /// Puts the options over the file.
    pub(crate) fn over(self, file: NetworkSection) -> Result<Settings, Failure> {
        if let (Some(mode @ (DnssecMode::TrustAd | DnssecMode::Off)), Some(_)) =
            (self.dnssec, &self.trust_anchor)
        {
            let mode = match mode {
                DnssecMode::Off => "off",
                _ => "trust-ad",
            };
            return Err(Failure::message(format!(
                "--trust-anchor has no use with --dnssec {mode}: leave one of them out"
            )));
        }
        let default = Ports::default();
        let port = |said: Option<NonZeroU16>, default| said.map_or(default, NonZeroU16::get);
        let dns = given(self.dns).or(file.dns).unwrap_or_default();
        let allowed = given(self.allow_address).or(file.allow_address).unwrap_or_default();
        // An anchor on the command line outranks a mode in the file that has no use for it.
        let mode = match (self.dnssec, &self.trust_anchor) {
            (Some(mode), _) => mode,
            (None, Some(_)) => DnssecMode::Validate,
            (None, None) => file.dnssec.unwrap_or(DnssecMode::Auto),
        };
        Ok(Settings {
            dns: dns.into_iter().map(|DnsServer(address)| address).collect(),
            dnssec: mode.with_anchor(self.trust_anchor.or(file.trust_anchor)),
            roots: self.roots.or(file.roots).map_or(RootSource::Bundled, |Roots(source)| source),
            allowed: allowed.into_iter().map(|Network(network)| network).collect(),
            ehlo_name: file.ehlo_name,
            canaries: file.canary,
            ports: Ports {
                https: port(self.https_port.or(file.ports.https), default.https),
                smtp: port(file.ports.smtp, default.smtp),
                dns: port(file.ports.dns, default.dns),
            },
        })
    }
}

/// A repeatable option, `None` unless it was used.
fn given<T>(values: Vec<T>) -> Option<Vec<T>> {
    Some(values).filter(|values| !values.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> NetworkSection {
        NetworkSection {
            dns: Some(vec!["192.0.2.1".parse().unwrap()]),
            dnssec: Some(DnssecMode::Off),
            canary: Some(Vec::new()),
            ports: file::PortsSection { smtp: NonZeroU16::new(2525), ..Default::default() },
            ..NetworkSection::default()
        }
    }

    #[test]
    fn an_option_outranks_the_file_and_the_file_the_default() {
        let outside = OutsideArgs {
            dns: vec!["192.0.2.2:5353".parse().unwrap()],
            https_port: NonZeroU16::new(8443),
            ..OutsideArgs::default()
        };
        let args =
            NetworkArgs { outside, dns_port: NonZeroU16::new(5300), ..NetworkArgs::default() };
        let settings = args.over(file()).unwrap();
        assert_eq!(settings.dns, ["192.0.2.2:5353".parse().unwrap()]);
        assert_eq!(settings.dnssec, Dnssec::Off);
        assert_eq!(settings.ports, Ports { https: 8443, smtp: 2525, dns: 5300 });
        assert_eq!(settings.canaries, Some(Vec::new()), "an empty list in the file means none");
        assert_eq!(settings.roots, RootSource::Bundled);
    }

    #[test]
    fn a_trust_anchor_means_validation_here() {
        let anchored = |dnssec| OutsideArgs {
            dnssec,
            trust_anchor: Some("anchor".into()),
            ..OutsideArgs::default()
        };
        let validate = Dnssec::Validate { trust_anchor: Some("anchor".into()) };
        assert_eq!(anchored(None).over(file()).unwrap().dnssec, validate);
        let auto = anchored(Some(DnssecMode::Auto)).over(NetworkSection::default()).unwrap();
        assert_eq!(auto.dnssec, validate);
        assert!(anchored(Some(DnssecMode::Off)).over(file()).is_err());
    }
}
