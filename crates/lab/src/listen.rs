//! Finding ports that are free on every address, and listening there.

use crate::address;
use crate::error::LabError;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

/// The ports of a lab. All servers of one kind share one, told apart by their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabPorts {
    /// Resolver and authoritative servers, UDP and TCP.
    pub dns: u16,
    /// Policy hosts.
    pub https: u16,
    /// MX hosts.
    pub smtp: u16,
}

/// A name server's two sockets.
#[derive(Debug)]
pub(crate) struct DnsSockets {
    pub(crate) address: Ipv4Addr,
    pub(crate) udp: UdpSocket,
    pub(crate) tcp: TcpListener,
}

/// Where everybody listens.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) ports: LabPorts,
    pub(crate) dns: Vec<DnsSockets>,
    /// In the order of the addresses asked for.
    pub(crate) https: Vec<TcpListener>,
    /// In the order of the addresses asked for.
    pub(crate) smtp: Vec<TcpListener>,
    /// What keeps ports that were found from being found by another lab, while this one has nobody
    /// listen there.
    pub(crate) held: Vec<TcpSocket>,
}

impl Sockets {
    /// Listens at every address; on `ports`, or on the first ones found free.
    pub(crate) async fn open(
        ports: Option<LabPorts>,
        dns: &[Ipv4Addr],
        https: &[Ipv4Addr],
        smtp: &[Ipv4Addr],
    ) -> Result<Self, LabError> {
        let found = ports.is_none();
        let (dns_port, (dns, dns_held)) =
            open_all("DNS", ports.map(|p| p.dns), DNS_PORTS, async |port| {
                let held = hold(found, port)?;
                Ok((open_dns(dns, port).await?, held))
            })
            .await?;
        let (https_port, (https, https_held)) =
            open_all("HTTPS", ports.map(|p| p.https), HTTPS_PORTS, async |port| {
                let held = hold(found, port)?;
                Ok((open_tcp(https, port)?, held))
            })
            .await?;
        let (smtp_port, (smtp, smtp_held)) =
            open_all("SMTP", ports.map(|p| p.smtp), SMTP_PORTS, async |port| {
                let held = hold(found, port)?;
                Ok((open_tcp(smtp, port)?, held))
            })
            .await?;
        let held = [dns_held, https_held, smtp_held].into_iter().flatten().collect();
        let ports = LabPorts { dns: dns_port, https: https_port, smtp: smtp_port };
        Ok(Self { ports, dns, https, smtp, held })
    }
}

/// Tries one port after the other, or the one asked for.
async fn open_all<T>(
    service: &'static str,
    wanted: Option<u16>,
    candidates: RangeInclusive<u16>,
    open: impl AsyncFn(u16) -> Result<T, (Ipv4Addr, io::Error)>,
) -> Result<(u16, T), LabError> {
    let (first, last) = match wanted {
        Some(port) => (port, port),
        None => candidates.into_inner(),
    };
    for port in first..=last {
        match open(port).await {
            Ok(sockets) => return Ok((port, sockets)),
            Err((_, busy)) if busy.kind() == io::ErrorKind::AddrInUse && wanted.is_none() => {}
            Err((address, source)) => {
                return Err(LabError::Listen { address: address.into(), port, source });
            }
        }
    }
    Err(LabError::NoPort { service, first, last })
}

async fn open_dns(
    addresses: &[Ipv4Addr],
    port: u16,
) -> Result<Vec<DnsSockets>, (Ipv4Addr, io::Error)> {
    let mut sockets = Vec::with_capacity(addresses.len());
    for address in addresses {
        let failed = |error| (*address, error);
        let udp = UdpSocket::bind(SocketAddr::from((*address, port))).await.map_err(failed)?;
        let tcp = listen(*address, port).map_err(failed)?;
        sockets.push(DnsSockets { address: *address, udp, tcp });
    }
    Ok(sockets)
}

fn open_tcp(addresses: &[Ipv4Addr], port: u16) -> Result<Vec<TcpListener>, (Ipv4Addr, io::Error)> {
    addresses
        .iter()
        .map(|address| listen(*address, port).map_err(|error| (*address, error)))
        .collect()
}

/// Keeps a port that was found.
fn hold(found: bool, port: u16) -> Result<Option<TcpSocket>, (Ipv4Addr, io::Error)> {
    let bind = || {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((address::HOLDER, port)))?;
        Ok(socket)
    };
    if !found {
        return Ok(None);
    }
    bind().map(Some).map_err(|error| (address::HOLDER, error))
}

fn listen(address: Ipv4Addr, port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // Connections of a lab that has just stopped may still be closing; a listener still in use
    // is refused all the same.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((address, port)))?;
    socket.listen(BACKLOG)
}

const DNS_PORTS: RangeInclusive<u16> = 5353..=5852;
const HTTPS_PORTS: RangeInclusive<u16> = 8443..=8942;
const SMTP_PORTS: RangeInclusive<u16> = 2525..=3024;

/// A burst of probes must not be refused.
const BACKLOG: u32 = 4096;
