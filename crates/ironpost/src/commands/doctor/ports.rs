//! Ports: free, or ours.

use super::report::Finding;
use crate::config::hosting::settings::HostingSettings;
use crate::config::hosting::values::{Listen, Role};
use crate::outside::SystemClock;
use ironpost_net::clock::Clock;
use ironpost_store::database::Database;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

/// One finding for each place that this node listens at.
pub(super) async fn examine(
    settings: &HostingSettings,
    database: Option<&Database>,
) -> Vec<Finding> {
    let running = is_running(settings, database).await;
    let listen = &settings.listen;
    let lists = [
        (settings.does(Role::Policy), "https", &listen.https, Over::Tcp),
        (settings.does(Role::Policy), "http", &listen.http, Over::Tcp),
        (settings.does(Role::Dns), "dns", &listen.dns, Over::Udp),
        (settings.does(Role::Dns), "dns", &listen.dns, Over::Tcp),
        (true, "metrics", &listen.metrics, Over::Tcp),
    ];
    let wanted = lists.into_iter().filter(|(wanted, ..)| *wanted);
    let places =
        wanted.flat_map(|(_, key, list, over)| list.iter().map(move |at| (key, *at, over)));
    places.map(|(key, at, over)| place(key, at, over, running)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Tcp,
    Udp,
}

/// True if the database has heard from a node of this name lately.
async fn is_running(settings: &HostingSettings, database: Option<&Database>) -> bool {
    let Some(database) = database else { return false };
    let nodes = database.nodes().await.unwrap_or_default();
    let now = SystemClock.now();
    nodes.iter().any(|node| node.name == settings.node.as_str() && node.is_live(now))
}

fn place(key: &str, listen: Listen, over: Over, running: bool) -> Finding {
    let address = match listen {
        Listen::Every(port) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
        Listen::At(address) => address,
    };
    let (word, option) = match over {
        Over::Tcp => ("TCP", "-ltnp"),
        Over::Udp => ("UDP", "-lunp"),
    };
    let tried = match over {
        Over::Tcp => TcpListener::bind(address).map(drop),
        Over::Udp => UdpSocket::bind(address).map(drop),
    };
    let what = format!("{key} at {listen} over {word}");
    let port = address.port();
    match tried.map_err(|error| error.kind()) {
        Ok(()) if running && port != 0 => Finding::broken(
            PORTS,
            format!("{what}: nobody listens, although `ironpost serve` runs"),
            "it was started with another configuration, or has other roles: restart it",
        ),
        Ok(()) => Finding::sound(PORTS, format!("{what}: free")),
        Err(io::ErrorKind::AddrInUse) if running => {
            Finding::sound(PORTS, format!("{what}: taken, and `ironpost serve` runs"))
        }
        Err(io::ErrorKind::AddrInUse) => Finding::broken(
            PORTS,
            format!("{what}: another program listens there"),
            format!("`ss {option} 'sport = :{port}'` names it: end it, or name other addresses"),
        ),
        Err(io::ErrorKind::PermissionDenied) => {
            Finding::not_tested(PORTS, format!("{what}: this takes a right; try it as root"))
        }
        Err(io::ErrorKind::AddrNotAvailable) => Finding::broken(
            PORTS,
            format!("{what}: this host has no such address"),
            "name one that it has: behind a translated address the inner one",
        ),
        Err(kind) => Finding::broken(PORTS, format!("{what}: {kind}"), "see the system's log"),
    }
}

const PORTS: &str = "ports";
