//! A small ACME CA (RFC 8555, RFC 8737, RFC 9773) that proves names for real, issues from the lab's
//! authority, and fails on command.

mod desk;
mod fault;
mod http;
mod issue;
mod jws;
mod ledger;
mod prove;
mod server;

pub use fault::{AcmeFault, Outage, RetryAfter};
pub use ledger::OrderSeen;

use crate::certificates::Authority;
use crate::error::LabError;
use desk::Desk;
use jiff::Timestamp;
use ledger::Ledger;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What kind of CA is wanted.
#[derive(Clone)]
pub struct AcmeCaOptions {
    /// Where it listens; port 0 for a free one.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Where names lead to.
    pub names: Names,
    /// The port of HTTP-01.
    pub http_port: u16,
    /// The port of TLS-ALPN-01.
    pub tls_port: u16,
    /// How long certificates are valid.
    pub lifetime: Duration,
    /// Whether it says when to renew (RFC 9773).
    pub renewal_info: bool,
    /// Whether terms of service have to be agreed to.
    pub terms: bool,
    /// Whether an order for what is ordered already is that order.
    pub gives_pending_orders_again: bool,
    /// Accounts that have to be bound to; empty: anybody may have one.
    pub bindings: Vec<Binding>,
}

/// Where names lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// All to one address; there are no TXT records.
    At(IpAddr),
    /// Where this resolver says.
    Asked(SocketAddr),
}

/// A key for external account binding (RFC 8555 §7.3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its name.
    pub kid: String,
    /// The key of the HMAC.
    pub key: Vec<u8>,
}

impl Default for AcmeCaOptions {
    /// At a free port of the lab's address for CAs, by the system's clock, certificates of 90 days.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((CA, 0)),
            clock: Arc::new(Timestamp::now),
            names: Names::At(Ipv4Addr::LOCALHOST.into()),
            http_port: 80,
            tls_port: 443,
            lifetime: Duration::from_hours(90 * 24),
            renewal_info: true,
            terms: true,
            gives_pending_orders_again: true,
            bindings: Vec::new(),
        }
    }
}

impl fmt::Debug for AcmeCaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeCaOptions").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// A running CA. Dropping it stops it.
#[derive(Debug)]
pub struct AcmeCa {
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

impl AcmeCa {
    /// Starts it, with an authority of its own.
    pub async fn start(options: AcmeCaOptions) -> Result<Self, LabError> {
        let authority = Arc::new(Authority::new((options.clock)())?);
        Self::start_with(options, authority).await
    }

    /// Starts it, issuing from the lab's authority.
    pub(crate) async fn start_with(
        options: AcmeCaOptions,
        authority: Arc<Authority>,
    ) -> Result<Self, LabError> {
        let (listener, tls) = server::open(&options, &authority).await?;
        let address = listener.local_addr().map_err(|source| LabError::Listen {
            address: options.listen.ip(),
            port: options.listen.port(),
            source,
        })?;
        let desk = Arc::new(Desk::new(options, address, authority));
        let server = tokio::spawn(server::serve(listener, tls, Arc::clone(&desk)));
        Ok(Self { desk, server })
    }

    /// The URL of its directory.
    pub fn directory(&self) -> String {
        self.desk.url("directory")
    }

    /// Whom to trust: its own HTTPS, and what it issues.
    pub fn roots_pem(&self) -> String {
        self.desk.authority.root_pem()
    }

    /// Does something wrong, the next time that it can.
    pub fn script(&self, fault: AcmeFault) {
        self.desk.with(|ledger| ledger.faults.push(fault));
    }

    /// Is away from now on, or back.
    pub fn outage(&self, outage: Option<Outage>) {
        self.desk.outage.send_replace(outage);
    }

    /// Says from now on that certificates are to be renewed within this window, and why.
    pub fn suggest(&self, window: (Timestamp, Timestamp), explanation: Option<&str>) {
        let suggestion = (window, explanation.map(str::to_owned));
        self.desk.with(|ledger| ledger.suggestion = Some(suggestion));
    }

    /// Forgets every account, as a CA does that was set up anew.
    pub fn forget_accounts(&self) {
        self.desk.with(|ledger| ledger.accounts.clear());
    }

    /// Every order that was placed, oldest first.
    pub fn orders(&self) -> Vec<OrderSeen> {
        self.desk.with(Ledger::seen)
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.desk.with(|ledger| ledger.accounts.len())
    }

    /// The identifiers of certificates (RFC 9773 §4.1) that others have replaced.
    pub fn replaced(&self) -> Vec<String> {
        self.desk.with(|ledger| ledger.replaced.clone())
    }

    /// What it was asked, such as `POST /order`, oldest first; not while it is away.
    pub fn requests(&self) -> Vec<String> {
        self.desk.with(|ledger| ledger.requests.clone())
    }
}

impl Drop for AcmeCa {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Where the lab's CA lives.
const CA: Ipv4Addr = Ipv4Addr::new(127, 53, 0, 80);
