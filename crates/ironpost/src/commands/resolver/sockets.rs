//! The sockets a resolver listens on: bound here, or handed over by the service manager
//! (sd_listen_fds(3)).

use crate::config::resolver::values::Group;
use crate::config::resolver::{AdminSocket, Plan};
use crate::daemon::handed::Handed;
use crate::failure::Failure;
use ironpost_proto::visible::Visible;
use ironpost_resolver::server::listen::{self, Access, Address, Listener};
use std::path::Path;
use std::{fs, io};

/// Sockets by what is spoken on them.
#[derive(Debug)]
pub(super) struct Sockets<T> {
    /// socketmap.
    pub(super) lookup: Vec<T>,
    /// tcp_table.
    pub(super) tcp_table: Vec<T>,
    /// HTTP.
    pub(super) http: Vec<T>,
    /// Administration.
    pub(super) admin: Vec<T>,
}

impl<T> Default for Sockets<T> {
    fn default() -> Self {
        Self { lookup: Vec::new(), tcp_table: Vec::new(), http: Vec::new(), admin: Vec::new() }
    }
}

impl Sockets<Handed> {
    /// Takes what was handed over, by name: `lookup`, `tcp-table`, `http`, `admin`. Changes the
    /// environment, so there must be no other thread yet.
    pub(super) fn take() -> Result<Self, Failure> {
        let mut sockets = Self::default();
        for (name, socket) in Handed::take()? {
            sockets.of_name(&name)?.push(socket);
        }
        Ok(sockets)
    }

    /// A socket without a name of its own carries that of its unit (systemd.socket(5)).
    fn of_name(&mut self, name: &str) -> Result<&mut Vec<Handed>, Failure> {
        let unit = Path::new(name).extension().is_some_and(|extension| extension == "socket");
        match name {
            "lookup" | "unknown" | "" => Ok(&mut self.lookup),
            _ if unit => Ok(&mut self.lookup),
            "tcp-table" => Ok(&mut self.tcp_table),
            "http" => Ok(&mut self.http),
            "admin" => Ok(&mut self.admin),
            _ => Err(Failure::message(format!(
                "a socket of the service manager is named {}; the names are lookup, tcp-table, \
                 http and admin (FileDescriptorName= in the socket unit)",
                Visible::excerpt(name.as_bytes(), MAX_SHOWN)
            ))),
        }
    }
}

impl Sockets<Listener> {
    /// Binds what the plan names; where sockets were handed over for a purpose they are taken
    /// instead.
    pub(super) fn open(plan: &Plan, handed: Sockets<Handed>) -> Result<Self, Failure> {
        let group = plan.socket_group.as_ref().map(number).transpose()?;
        let access = Access { mode: plan.socket_mode, group };
        let sockets = Self {
            lookup: either(handed.lookup, &plan.listen, &access)?,
            tcp_table: either(handed.tcp_table, &plan.tcp_table, &access)?,
            http: either(handed.http, &plan.http, &access)?,
            admin: admin(handed.admin, &plan.admin)?,
        };
        let Self { lookup, tcp_table, http, admin: _ } = &sockets;
        if lookup.is_empty() && tcp_table.is_empty() && http.is_empty() {
            return Err(Failure::message(
                "there is nothing to listen on: name an address with --listen",
            ));
        }
        Ok(sockets)
    }
}

fn either(
    handed: Vec<Handed>,
    addresses: &[Address],
    access: &Access,
) -> Result<Vec<Listener>, Failure> {
    if handed.is_empty() {
        return addresses.iter().map(|address| bind(address, access)).collect();
    }
    adopt(handed)
}

fn adopt(handed: Vec<Handed>) -> Result<Vec<Listener>, Failure> {
    let adopted = handed.into_iter().map(|socket| match socket {
        Handed::Tcp(socket) => tokio::net::TcpListener::from_std(socket).map(Listener::Inet),
        Handed::Udp(_) => Err(io::Error::other("a socket of the service manager is for UDP")),
        Handed::Unix(socket) => {
            // Its path belongs to the service manager.
            tokio::net::UnixListener::from_std(socket).map(|socket| Listener::Unix(socket, None))
        }
    });
    adopted.collect::<io::Result<_>>().map_err(Failure::usage)
}

fn bind(address: &Address, access: &Access) -> Result<Listener, Failure> {
    if let Address::Inet(inet) = address
        && !inet.ip().to_canonical().is_loopback()
    {
        tracing::warn!(
            "{inet} is not a loopback address: whoever reaches it can ask, and have names looked \
             up and policies fetched; let a firewall decide who that is"
        );
    }
    listen::bind(address, access).map_err(|error| {
        let context = format!("cannot listen on {}", shown(address));
        Failure::usage(anyhow::Error::new(error).context(context))
    })
}

/// Administration is for the resolver's own user. Where nobody has named its socket, a resolver
/// that cannot have it goes on without.
fn admin(handed: Vec<Handed>, planned: &AdminSocket) -> Result<Vec<Listener>, Failure> {
    if !handed.is_empty() {
        return adopt(handed);
    }
    let access = Access { mode: ADMIN_MODE, group: None };
    match planned {
        AdminSocket::Named(path) => {
            bind(&Address::Unix(path.clone()), &access).map(|listener| vec![listener])
        }
        AdminSocket::Usual(path) => match listen::bind(&Address::Unix(path.clone()), &access) {
            Ok(listener) => Ok(vec![listener]),
            Err(error) => {
                tracing::warn!(
                    "no administration: cannot listen on {}: {error}; name another socket with \
                     --admin-socket",
                    path.display()
                );
                Ok(Vec::new())
            }
        },
        AdminSocket::Nowhere => {
            tracing::warn!("no administration: name a socket with --admin-socket");
            Ok(Vec::new())
        }
    }
}

/// An address as it is written.
fn shown(address: &Address) -> String {
    match address {
        Address::Inet(address) => format!("inet:{address}"),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// The number of a group: group(5).
fn number(group: &Group) -> Result<u32, Failure> {
    let Group(name) = group;
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let path = Path::new("/etc/group");
    let groups = fs::read_to_string(path).map_err(|error| Failure::reading(path, error))?;
    number_in(&groups, name).ok_or_else(|| {
        let name = Visible::excerpt(name.as_bytes(), MAX_SHOWN);
        Failure::message(format!("socket_group: /etc/group has no group {name}"))
    })
}

fn number_in(groups: &str, name: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

/// For its owner alone.
const ADMIN_MODE: u32 = 0o600;
/// Characters of a name that are repeated.
const MAX_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_numbers() {
        let groups = "root:x:0:\npostfix:x:114:\nodd\nbad:x:y:\n";
        assert_eq!(number_in(groups, "postfix"), Some(114));
        assert_eq!(number_in(groups, "bad"), None);
        assert_eq!(number_in(groups, "nobody"), None);
        assert_eq!(number(&Group("42".into())).unwrap(), 42);
    }

    #[test]
    fn handed_sockets_go_by_their_name() {
        let mut sockets = Sockets::<Handed>::default();
        for name in ["lookup", "tcp-table", "http", "admin", "ironpost-resolver.socket", ""] {
            assert!(sockets.of_name(name).is_ok(), "{name}");
        }
        let Err(Failure::Usage(error)) = sockets.of_name("smtp\u{1b}") else { panic!() };
        assert!(error.to_string().contains("smtp\\x1b"), "{error}");
    }
}
