//! Is port 25 open from here? Many networks block it, and then no MX can be judged.

use super::{Canary, Network};
use crate::evidence::{Egress, Host};
use ironpost_net::smtp::{ProbeFailure, SmtpProber};
use ironpost_proto::domain::DnsName;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

/// What is known of port 25 in this run.
#[derive(Debug)]
pub(super) struct EgressTest {
    /// Some MX or canary was connected to.
    connected: AtomicBool,
    /// Whether any canary greeted; `None` inside if none had an address.
    canaries_greet: OnceCell<Option<bool>>,
    canaries: Vec<Canary>,
    /// The canaries were named by the user.
    by_hand: bool,
    port: u16,
}

impl EgressTest {
    pub(super) fn new(canaries: Option<Vec<Canary>>, port: u16) -> Self {
        let by_hand = canaries.is_some();
        let canaries = canaries.unwrap_or_else(|| {
            PROVIDERS.iter().map(|host| Canary { host: (*host).to_owned(), port: None }).collect()
        });
        Self {
            connected: AtomicBool::new(false),
            canaries_greet: OnceCell::new(),
            canaries,
            by_hand,
            port,
        }
    }

    /// Notes that a connection to an MX could be had.
    pub(super) fn connected(&self) {
        self.connected.store(true, Ordering::Relaxed);
    }

    /// Whether the failures of these hosts can be held against them, as far as it can be told by
    /// `deadline`.
    pub(super) async fn judge(
        &self,
        network: &Network,
        hosts: &[Host],
        deadline: Instant,
    ) -> Egress {
        let failures: Vec<_> = hosts
            .iter()
            .flat_map(|host| &host.seen.probes)
            .filter(|probe| {
                !matches!(
                    probe.failure,
                    Some(ProbeFailure::Forbidden(_) | ProbeFailure::Unroutable)
                )
            })
            .collect();
        let any_connected = failures.iter().any(|probe| probe.connected_after.is_some());
        if failures.is_empty() || any_connected || self.connected.load(Ordering::Relaxed) {
            return Egress::Open;
        }
        // No provider's port 25 filter stands before addresses of one's own network.
        let local = failures.iter().all(|p| network.guard.is_allowed_by_hand(p.address.ip()));
        if local && !self.by_hand {
            return Egress::Open;
        }
        let asked = self.canaries_greet.get_or_init(|| self.ask_canaries(network));
        match timeout_at(deadline, asked).await.ok().copied().flatten() {
            Some(true) => Egress::Open,
            Some(false) => Egress::Blocked,
            // A refusal comes from the host itself or right before it.
            None if failures.iter().all(|p| p.failure == Some(ProbeFailure::Refused)) => {
                Egress::Open
            }
            None => Egress::Unknown,
        }
    }

    async fn ask_canaries(&self, network: &Network) -> Option<bool> {
        let asked = self.canaries.iter().map(|canary| async move {
            let address = resolve(network, &canary.host).await?;
            let at = SocketAddr::new(address, canary.port.unwrap_or(self.port));
            let client = SmtpProber { deadline: CANARY_DEADLINE, ..network.prober.clone() };
            Some(client.greets(at).await)
        });
        let answers: Vec<bool> =
            futures_util::future::join_all(asked).await.into_iter().flatten().collect();
        let greeted = answers.contains(&true);
        if greeted {
            self.connected();
        }
        (!answers.is_empty()).then_some(greeted)
    }
}

async fn resolve(network: &Network, host: &str) -> Option<IpAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let name: DnsName = host.parse().ok()?;
    network.resolver.unvalidated().ipv4(&name).await.ok()?.records().first().copied()
}

/// Mail providers whose port 25 is open to everyone.
const PROVIDERS: &[&str] = &[
    "gmail-smtp-in.l.google.com",
    "outlook-com.olc.protection.outlook.com",
    "mx01.mail.icloud.com",
    "mx-eu.mail.am0.yahoodns.net",
];
/// Total time for one canary: what a domain has left when no connection to its MX could be had.
const CANARY_DEADLINE: Duration = Duration::from_secs(8);
