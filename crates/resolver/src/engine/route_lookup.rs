//! What DANE says of a next-hop, from DNS.

use super::Inner;
use super::background::Due;
use super::flights::Landing;
use super::routes::{Known, decode, encode};
use crate::alert::{Alert, Kind};
use ironpost_net::dane::{Servers, servers};
use ironpost_net::dns::answer::DnsError;
use ironpost_proto::dane::LookupFault;
use ironpost_proto::delivery::Dane;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::next_hop::{NextHop, Route, SMTP_PORT};
use ironpost_store::sender::{Change, StoredRoute};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What a lookup of a next-hop came to.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) dane: Dane,
    /// The hosts that a policy has to cover; `None` if they are not known.
    hosts: Option<Vec<DnsName>>,
}

impl Looked {
    /// What was known without a lookup.
    pub(super) fn remembered(dane: Dane) -> Self {
        Self { dane, hosts: None }
    }
}

impl Default for Looked {
    /// No answer. S67: later; never MTA-STS in its place.
    fn default() -> Self {
        Self::remembered(Dane::Indeterminate(LookupFault::Failed))
    }
}

impl Inner {
    /// Looks a next-hop up; one lookup however many ask.
    pub(super) fn look_up_route(self: &Arc<Self>, next_hop: &NextHop) -> Landing<Arc<Looked>> {
        let name = next_hop.to_string();
        self.work.route_lookups.join(&name.clone(), || {
            let (inner, next_hop) = (Arc::clone(self), next_hop.clone());
            async move { Arc::new(inner.run_route(&next_hop, &name).await) }
        })
    }

    async fn run_route(&self, next_hop: &NextHop, name: &str) -> Looked {
        let before = self.known_route(name).await;
        let found = servers(&self.outside.resolver, next_hop).await;
        tracing::debug!(next_hop = name, dane = ?found.dane, "looked up");
        self.tell_of_dns(&found);
        let known = self.judge(&found, before);
        self.routes.keep(name, known);
        // What says nothing about a domain without policy is not worth a place on the disk.
        if known.dane != Dane::Absent || self.has_policy(&next_hop.domain) {
            self.write_route(name, known);
        }
        Looked { dane: known.dane, hosts: hosts(next_hop, &found) }
    }

    /// One next-hop of which nothing can be told is its own fault; many in a row are ours.
    fn tell_of_dns(&self, found: &Servers) {
        let (alerts, now) = (&self.outside.alerts, self.clock.now());
        match found.dane {
            Dane::Indeterminate(fault) => {
                if self.work.untold.fetch_add(1, Ordering::Relaxed) + 1 >= MANY_UNTOLD {
                    let reason =
                        found.mx.as_ref().err().map_or(fault.to_string(), DnsError::to_string);
                    alerts.raise(None, Alert::NothingTold { reason }, now);
                }
            }
            Dane::Absent | Dane::Every | Dane::Some | Dane::Unusable => {
                if self.work.untold.swap(0, Ordering::Relaxed) >= MANY_UNTOLD {
                    alerts.clear(None, Kind::NothingTold, now);
                }
            }
        }
    }

    async fn known_route(&self, name: &str) -> Option<Known> {
        if let Some(known) = self.routes.known(name) {
            return Some(known);
        }
        let stored = self.outside.store.as_ref()?.route(name).await.ok()??;
        Some(Known { dane: decode(stored.dane)?, fresh_until: stored.fresh_until })
    }

    /// What may be answered of a next-hop without asking DNS: what memory has, or the store (S46).
    /// `mode` is that of the policy that holds.
    pub(super) async fn remembered_route(&self, name: &str, mode: Option<Mode>) -> Option<Dane> {
        if self.routes.known(name).is_none() {
            let known = self.known_route(name).await?;
            self.routes.keep(name, known);
        }
        let now = self.clock.now();
        let usable = self.routes.usable(name, now)?;
        if usable.renew {
            self.work.due(Due::route(now, name));
        }
        usable.suffices(mode).then_some(usable.dane)
    }

    fn judge(&self, found: &Servers, before: Option<Known>) -> Known {
        let now = self.clock.now();
        let keep = |dane, span: Duration| Known {
            dane,
            fresh_until: now.after(span.clamp(SHORTEST, LONGEST)),
        };
        let before = before.map(|known| known.dane).filter(|dane| !is_fault(*dane));
        match (&found.mx, before) {
            // Without MX records no mail can go there, neither ours nor the MTA's: nothing has
            // been learnt, and the servers are what they were.
            (Err(error), Some(before)) if !is_bogus(error) => keep(before, SHORTEST),
            _ if is_fault(found.dane) => keep(found.dane, SHORTEST),
            _ => keep(found.dane, found.ttl),
        }
    }

    /// Has what DANE says of a domain's own next-hop written down, beside its policy.
    pub(super) fn write_route_of(&self, domain: &Domain) {
        if let Some(known) = self.routes.known(domain.as_str()) {
            self.write_route(domain.as_str(), known);
        }
    }

    fn write_route(&self, name: &str, known: Known) {
        if !is_fault(known.dane) {
            self.note(Change::Route(StoredRoute {
                next_hop: name.to_owned(),
                dane: encode(known.dane),
                fresh_until: known.fresh_until,
            }));
        }
    }

    fn has_policy(&self, domain: &Domain) -> bool {
        self.memory.read(domain.as_str(), |entry| entry.mode().is_some()).unwrap_or(false)
    }

    /// Tells if an enforced policy covers none of the hosts: mail cannot go.
    pub(super) fn check_coverage(&self, domain: &Domain, looked: &Looked) {
        let Some(hosts) = looked.hosts.as_ref().filter(|hosts| !hosts.is_empty()) else { return };
        let now = self.clock.now();
        let policy = self.memory.read(domain.as_str(), |entry| {
            entry.valid(now).filter(|view| view.mode() == Mode::Enforce)?;
            entry.cached().map(|cached| cached.policy)
        });
        let covered =
            policy.flatten().is_none_or(|policy| hosts.iter().any(|host| policy.covers(host)));
        let alerts = &self.outside.alerts;
        if covered {
            alerts.clear(Some(domain), Kind::CoversNoMx, now);
        } else {
            alerts.raise(Some(domain), Alert::CoversNoMx, now);
        }
    }
}

/// The names that a policy has to cover: those of the MX records, or the domain's own (S51).
fn hosts(next_hop: &NextHop, found: &Servers) -> Option<Vec<DnsName>> {
    if next_hop.route != Route::Mx || next_hop.port != SMTP_PORT || found.null_mx {
        return None;
    }
    let mx = found.mx.as_ref().ok()?;
    Some(match mx.as_slice() {
        [] => vec![DnsName::from(&next_hop.domain)],
        records => records.iter().map(|record| record.exchange.clone()).collect(),
    })
}

fn is_fault(dane: Dane) -> bool {
    matches!(dane, Dane::Indeterminate(_))
}

/// RFC 7672 §2.1.2: records that fail validation may be an attack, and delivery waits.
fn is_bogus(error: &DnsError) -> bool {
    matches!(error, DnsError::Bogus { .. } | DnsError::ServFail { bogus: true, .. })
}

/// So many next-hops in a row are told of. Own limit.
const MANY_UNTOLD: u32 = 5;
/// A fault is remembered for so long, and no TTL is shorter. Own limit.
const SHORTEST: Duration = Duration::from_secs(30);
/// No TTL is longer. Own limit.
const LONGEST: Duration = Duration::from_hours(6);
