//! Where DNSSEC status comes from, and whom to ask for that.

use super::Dnssec;
use crate::dns::exchange::{Deadline, Exchange};
use crate::dns::question::{Asking, Question};
use domain::base::iana::OptRcode;
use domain::base::{Name, Rtype};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How lookups are made at one time. A lookup keeps to the way that it began on.
#[derive(Debug)]
pub(super) struct Way {
    /// Whom to ask.
    pub(super) exchange: Arc<Exchange>,
    /// What their answers are worth.
    pub(super) status: Status,
}

/// Where the status of an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Status {
    /// Validated here.
    Validated,
    /// The resolver's AD bit.
    Trusted,
    /// The same, but the resolver never sets it.
    Unvouched,
    /// There is a validator, but the caller has no use for it.
    Unasked,
    /// DNSSEC is switched off.
    Off,
}

/// The way now, and what else it may come to.
#[derive(Debug)]
pub(super) struct Ways {
    now: RwLock<Arc<Way>>,
    choice: Option<Choice>,
}

/// Two ways, between which one server decides by validating or not.
#[derive(Debug)]
struct Choice {
    server: SocketAddr,
    if_it_validates: Arc<Way>,
    otherwise: Arc<Way>,
}

impl Ways {
    /// What `dnssec` comes to before the server that decides has been asked: the way that is safe
    /// whatever it is.
    pub(super) fn new(dnssec: &Dnssec, everyone: &Arc<Exchange>) -> Self {
        let with = |exchange: &Arc<Exchange>, status| {
            Arc::new(Way { exchange: Arc::clone(exchange), status })
        };
        let first = everyone.servers().first().copied();
        match dnssec {
            Dnssec::Validate { .. } => Self::settled(with(everyone, Status::Validated)),
            Dnssec::Off => Self::settled(with(everyone, Status::Off)),
            Dnssec::Auto => {
                let here = with(everyone, Status::Validated);
                let choice = first.filter(is_on_loopback).map(|server| Choice {
                    server,
                    if_it_validates: with(&Arc::new(on_loopback(everyone)), Status::Trusted),
                    otherwise: Arc::clone(&here),
                });
                Self { now: RwLock::new(here), choice }
            }
            Dnssec::TrustAd => {
                let trusted = with(everyone, Status::Trusted);
                // Without an AD bit on the root's SOA record the resolver does not validate, or
                // something on the way takes the bit out: that says nothing about anybody's zone.
                let choice = first.map(|server| Choice {
                    server,
                    if_it_validates: Arc::clone(&trusted),
                    otherwise: with(everyone, Status::Unvouched),
                });
                Self { now: RwLock::new(trusted), choice }
            }
        }
    }

    fn settled(way: Arc<Way>) -> Self {
        Self { now: RwLock::new(way), choice: None }
    }

    /// The way to take now.
    pub(super) fn now(&self) -> Arc<Way> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// True if there is anything to find out.
    pub(super) fn is_open(&self) -> bool {
        self.choice.is_some()
    }

    /// Asks the server that decides, if there is one; false if it says nothing, which changes
    /// nothing.
    pub(super) async fn look_again(&self) -> bool {
        let Some(choice) = &self.choice else { return true };
        let Some(validates) = validates(choice.server).await else { return false };
        let way = if validates { &choice.if_it_validates } else { &choice.otherwise };
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(way);
        true
    }
}

/// An AD bit is only as good as the way it comes, so believing one leaves the servers that are not
/// on this machine out.
fn on_loopback(everyone: &Exchange) -> Exchange {
    Exchange::new(everyone.servers().iter().copied().filter(is_on_loopback).collect())
}

fn is_on_loopback(server: &SocketAddr) -> bool {
    server.ip().to_canonical().is_loopback()
}

/// Whether `server` calls the root's SOA record authentic, as only a validating resolver does;
/// `None` if it does not give it.
async fn validates(server: SocketAddr) -> Option<bool> {
    let root = Question { name: Name::root_bytes(), rtype: Rtype::SOA };
    let exchange = Exchange::new(vec![server]);
    let deadline = Deadline::starting_now(PROBE);
    let reply = exchange.ask(&root, Asking::AuthenticData, deadline).await.ok()?;
    (reply.message.opt_rcode() == OptRcode::NOERROR).then(|| reply.message.header().ad())
}

const PROBE: Duration = Duration::from_secs(2); // a validating resolver knows the root's SOA
