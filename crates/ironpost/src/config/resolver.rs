//! `[resolver]`: what the file says, and what it comes to with options and surroundings.

mod overrides;
mod plan;
pub(crate) mod values;

pub(crate) use plan::{AdminSocket, Plan, StartArgs, Surroundings};

use super::list::one_or_many;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery;
use ironpost_resolver::settings::Settings;
use overrides::Overrides;
use serde::Deserialize;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use values::{
    CacheUrl, DaneUse, DialectChoice, Group, ListenAddress, PrecedenceChoice, RefreshChoice,
    SocketMode, SocketPath, TestingChoice, WithoutDnsChoice,
};

/// `[resolver]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ResolverSection {
    /// Where socketmap is spoken.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) listen: Option<Vec<ListenAddress>>,
    /// Where tcp_table is spoken.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) tcp_table: Option<Vec<ListenAddress>>,
    /// What the MTA behind tcp_table understands.
    pub(crate) tcp_table_dialect: Option<DialectChoice>,
    /// Where HTTP is spoken.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) http: Option<Vec<ListenAddress>>,
    /// Permission bits of the Unix sockets of these three.
    pub(crate) socket_mode: Option<SocketMode>,
    /// Their group.
    pub(crate) socket_group: Option<Group>,
    /// The Unix socket of administration.
    pub(crate) admin: Option<SocketPath>,
    /// The folder in which policies outlive the process.
    pub(crate) state: Option<PathBuf>,
    /// Where policies are shared with other resolvers.
    pub(crate) cache: Option<CacheUrl>,
    /// Whether DANE is used.
    pub(crate) dane: Option<DaneUse>,
    /// Which decides where DANE passes and an enforced policy would not (A7).
    pub(crate) precedence: Option<PrecedenceChoice>,
    /// What to do with mail if DNS fails and no policy is cached (A6).
    pub(crate) without_dns: Option<WithoutDnsChoice>,
    /// Which policies a background refresh fetches (A5).
    pub(crate) refresh: Option<RefreshChoice>,
    /// How a policy in mode testing is answered.
    pub(crate) testing: Option<TestingChoice>,
    /// Most domains looked at for the first time at once.
    pub(crate) in_flight: Option<NonZeroU16>,
    /// Program and arguments that hear of alerts.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) alert_command: Option<Vec<String>>,
    /// The Unix socket of a TLS-RPT collector.
    pub(crate) tlsrpt_socket: Option<SocketPath>,
    /// What the self-test looks up.
    pub(crate) self_test: SelfTestSection,
    /// Domains with rules of their own.
    pub(crate) domains: Overrides,
}

/// `[resolver.self_test]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SelfTestSection {
    /// A name that is signed, soundly.
    pub(crate) signed: Option<TestName>,
    /// A name whose signatures do not hold.
    pub(crate) bogus: Option<TestName>,
}

/// A name in DNS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TestName(pub(crate) DnsName);

impl TryFrom<String> for TestName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| "expected a name in DNS, like example.com".to_owned())
    }
}

impl ResolverSection {
    /// The same with every relative path taken from `base`.
    pub(crate) fn relative_to(mut self, base: &Path) -> Self {
        let rebase = |list: Option<Vec<ListenAddress>>| {
            list.map(|list| list.into_iter().map(|address| address.relative_to(base)).collect())
        };
        self.listen = rebase(self.listen);
        self.tcp_table = rebase(self.tcp_table);
        self.http = rebase(self.http);
        self.admin = self.admin.map(|path| path.relative_to(base));
        self.state = self.state.map(|path| base.join(path));
        self.tlsrpt_socket = self.tlsrpt_socket.map(|path| path.relative_to(base));
        // A bare name is looked for in PATH; anything with a slash is a path.
        if let Some(program) = self.alert_command.as_mut().and_then(|command| command.first_mut())
            && program.contains('/')
        {
            *program = base.join(&program).to_string_lossy().into_owned();
        }
        self
    }

    /// What may change while the program runs.
    pub(crate) fn settings(&self) -> Settings {
        let default = Settings::default();
        Settings {
            discovery: discovery::Settings {
                without_dns: self.without_dns.map_or(default.discovery.without_dns, Into::into),
                refresh: self.refresh.map_or(default.discovery.refresh, Into::into),
            },
            dane: self.dane.map_or(default.dane, |choice| match choice {
                DaneUse::First => true,
                DaneUse::Off => false,
            }),
            precedence: self.precedence.map_or(default.precedence, Into::into),
            testing: self.testing.map_or(default.testing, Into::into),
            overrides: self.domains.0.clone(),
        }
    }
}
