//! The sockets a node listens on: bound here, or handed over by the service manager
//! (sd_listen_fds(3)).

use crate::config::hosting::settings::{HostingSettings, Sockets};
use crate::config::hosting::values::{Listen, Role};
use crate::daemon::handed::Handed;
use crate::failure::Failure;
use ironpost_hosting::authdns::{bind_tcp, bind_udp};
use ironpost_proto::visible::Visible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::available_parallelism;
use tokio::net::{TcpListener, UdpSocket};

/// A socket that is ready to be served on.
#[derive(Debug)]
pub(super) enum Bound {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

impl Sockets<Handed> {
    /// Takes what was handed over, by name: `https`, `http`, `dns` (UDP and TCP), `metrics`.
    /// Changes the environment, so there must be no other thread yet.
    pub(super) fn take() -> Result<Self, Failure> {
        let mut sockets =
            Self { https: Vec::new(), http: Vec::new(), dns: Vec::new(), metrics: Vec::new() };
        for (name, socket) in Handed::take()? {
            let is_udp = matches!(socket, Handed::Udp(_));
            let (place, takes_udp) = match &*name {
                "https" => (&mut sockets.https, false),
                "http" => (&mut sockets.http, false),
                "dns" => (&mut sockets.dns, true),
                "metrics" => (&mut sockets.metrics, false),
                other => return Err(unknown(other)),
            };
            if is_udp && !takes_udp || matches!(socket, Handed::Unix(_)) {
                return Err(Failure::message(format!(
                    "the socket of the service manager named {name} is of another kind: it takes \
                     ListenStream= with an address{}",
                    if takes_udp { ", and ListenDatagram= with the same" } else { "" }
                )));
            }
            place.push(socket);
        }
        Ok(sockets)
    }
}

impl Sockets<Bound> {
    /// Binds what the settings name, for the roles of this node; where sockets were handed over for
    /// a purpose they are taken instead.
    pub(super) fn open(
        settings: &HostingSettings,
        handed: Sockets<Handed>,
    ) -> Result<Self, Failure> {
        let listen = &settings.listen;
        let policy = settings.does(Role::Policy);
        Ok(Self {
            https: tcp("https", policy, handed.https, &listen.https)?,
            http: tcp("http", policy, handed.http, &listen.http)?,
            dns: dns(settings.does(Role::Dns), handed.dns, &listen.dns)?,
            metrics: tcp("metrics", true, handed.metrics, &listen.metrics)?,
        })
    }
}

/// The sockets of one purpose, `key` in `[serve]`.
fn tcp(
    key: &'static str,
    wanted: bool,
    handed: Vec<Handed>,
    listen: &[Listen],
) -> Result<Vec<Bound>, Failure> {
    if !wanted {
        return Ok(not_wanted(key, &handed));
    }
    if !handed.is_empty() {
        return adopt(handed);
    }
    each(listen, |address| Ok(vec![Bound::Tcp(bind_tcp(address)?)]), (key, "TCP"))
}

/// DNS is answered over UDP and TCP on the same addresses (RFC 7766 §5).
fn dns(wanted: bool, handed: Vec<Handed>, listen: &[Listen]) -> Result<Vec<Bound>, Failure> {
    if !wanted {
        return Ok(not_wanted("dns", &handed));
    }
    if !handed.is_empty() {
        for (kind, over, is_there) in [
            ("ListenDatagram", "UDP", handed.iter().any(|s| matches!(s, Handed::Udp(_)))),
            ("ListenStream", "TCP", handed.iter().any(|s| matches!(s, Handed::Tcp(_)))),
        ] {
            if !is_there {
                return Err(Failure::message(format!(
                    "the service manager has handed over no socket named dns for {over}: add \
                     {kind}= to the socket unit, DNS is answered over both"
                )));
            }
        }
        return adopt(handed);
    }
    each(listen, bind_dns, ("dns", "UDP and TCP"))
}

/// One address, over both. Where the system is to choose the port, it may choose one for TCP that
/// somebody has over UDP: then another.
fn bind_dns(address: SocketAddr) -> io::Result<Vec<Bound>> {
    let count = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut left = if address.port() == 0 { CHOICES } else { 1 };
    loop {
        let tcp = bind_tcp(address)?;
        left -= 1;
        match bind_udp(tcp.local_addr()?, count) {
            Ok(udp) => {
                let udp = udp.into_iter().map(Bound::Udp);
                return Ok(std::iter::once(Bound::Tcp(tcp)).chain(udp).collect());
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && left > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

impl Bound {
    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(socket) => socket.local_addr().ok(),
            Self::Udp(socket) => socket.local_addr().ok(),
        }
    }
}

/// What the service manager holds open for a role that this node does not have: its clients would
/// wait for ever.
fn not_wanted(key: &str, handed: &[Handed]) -> Vec<Bound> {
    if !handed.is_empty() {
        tracing::warn!(
            "the service manager listens for {key}, which is none of the roles of this node: \
             disable that socket"
        );
    }
    Vec::new()
}

fn adopt(handed: Vec<Handed>) -> Result<Vec<Bound>, Failure> {
    let adopted = handed.into_iter().map(|socket| match socket {
        Handed::Tcp(socket) => TcpListener::from_std(socket).map(Bound::Tcp),
        Handed::Udp(socket) => UdpSocket::from_std(socket).map(Bound::Udp),
        Handed::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    });
    adopted.collect::<io::Result<_>>().map_err(Failure::usage)
}

fn each(
    listen: &[Listen],
    bind: impl Fn(SocketAddr) -> io::Result<Vec<Bound>>,
    what: (&'static str, &'static str),
) -> Result<Vec<Bound>, Failure> {
    let mut bound = Vec::new();
    for listen in listen {
        match *listen {
            Listen::At(address) => {
                bound
                    .extend(bind(address).map_err(|error| cannot(&error, address, *listen, what))?);
            }
            Listen::Every(port) => {
                let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
                let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
                bound.extend(bind(v4).map_err(|error| cannot(&error, v4, *listen, what))?);
                match bind(v6) {
                    Ok(sockets) => bound.extend(sockets),
                    Err(error) if has_no_ipv6(&error) => {
                        tracing::debug!("this host has no IPv6: {} listens on IPv4 alone", what.0);
                    }
                    Err(error) => return Err(cannot(&error, v6, *listen, what)),
                }
            }
        }
    }
    Ok(bound)
}

fn has_no_ipv6(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// What keeps a node from listening, and the way out.
fn cannot(
    error: &io::Error,
    address: SocketAddr,
    listen: Listen,
    (key, over): (&'static str, &'static str),
) -> Failure {
    let port = address.port();
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => {
            let resolver = match (key, listen) {
                ("dns", Listen::Every(_)) => {
                    "; a resolver of this host, such as systemd-resolved, is in the way of every \
                     address: name those of this host, like dns = [\"192.0.2.1:53\"]"
                }
                _ => "",
            };
            format!(
                "another program listens there, which `ss -tulnp 'sport = :{port}'` \
                 names{resolver}"
            )
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 take a right that this process does \
             not have: let the service manager listen (packaging/systemd/ironpost-serve-*.socket) or \
             give the right (AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, as \
             packaging/systemd/ironpost-serve.service does), or run `setcap \
             cap_net_bind_service=+ep` on the program, or name another port behind one that is \
             forwarded"
            .to_owned(),
        io::ErrorKind::AddrNotAvailable => {
            "this host has no such address: behind a translated one, name the inner".to_owned()
        }
        _ => error.to_string(),
    };
    Failure::message(format!("cannot listen on {address} over {over} ({key} in [serve]): {why}"))
}

fn unknown(name: &str) -> Failure {
    let unit = Path::new(name).extension().is_some_and(|extension| extension == "socket");
    let hint = if unit || name == "unknown" || name.is_empty() {
        "a socket of the service manager has no name"
    } else {
        "a socket of the service manager has a name that is none of ours"
    };
    Failure::message(format!(
        "{hint} ({}): FileDescriptorName= in its unit has to be https, http, dns or metrics",
        Visible::excerpt(name.as_bytes(), MAX_SHOWN)
    ))
}

/// Attempts at a port that is free over UDP and TCP.
const CHOICES: u32 = 32;
/// Characters of a name that are repeated.
const MAX_SHOWN: usize = 60;
