//! Options, surroundings and `[resolver]` become one [`Plan`].

use super::ResolverSection;
use super::values::{CacheUrl, Group, ListenAddress, SocketPath};
use crate::failure::Failure;
use clap::Args;
use ironpost_proto::domain::DnsName;
use ironpost_resolver::answer::Dialect;
use ironpost_resolver::self_test::Names;
use ironpost_resolver::server::listen::Address;
use ironpost_resolver::settings::Settings;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The options of a resolver that is to be started. Everything else is for the file.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StartArgs {
    /// Speak socketmap here: inet:ADDR:PORT or unix:PATH; may be repeated
    /// [default: inet:127.0.0.1:8461]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "IRONPOST_RESOLVER_LISTEN",
        hide_env_values = true,
        value_delimiter = ','
    )]
    listen: Vec<ListenAddress>,

    /// Speak tcp_table here; may be repeated [default: nowhere]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "IRONPOST_RESOLVER_TCP_TABLE",
        hide_env_values = true,
        value_delimiter = ','
    )]
    tcp_table: Vec<ListenAddress>,

    /// Speak HTTP here: policies, metrics, health; may be repeated [default: nowhere]
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "IRONPOST_RESOLVER_HTTP",
        hide_env_values = true,
        value_delimiter = ','
    )]
    http: Vec<ListenAddress>,

    /// Keep policies in this folder, so that a restart forgets none
    /// [default: $STATE_DIRECTORY; without it memory alone]
    #[arg(long, value_name = "DIR", env = "IRONPOST_RESOLVER_STATE", hide_env_values = true)]
    state: Option<PathBuf>,
}

/// What a service manager, a login session and the system say of where things belong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// `STATE_DIRECTORY`, systemd.exec(5).
    pub(crate) state_directory: Option<OsString>,
    /// `RUNTIME_DIRECTORY`, systemd.exec(5).
    pub(crate) runtime_directory: Option<OsString>,
    /// `XDG_RUNTIME_DIR`, pam_systemd(8).
    pub(crate) session_directory: Option<OsString>,
    /// The process may write to `/run`.
    pub(crate) is_root: bool,
    /// `IRONPOST_RESOLVER_CACHE`: the address of the shared cache, which may hold a password that
    /// is kept out of a file for everybody.
    pub(crate) cache: Option<CacheUrl>,
}

/// All that a resolver is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Where socketmap is spoken.
    pub(crate) listen: Vec<Address>,
    /// Where tcp_table is spoken.
    pub(crate) tcp_table: Vec<Address>,
    /// What the MTA behind tcp_table understands.
    pub(crate) tcp_table_dialect: Dialect,
    /// Where HTTP is spoken.
    pub(crate) http: Vec<Address>,
    /// Permission bits of the Unix sockets of these three.
    pub(crate) socket_mode: u32,
    /// Their group.
    pub(crate) socket_group: Option<Group>,
    /// Where administration is spoken.
    pub(crate) admin: AdminSocket,
    /// Where policies outlive the process.
    pub(crate) state: Option<PathBuf>,
    /// Where policies are shared.
    pub(crate) cache: Option<CacheUrl>,
    /// Most domains looked at for the first time at once.
    pub(crate) in_flight: u16,
    /// Program and arguments that hear of alerts.
    pub(crate) alert_command: Option<Vec<String>>,
    /// The Unix socket of a TLS-RPT collector.
    pub(crate) tlsrpt_socket: Option<PathBuf>,
    /// What the self-test looks up.
    pub(crate) self_test: Names,
    /// What may change while the program runs.
    pub(crate) settings: Settings,
}

/// The Unix socket of administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AdminSocket {
    /// Named by hand: without it there is no start.
    Named(PathBuf),
    /// Where one would look for it: a start without it is told of.
    Usual(PathBuf),
    /// There is no folder to put it in.
    Nowhere,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_this_process() -> Result<Self, Failure> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = set(CACHE).map(|url| url.to_string_lossy().parse::<CacheUrl>()).transpose();
        let cache =
            cache.map_err(|error| Failure::usage(anyhow::Error::new(error).context(CACHE)))?;
        Ok(Self {
            state_directory: set("STATE_DIRECTORY"),
            runtime_directory: set("RUNTIME_DIRECTORY"),
            session_directory: set("XDG_RUNTIME_DIR"),
            is_root: rustix::process::geteuid().is_root(),
            cache,
        })
    }

    /// Where a resolver puts its administration socket.
    fn usual_admin_socket(&self) -> AdminSocket {
        let runtime = self.runtime_directory.as_deref().and_then(first_of_list);
        let system = || self.is_root.then(|| PathBuf::from(SYSTEM_RUNTIME));
        let session = || self.session_runtime();
        runtime
            .or_else(system)
            .or_else(session)
            .map_or(AdminSocket::Nowhere, |folder| AdminSocket::Usual(folder.join(ADMIN_SOCKET)))
    }

    /// Where the administration socket of a running resolver may be, most likely first.
    pub(crate) fn likely_admin_sockets(&self) -> Vec<PathBuf> {
        let system = PathBuf::from(SYSTEM_RUNTIME);
        let mut folders: Vec<_> = self.session_runtime().into_iter().collect();
        if self.is_root {
            folders.insert(0, system);
        } else {
            folders.push(system);
        }
        folders.into_iter().map(|folder| folder.join(ADMIN_SOCKET)).collect()
    }

    fn session_runtime(&self) -> Option<PathBuf> {
        self.session_directory.as_ref().map(|folder| Path::new(folder).join("ironpost"))
    }
}

impl Plan {
    /// Options before the file, the file before the surroundings.
    pub(crate) fn new(
        args: StartArgs,
        admin: Option<SocketPath>,
        file: ResolverSection,
        surroundings: &Surroundings,
    ) -> Self {
        let settings = file.settings();
        let addresses = |given: Vec<ListenAddress>, file: Option<Vec<ListenAddress>>| {
            let chosen = if given.is_empty() { file } else { Some(given) };
            chosen.map(|list| list.into_iter().map(|ListenAddress(address)| address).collect())
        };
        let admin = match admin.or(file.admin) {
            Some(SocketPath(path)) => AdminSocket::Named(path),
            None => surroundings.usual_admin_socket(),
        };
        let state = || surroundings.state_directory.as_deref().and_then(first_of_list);
        Self {
            listen: addresses(args.listen, file.listen)
                .unwrap_or_else(|| vec![Address::Inet(DEFAULT_LISTEN)]),
            tcp_table: addresses(args.tcp_table, file.tcp_table).unwrap_or_default(),
            tcp_table_dialect: file.tcp_table_dialect.map_or(Dialect::Postfix34, Into::into),
            http: addresses(args.http, file.http).unwrap_or_default(),
            socket_mode: file.socket_mode.map_or(DEFAULT_SOCKET_MODE, |mode| mode.0),
            socket_group: file.socket_group,
            admin,
            state: args.state.or(file.state).or_else(state),
            cache: surroundings.cache.clone().or(file.cache),
            in_flight: file.in_flight.map_or(DEFAULT_IN_FLIGHT, std::num::NonZero::get),
            alert_command: file.alert_command.filter(|command| !command.is_empty()),
            tlsrpt_socket: file.tlsrpt_socket.map(|SocketPath(path)| path),
            self_test: Names {
                signed: file.self_test.signed.map_or_else(|| name(SIGNED), |name| name.0),
                bogus: file.self_test.bogus.map_or_else(|| name(BOGUS), |name| name.0),
            },
            settings,
        }
    }

    /// The keys of `[resolver]` in which `other` differs beyond what can change at run time.
    pub(crate) fn fixed_differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("listen", self.listen != other.listen),
            ("tcp_table", self.tcp_table != other.tcp_table),
            ("tcp_table_dialect", self.tcp_table_dialect != other.tcp_table_dialect),
            ("http", self.http != other.http),
            ("socket_mode", self.socket_mode != other.socket_mode),
            ("socket_group", self.socket_group != other.socket_group),
            ("admin", self.admin != other.admin),
            ("state", self.state != other.state),
            ("cache", self.cache != other.cache),
            ("in_flight", self.in_flight != other.in_flight),
            ("alert_command", self.alert_command != other.alert_command),
            ("tlsrpt_socket", self.tlsrpt_socket != other.tlsrpt_socket),
            ("self_test", self.self_test != other.self_test),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

/// systemd.exec(5): several directories are separated by colons.
fn first_of_list(list: &std::ffi::OsStr) -> Option<PathBuf> {
    std::env::split_paths(list).find(|path| !path.as_os_str().is_empty())
}

/// A name from a constant of this file.
fn name(text: &'static str) -> DnsName {
    DnsName::from_labels(text.split('.').map(str::as_bytes))
}

/// The port that MTAs are told to ask for policies by convention: it is the one that
/// postfix-mta-sts-resolver took.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8461);
/// Owner and group.
const DEFAULT_SOCKET_MODE: u32 = 0o660;
/// With slow hosts among them still a thousand new domains a second.
const DEFAULT_IN_FLIGHT: u16 = 1024;
const CACHE: &str = "IRONPOST_RESOLVER_CACHE";
const SYSTEM_RUNTIME: &str = "/run/ironpost";
const ADMIN_SOCKET: &str = "resolver-admin.sock";
/// A zone whose keys have been in order for many years.
const SIGNED: &str = "ietf.org";
/// A zone that is kept broken for tests like this one.
const BOGUS: &str = "dnssec-failed.org";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::ConfigFile;

    fn plan(args: StartArgs, file: &str, surroundings: &Surroundings) -> Plan {
        let file = ConfigFile::parsed(file).unwrap().resolver;
        Plan::new(args, None, file, surroundings)
    }

    #[test]
    fn without_a_word_it_listens_on_loopback_alone() {
        let plan = plan(StartArgs::default(), "", &Surroundings::default());
        assert_eq!(plan.listen, [Address::Inet("127.0.0.1:8461".parse().unwrap())]);
        assert_eq!((plan.tcp_table.len(), plan.http.len(), plan.state), (0, 0, None));
        assert_eq!(plan.admin, AdminSocket::Nowhere);
        assert_eq!(plan.settings, Settings::default());
        assert_eq!(plan.self_test.bogus.as_str(), BOGUS);
    }

    #[test]
    fn an_option_outranks_the_file_and_the_file_the_service_manager() {
        let surroundings = Surroundings {
            state_directory: Some("/var/lib/ironpost:/var/lib/other".into()),
            runtime_directory: Some("/run/mta".into()),
            session_directory: Some("/run/user/1000".into()),
            is_root: false,
            cache: Some("redis://192.0.2.1".parse().unwrap()),
        };
        let options =
            StartArgs { listen: vec!["unix:/tmp/a".parse().unwrap()], ..StartArgs::default() };
        let file = "[resolver]\nlisten = 'inet:127.0.0.1:1'\nhttp = '[::1]:2'\n\
                    cache = 'redis://192.0.2.2'\n";
        let plan = plan(options, file, &surroundings);
        assert_eq!(plan.listen, [Address::Unix("/tmp/a".into())]);
        assert_eq!(plan.http, [Address::Inet("[::1]:2".parse().unwrap())]);
        assert_eq!(plan.state.as_deref(), Some(Path::new("/var/lib/ironpost")));
        assert_eq!(plan.admin, AdminSocket::Usual("/run/mta/resolver-admin.sock".into()));
        assert_eq!(plan.cache, surroundings.cache);
    }

    #[test]
    fn administration_is_found_where_a_resolver_puts_it() {
        let session = Surroundings {
            session_directory: Some("/run/user/1000".into()),
            ..Surroundings::default()
        };
        let root = Surroundings { is_root: true, ..Surroundings::default() };
        for surroundings in [session, root] {
            let AdminSocket::Usual(path) = surroundings.usual_admin_socket() else {
                panic!("{surroundings:?}");
            };
            assert_eq!(surroundings.likely_admin_sockets().first(), Some(&path));
        }
    }

    #[test]
    fn what_a_reload_cannot_change_is_named() {
        let read = |text| plan(StartArgs::default(), text, &Surroundings::default());
        let before = read("[resolver]\ndane = 'off'\n");
        let after = read("[resolver]\nlisten = []\ncache = 'redis://192.0.2.1'\n");
        assert_eq!(before.fixed_differences(&after), ["listen", "cache"]);
        assert_eq!(before.fixed_differences(&before.clone()), [""; 0]);
    }
}
