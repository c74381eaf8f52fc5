//! Where the shared cache is.

use ironpost_proto::visible::Visible;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of a shared cache:
///
/// ```text
/// redis://[[user]:password@]host[:6379][/db]
/// redis+unix://[[user]:password@]/path[?db=0]
/// redis+cluster://[[user]:password@]host[:6379][,host…]
/// redis+sentinel://[[user]:password@]host[:26379][,host…]/service[?db=0&sentinel_password=…]
/// ```
///
/// `rediss` in place of `redis` for TLS, which ends at every server and sentinel and is verified
/// against the roots of the system. What has a meaning in an address is written as `%` and two
/// hexadecimal digits in names and passwords. `Debug` does not show a password.
#[derive(Debug, Clone)]
pub struct Address {
    pub(super) kind: Kind,
}

/// One server, or how to find one.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Server(ConnectionInfo),
    Cluster(Vec<ConnectionInfo>),
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        service: String,
        /// What the servers ask for.
        server: RedisConnectionInfo,
        tls: bool,
    },
}

/// An address that cannot be used. Says nothing that the address holds but its scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct AddressError {
    /// What is wrong.
    pub detail: String,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| fault(NO_SCHEME))?;
        let (scheme, shape) = match scheme.split_once('+') {
            Some((scheme, shape)) => (scheme, Some(shape)),
            None => (scheme, None),
        };
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return Err(fault(NO_SCHEME)),
        };
        let parts = Parts::of(rest)?;
        let kind = match (shape, tls) {
            (None, _) => parts.server(tls)?,
            (Some("unix"), false) => parts.unix()?,
            (Some("unix"), true) => {
                return Err(fault("a unix socket has no TLS: write redis+unix"));
            }
            (Some("cluster"), _) => parts.cluster(tls)?,
            (Some("sentinel"), _) => parts.sentinel(tls)?,
            (Some(shape), _) => {
                let shape = Visible::excerpt(shape.as_bytes(), 20);
                return Err(fault(&format!(
                    "there is no {scheme}+{shape}: expected unix, cluster or sentinel"
                )));
            }
        };
        Ok(Self { kind })
    }
}

impl Address {
    /// The one server that is named, unless it is a cluster or has to be found.
    pub(crate) fn server(&self) -> Option<&ConnectionInfo> {
        match &self.kind {
            Kind::Server(server) => Some(server),
            Kind::Cluster(_) | Kind::Sentinel { .. } => None,
        }
    }
}

/// An address cut into its parts.
#[derive(Default)]
struct Parts<'a> {
    hosts: &'a str,
    path: &'a str,
    user: Option<String>,
    password: Option<String>,
    db: Option<i64>,
    sentinel_password: Option<String>,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Result<Self, AddressError> {
        // RFC 3986 §3.2: who and where ends at the first slash or question mark.
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, hosts) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(login, hosts)| (Some(login), hosts));
        let mut parts = Self { hosts, path, ..Self::default() };
        if let Some(login) = login {
            let (user, password) = login.split_once(':').ok_or_else(|| fault(NO_PASSWORD))?;
            parts.user = given(decode(user)?);
            parts.password = given(decode(password)?);
        }
        for field in query.split('&').filter(|field| !field.is_empty()) {
            match field.split_once('=') {
                Some(("db", db)) => parts.db = Some(number(db)?),
                Some(("sentinel_password", password)) => {
                    parts.sentinel_password = given(decode(password)?);
                }
                _ => return Err(fault("expected db or sentinel_password after the ?")),
            }
        }
        Ok(parts)
    }

    /// What the servers ask for.
    fn login(&self, db: i64) -> RedisConnectionInfo {
        let login = RedisConnectionInfo::default().set_db(db).set_lib_name("ironpost", VERSION);
        let login = match &self.user {
            Some(user) => login.set_username(user),
            None => login,
        };
        match &self.password {
            Some(password) => login.set_password(password),
            None => login,
        }
    }

    fn server(&self, tls: bool) -> Result<Kind, AddressError> {
        self.no_sentinel_password()?;
        let mut hosts = hosts(self.hosts, tls, SERVER_PORT)?;
        let db = match (self.path.trim_start_matches('/'), self.db) {
            ("", db) => db.unwrap_or_default(),
            (db, None) => number(db)?,
            (_, Some(_)) => return Err(fault("the number of the database is there twice")),
        };
        match (hosts.pop(), hosts.is_empty()) {
            (Some(host), true) => Ok(Kind::Server(info(host, self.login(db))?)),
            _ => Err(fault("several servers are redis+cluster or redis+sentinel")),
        }
    }

    fn unix(&self) -> Result<Kind, AddressError> {
        self.no_sentinel_password()?;
        if !self.hosts.is_empty() || self.path.len() < 2 {
            return Err(fault("expected an absolute path, as in redis+unix:///run/redis.sock"));
        }
        let socket = ConnectionAddr::Unix(PathBuf::from(decode(self.path)?));
        Ok(Kind::Server(info(socket, self.login(self.db.unwrap_or_default()))?))
    }

    fn cluster(&self, tls: bool) -> Result<Kind, AddressError> {
        self.no_sentinel_password()?;
        if self.db.is_some() || !self.path.trim_start_matches('/').is_empty() {
            return Err(fault("a cluster has one database, without a number"));
        }
        let hosts = hosts(self.hosts, tls, SERVER_PORT)?;
        let nodes = hosts.into_iter().map(|host| info(host, self.login(0)));
        Ok(Kind::Cluster(nodes.collect::<Result<_, _>>()?))
    }

    fn sentinel(&self, tls: bool) -> Result<Kind, AddressError> {
        let service = decode(self.path.trim_start_matches('/'))?;
        if service.is_empty() || service.contains('/') {
            return Err(fault("expected the name of the service: redis+sentinel://host/service"));
        }
        let sentinel = match &self.sentinel_password {
            Some(password) => RedisConnectionInfo::default().set_password(password),
            None => RedisConnectionInfo::default(),
        };
        let hosts = hosts(self.hosts, tls, SENTINEL_PORT)?;
        let sentinels = hosts.into_iter().map(|host| info(host, sentinel.clone()));
        Ok(Kind::Sentinel {
            sentinels: sentinels.collect::<Result<_, _>>()?,
            service,
            server: self.login(self.db.unwrap_or_default()),
            tls,
        })
    }

    fn no_sentinel_password(&self) -> Result<(), AddressError> {
        match self.sentinel_password {
            Some(_) => Err(fault("sentinel_password has a use with redis+sentinel only")),
            None => Ok(()),
        }
    }
}

fn info(host: ConnectionAddr, login: RedisConnectionInfo) -> Result<ConnectionInfo, AddressError> {
    let info = host.into_connection_info().map_err(|_| fault("expected a host"))?;
    Ok(info.set_redis_settings(login))
}

/// `host[:port]`, several of them with commas between.
fn hosts(text: &str, tls: bool, port: u16) -> Result<Vec<ConnectionAddr>, AddressError> {
    text.split(',').map(|text| host(text, tls, port)).collect()
}

fn host(text: &str, tls: bool, default: u16) -> Result<ConnectionAddr, AddressError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or_else(|| fault("a [ is not closed"))?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    if host.is_empty()
        || !host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_:%".contains(&octet))
    {
        return Err(fault("expected a host, or several with commas between"));
    }
    let no_port = || fault("expected a port of 1 to 65535 after the host");
    let port = match port {
        "" => default,
        port => port
            .strip_prefix(':')
            .and_then(|port| port.parse::<NonZeroU16>().ok())
            .ok_or_else(no_port)?
            .get(),
    };
    let host = host.to_owned();
    Ok(if tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    })
}

fn number(text: &str) -> Result<i64, AddressError> {
    let number = text.parse::<u16>().map_err(|_| fault("expected a number for the database"))?;
    Ok(number.into())
}

/// `%` and two hexadecimal digits are an octet (RFC 3986 §2.1).
fn decode(text: &str) -> Result<String, AddressError> {
    let mut octets = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    octets.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()));
        let octet = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(octet.ok_or_else(|| fault("a % is not followed by two hexadecimal digits"))?);
        octets.extend(piece.bytes().skip(2));
    }
    String::from_utf8(octets).map_err(|_| fault("what is behind the % signs is no UTF-8"))
}

fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn fault(detail: &str) -> AddressError {
    AddressError { detail: detail.to_owned() }
}

const NO_SCHEME: &str = "expected redis://, redis+unix://, redis+cluster:// or redis+sentinel://, \
                         or rediss for TLS";
const NO_PASSWORD: &str = "expected user:password or :password before the @";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const SERVER_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26_379;

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the address leads and how it logs in, in a line.
    fn read(url: &str) -> Result<String, String> {
        let address = url.parse::<Address>().map_err(|fault| fault.to_string())?;
        let login = |login: &RedisConnectionInfo| {
            let (user, password) = (login.username(), login.password());
            format!("{}:{}/{}", user.unwrap_or("-"), password.unwrap_or("-"), login.db())
        };
        let server = |info: &ConnectionInfo| {
            let tls =
                if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) { "TLS " } else { "" };
            format!("{tls}{} {}", info.addr(), login(info.redis_settings()))
        };
        let servers =
            |all: &[ConnectionInfo]| all.iter().map(server).collect::<Vec<_>>().join(", ");
        Ok(match &address.kind {
            Kind::Server(info) => server(info),
            Kind::Cluster(nodes) => format!("cluster {}", servers(nodes)),
            Kind::Sentinel { sentinels, service, server, tls } => {
                format!("{service} {} {tls} by {}", login(server), servers(sentinels))
            }
        })
    }

    #[test]
    fn addresses_of_every_kind_are_read() {
        let table = [
            ("redis://a.test", "a.test:6379 -:-/0"),
            ("redis://a.test/", "a.test:6379 -:-/0"),
            ("redis://192.0.2.1:7000/3", "192.0.2.1:7000 -:-/3"),
            ("redis://[2001:db8::1]", "2001:db8::1:6379 -:-/0"),
            ("redis://[2001:db8::1]:7000?db=4", "2001:db8::1:7000 -:-/4"),
            ("redis://:s3cret@a.test", "a.test:6379 -:s3cret/0"),
            ("redis://me:p%40%2fs%25@a.test/1", "a.test:6379 me:p@/s%/1"),
            ("redis://me:a@b:c@a.test", "a.test:6379 me:a@b:c/0"),
            ("rediss://a.test", "TLS a.test:6379 -:-/0"),
            ("redis+unix:///run/redis.sock", "/run/redis.sock -:-/0"),
            ("redis+unix://:s3cret@/run/r%20@.sock?db=2", "/run/r @.sock -:s3cret/2"),
            ("redis+cluster://a,b:7000", "cluster a:6379 -:-/0, b:7000 -:-/0"),
            ("rediss+cluster://u:p@a,[::1]", "cluster TLS a:6379 u:p/0, TLS ::1:6379 u:p/0"),
            ("redis+sentinel://a/main", "main -:-/0 false by a:26379 -:-/0"),
            (
                "rediss+sentinel://u:p@a,b:1/main?db=7&sentinel_password=q",
                "main u:p/7 true by TLS a:26379 -:q/0, TLS b:1 -:q/0",
            ),
        ];
        for (url, expected) in table {
            assert_eq!(read(url).as_deref(), Ok(expected), "{url}");
        }
    }

    /// Every address that is refused holds the word `s3cret`, and no error repeats it.
    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        let table = [
            ("s3cret", NO_SCHEME),
            ("http://:s3cret@a.test", NO_SCHEME),
            (
                "redis+magic://:s3cret@a",
                "there is no redis+magic: expected unix, cluster or sentinel",
            ),
            ("redis://s3cret@a.test", NO_PASSWORD),
            ("redis://:s3cret@", "expected a host, or several with commas between"),
            ("redis://:s3cret/x@a.test", "expected a host, or several with commas between"),
            ("redis://u:s3cret/x@a.test", "expected a port of 1 to 65535 after the host"),
            ("redis://:s3cret@a:0", "expected a port of 1 to 65535 after the host"),
            ("redis://:s3cret@a:65536", "expected a port of 1 to 65535 after the host"),
            ("redis://:s3cret@[::1", "a [ is not closed"),
            ("redis://:s3cret@[::1]7", "expected a port of 1 to 65535 after the host"),
            ("redis://:s3cret%zz@a", "a % is not followed by two hexadecimal digits"),
            ("redis://:s3cret%@a", "a % is not followed by two hexadecimal digits"),
            ("redis://:s3cret%ff@a", "what is behind the % signs is no UTF-8"),
            ("redis://:s3cret@a/x", "expected a number for the database"),
            ("redis://:s3cret@a/1?db=2", "the number of the database is there twice"),
            ("redis://:s3cret@a?x=1", "expected db or sentinel_password after the ?"),
            ("redis://:s3cret@a,b", "several servers are redis+cluster or redis+sentinel"),
            (
                "redis://a?sentinel_password=s3cret",
                "sentinel_password has a use with redis+sentinel only",
            ),
            ("rediss+unix://:s3cret@/x", "a unix socket has no TLS: write redis+unix"),
            (
                "redis+unix://:s3cret@host/x",
                "expected an absolute path, as in redis+unix:///run/redis.sock",
            ),
            ("redis+cluster://:s3cret@a/1", "a cluster has one database, without a number"),
            (
                "redis+sentinel://:s3cret@a",
                "expected the name of the service: redis+sentinel://host/service",
            ),
        ];
        for (url, expected) in table {
            assert_eq!(read(url), Err(expected.to_owned()), "{url}");
        }
    }

    #[test]
    fn a_password_does_not_print() {
        for url in [
            "redis://me:s3cret@a.test",
            "redis+unix://me:s3cret@/run/redis.sock",
            "redis+cluster://me:s3cret@a.test",
            "redis+sentinel://me:s3cret@a.test/main?sentinel_password=s3cret",
        ] {
            let shown = format!("{:?}", url.parse::<Address>().unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
