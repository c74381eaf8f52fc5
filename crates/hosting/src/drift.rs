//! MX records of hosted domains, watched: a policy that does not cover a new MX host keeps mail from
//! it (RFC 8461 §8.1, R11).

use crate::alerts::{Alerts, Trouble};
use crate::checks::rhythm;
use ironpost_net::dns::answer::{Answer, Mx, Outcome};
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{FormerMx, Life, MxSet, State, proposal};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::mx::StoredMx;
use std::cmp::Reverse;
use std::time::Duration;

/// Watches MX records. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DriftWatch {
    resolver: Resolver,
    database: Database,
    alerts: Alerts,
}

impl DriftWatch {
    /// Looks by `resolver`, which should keep nothing: what is looked at is what there is now.
    pub fn new(resolver: Resolver, database: Database, alerts: Alerts) -> Self {
        Self { resolver, database, alerts }
    }

    /// The MX hosts of a domain; `None` if they could not be looked up, which is never the same as
    /// having none.
    pub async fn mx(&self, domain: &Domain) -> Option<MxSet> {
        let answer = self.resolver.unvalidated().mx(&DnsName::from(domain)).await;
        answer.ok().map(|answer| mx_set(domain, answer))
    }

    /// Looks at a domain's MX records, keeps what is new, and raises an alert if the policy does not
    /// cover them: a job. Returns when to look again; `None`: after the next change.
    pub async fn watch(
        &self,
        hosted: &Hosted,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if hosted.life.state == State::Gone {
            return Ok(None);
        }
        let Some(seen) = self.mx(&hosted.name).await else {
            return Ok(Some(now.after(rhythm::jittered(AGAIN, hosted.id, now))));
        };
        let known = self.database.mx_set(hosted.id).await?;
        let Followed { stored, event } = follow(known, seen, now);
        self.database.put_mx_set(hosted.id, &stored, event.as_deref()).await?;
        match drift(&hosted.life, &stored.mx) {
            Some(drift) => {
                let facts = names(&drift.uncovered);
                let text = drift.to_string();
                self.alerts.raise_with_facts(hosted, Trouble::Mx, &facts, &text, now).await?;
            }
            None => self.alerts.clear(hosted, Trouble::Mx, now).await?,
        }
        let pause = if hosted.life.migration.is_some() { MIGRATING } else { STEADY };
        Ok(Some(now.after(rhythm::jittered(pause, hosted.id, now))))
    }
}

/// MX hosts that the policy does not cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Those hosts.
    pub uncovered: Vec<DnsName>,
    /// The mode of the policy.
    pub mode: Mode,
    /// The same policy with patterns for them: it covers old and new.
    pub proposal: Policy,
}

/// What the MX hosts of a domain and its policy have to say to each other; `None` if all is well.
/// A policy that asks nothing of senders covers everything.
pub fn drift(life: &Life, mx: &MxSet) -> Option<Drift> {
    let shown = life.version(life.shown?)?;
    let policy = &shown.policy;
    match policy.mode {
        Mode::Enforce | Mode::Testing => {}
        Mode::None => return None,
    }
    let uncovered: Vec<_> = mx.hosts.iter().filter(|host| !policy.covers(host)).cloned().collect();
    if uncovered.is_empty() {
        return None;
    }
    Some(Drift { uncovered, mode: policy.mode, proposal: proposal(policy, &mx.hosts) })
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hosts = names(&self.uncovered);
        let effect = match self.mode {
            Mode::Enforce => "senders refuse to deliver to them",
            Mode::Testing => "senders will refuse to deliver to them once it is enforced",
            Mode::None => "which asks nothing of senders",
        };
        write!(f, "the MX records name hosts that the policy does not cover ({hosts}): {effect}")?;
        let patterns: Vec<_> = self.proposal.mx.iter().map(|mx| format!("mx: {mx}")).collect();
        write!(f, "; a policy for old and new hosts has {}", patterns.join(", "))
    }
}

/// What is kept of the MX hosts from now on, and what has changed, in words.
struct Followed {
    stored: StoredMx,
    event: Option<String>,
}

fn follow(known: Option<StoredMx>, seen: MxSet, now: Timestamp) -> Followed {
    let Some(known) = known else {
        let stored = StoredMx { mx: seen, changed: now, seen: now, former: Vec::new() };
        return Followed { stored, event: None };
    };
    let former = former(&known, &seen.hosts, now);
    if known.mx.hosts == seen.hosts {
        // What a cache answers is what is left of a TTL.
        let mx = MxSet { ttl: seen.ttl.max(known.mx.ttl), ..seen };
        return Followed {
            stored: StoredMx { mx, changed: known.changed, seen: now, former },
            event: None,
        };
    }
    let event = format!("{} → {}", names(&known.mx.hosts), names(&seen.hosts));
    Followed { stored: StoredMx { mx: seen, changed: now, seen: now, former }, event: Some(event) }
}

/// The MX hosts of before that caches may still name, now that DNS is seen to name these.
pub(crate) fn former(known: &StoredMx, seen: &[DnsName], now: Timestamp) -> Vec<FormerMx> {
    let mut former = known.former.clone();
    if known.mx.hosts != seen {
        // Those that are named still too: they may go before caches forget this.
        let until = known.mx.forgotten_from(now);
        let gone = known.mx.hosts.iter().map(|host| FormerMx { host: host.clone(), until });
        former.extend(gone);
    }
    former.retain(|gone| now < gone.until);
    // What was named twice goes by the later moment.
    former.sort_by(|one, other| (&one.host, other.until).cmp(&(&other.host, one.until)));
    former.dedup_by(|later, kept| later.host == kept.host);
    former.sort_by_key(|gone| Reverse(gone.until));
    former.truncate(MAX_FORMER);
    former
}

/// The hosts that mail goes to, in the order of their names; none where the domain takes no mail, or
/// is not there.
pub fn mx_set(domain: &Domain, answer: Answer<Mx>) -> MxSet {
    let mut hosts: Vec<_> = match answer.outcome {
        // RFC 7505 §3: the root as the exchange says that there is none.
        Outcome::Found(records) => {
            let exchanges = records.into_iter().map(|mx| mx.exchange);
            exchanges.filter(|exchange| !exchange.is_root()).collect()
        }
        // RFC 5321 §5.1: the implicit MX.
        Outcome::NoData => vec![DnsName::from(domain)],
        Outcome::NxDomain => Vec::new(),
    };
    hosts.sort();
    hosts.dedup();
    MxSet { hosts, ttl: answer.ttl }
}

fn names(hosts: &[DnsName]) -> String {
    match hosts {
        [] => "none".to_owned(),
        hosts => hosts.iter().map(DnsName::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// Former MX hosts of a domain that are kept; those go first that are forgotten first. Own limit: a
/// domain that names others by the hour is no domain that enforces anything.
const MAX_FORMER: usize = 64;
/// How often MX records are looked at. Own limit: a change is noticed within a working day.
const STEADY: Duration = Duration::from_hours(6);
/// While a change of MX hosts is under way.
const MIGRATING: Duration = Duration::from_mins(10);
/// After a lookup that failed.
const AGAIN: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests;
