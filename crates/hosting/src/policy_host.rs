//! The policy host: `https://mta-sts.<domain>/.well-known/mta-sts.txt` and nothing else, and the
//! answers to HTTP-01 on port 80.
//!
//! | on | request | reply |
//! | --- | --- | --- |
//! | 443 | a TLS client hello for a name that is not hosted | an alert, before anything is calculated |
//! | 443 | one that offers `acme-tls/1` alone | the certificate of TLS-ALPN-01, and the end |
//! | 443 | `GET /.well-known/mta-sts.txt` | 200 and the policy; 404 if none is shown |
//! | 80 | `GET /.well-known/acme-challenge/TOKEN` | 200 and the key authorization |
//! | both | another path | 404; another method, 405; another host, 421; no host at all, 400 |
//!
//! Nobody is redirected (RFC 8461 §3.3: a sender must not follow), and no session is resumed: a
//! sender comes once in a while, and each time it is to see the certificate of that day.

mod accept;
mod answer;
mod authority;
mod connection;
mod conversation;
mod counts;
mod courteous;
mod crowd;
mod handshake;
mod hello;
mod identities;
mod limits;

pub use counts::{Counts, Event};
pub use limits::Limits;

use crate::fetch_log::FetchLog;
use crate::served::Served;
use connection::{Door, enter_http, enter_https};
use crowd::Crowd;
use handshake::Handshakes;
use ipnet::IpNet;
use ironpost_net::clock::Clock;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A policy host. Cheap to clone; all clones share limits and counts.
#[derive(Debug, Clone)]
pub struct PolicyHost {
    door: Arc<Door>,
    handshakes: Arc<Handshakes>,
}

/// Why there can be no policy host.
#[derive(Debug, thiserror::Error)]
pub enum PolicyHostError {
    /// The TLS library refuses our settings.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl PolicyHost {
    /// A host that answers from `served` and writes down in `log` who fetched what, at the time of
    /// `clock`. The PROXY protocol v2 header of `proxies` is believed, and required.
    pub fn new(
        served: Served,
        log: FetchLog,
        clock: Arc<dyn Clock>,
        proxies: Vec<IpNet>,
        limits: Limits,
    ) -> Result<Self, PolicyHostError> {
        let handshakes = Handshakes::new(served.clone(), limits.unpacked_certificates)?;
        let crowd = Crowd::new(&limits);
        let door = Door { served, log, clock, proxies, limits, crowd, counts: Arc::default() };
        Ok(Self { door: Arc::new(door), handshakes: Arc::new(handshakes) })
    }

    /// Serves HTTPS until `end`; then finishes what is under way and returns.
    pub async fn serve_https(self, listener: TcpListener, end: CancellationToken) {
        let handshakes = self.handshakes;
        let enter = |guest| enter_https(guest, Arc::clone(&handshakes));
        accept::serve_each(listener, &self.door, &end, enter).await;
    }

    /// Serves the answers of HTTP-01 until `end`; then finishes what is under way and returns.
    pub async fn serve_http(self, listener: TcpListener, end: CancellationToken) {
        accept::serve_each(listener, &self.door, &end, enter_http).await;
    }

    /// What has happened so far.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.door.counts)
    }

    /// Connections that are open now.
    pub fn connections(&self) -> usize {
        self.door.crowd.len()
    }
}
