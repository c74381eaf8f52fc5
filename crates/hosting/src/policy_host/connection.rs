//! A connection, from its first octet to its end.

use super::Limits;
use super::accept::Guest;
use super::conversation::{Conversation, Speaking, converse};
use super::counts::{Counts, Event};
use super::courteous::Courteous;
use super::crowd::{Crowd, Member};
use super::handshake::{Handshakes, Https, Shaken};
use crate::fetch_log::FetchLog;
use crate::served::Served;
use ipnet::IpNet;
use ironpost_net::clock::Clock;
use ironpost_proto::proxy_protocol::{Header, HeaderError, START, Start};
use rustls::ProtocolVersion;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) served: Served,
    pub(super) log: FetchLog,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) proxies: Vec<IpNet>,
    pub(super) limits: Limits,
    pub(super) crowd: Crowd,
    pub(super) counts: Arc<Counts>,
}

impl Door {
    /// Who is at the other end, and that they may come in.
    async fn identify(
        &self,
        stream: &mut TcpStream,
        peer: SocketAddr,
        deadline: Instant,
    ) -> Option<(IpAddr, Member<'_>)> {
        let peer = peer.ip().to_canonical();
        let client = if self.proxies.iter().any(|network| network.contains(&peer)) {
            match timeout_at(deadline, introduced(stream)).await {
                Ok(Ok(client)) => client.map_or(peer, |client| client.ip().to_canonical()),
                Ok(Err(error)) => {
                    tracing::debug!("the proxy {peer} introduces nobody: {error}");
                    self.counts.add(Event::BadProxyHeader);
                    return None;
                }
                Err(_) => {
                    self.counts.add(Event::SlowHandshake);
                    return None;
                }
            }
        } else {
            peer
        };
        let member = self.crowd.join(client);
        if member.is_none() {
            self.counts.add(Event::ClientOverLimit);
        }
        Some((client, member?))
    }
}

/// Serves HTTPS.
///
/// Handshake and conversation are boxed: a task is moved several times before it runs, and is never
/// smaller than what it needs most.
pub(super) async fn enter_https(guest: Guest, handshakes: Arc<Handshakes>) {
    let Guest { mut stream, peer, end, door } = guest;
    let deadline = Instant::now() + door.limits.handshake;
    let Some((client, _member)) = door.identify(&mut stream, peer, deadline).await else { return };
    let https = match timeout_at(deadline, Box::pin(handshakes.shake(stream))).await {
        Ok(Ok(Shaken::Https(https))) => https,
        Ok(Ok(Shaken::Validated)) => return door.counts.add(Event::AlpnChallenge),
        Ok(Err(error)) => {
            tracing::debug!("no handshake with {client}: {error}");
            return door.counts.add(error.event());
        }
        Err(_) => return door.counts.add(Event::SlowHandshake),
    };
    let Https { stream, name, version, speaking } = *https;
    door.counts.add(if version == Some(ProtocolVersion::TLSv1_2) {
        Event::Tls12
    } else {
        Event::Tls13
    });
    let conversation = Conversation::new(Arc::clone(&door), client, Some(name), end);
    Box::pin(converse(Courteous(stream), speaking, conversation)).await;
}

/// Serves HTTP.
pub(super) async fn enter_http(guest: Guest) {
    let Guest { mut stream, peer, end, door } = guest;
    let deadline = Instant::now() + door.limits.handshake;
    let Some((client, _member)) = door.identify(&mut stream, peer, deadline).await else { return };
    let conversation = Conversation::new(Arc::clone(&door), client, None, end);
    Box::pin(converse(stream, Speaking::Http1, conversation)).await;
}

/// What a proxy says of its client; none if it speaks for itself or for nobody with an address.
async fn introduced(stream: &mut TcpStream) -> Result<Option<SocketAddr>, IntroductionError> {
    let mut octets = [0; START];
    stream.read_exact(&mut octets).await?;
    let start = Start::parse(&octets)?;
    let mut rest = vec![0; start.rest()];
    stream.read_exact(&mut rest).await?;
    Ok(match start.finish(&rest)? {
        Header::Client { source, .. } => Some(source),
        Header::Local | Header::Unknown => None,
    })
}

#[derive(Debug, thiserror::Error)]
enum IntroductionError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Read(#[from] io::Error),
}
