//! The policy host: `https://mta-sts.<domain>/.well-known/mta-sts.txt` and nothing else, and the
//! answers to HTTP-01 on port 80.

use crate::fetch_log::FetchLog;
use crate::served::Served;
use ipnet::IpNet;
use ironpost_net::clock::Clock;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a policy host needs.
#[derive(Debug, Clone)]
pub struct PolicyHost {
    /// From what it answers.
    pub served: Served,
    /// Where it writes who fetched what.
    pub log: FetchLog,
    /// Proxies whose PROXY protocol v2 header is believed, and required.
    pub proxies: Vec<IpNet>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl PolicyHost {
    /// Serves HTTPS until `end`; then finishes what is under way and returns.
    pub async fn serve_https(self, listener: TcpListener, end: CancellationToken) {
        let _ = (listener, end);
        todo!("policy host")
    }

    /// Serves the answers of HTTP-01 until `end`.
    pub async fn serve_http(self, listener: TcpListener, end: CancellationToken) {
        let _ = (listener, end);
        todo!("policy host")
    }
}
