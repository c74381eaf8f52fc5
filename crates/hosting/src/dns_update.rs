//! Writing into a customer's own DNS, where names are not handed over ([`Way::Updated`]).
//!
//! First what stands there is read and a [`Plan`] is made, which can be shown; then the plan is
//! applied, and only if what stands there is still the same; then the zone's name servers are
//! watched until all of them show it ([`spread`]). What is not ours is never touched.
//!
//! With dynamic update (RFC 2136) the server itself holds to the plan, by prerequisites that it
//! checks in the transaction of the change. Providers have no such thing: there the records are read
//! once more just before, changed one by one by their values, and read again after.
//!
//! [`Way::Updated`]: ironpost_proto::lifecycle::Way::Updated

mod plan;
mod provider;
mod record;
mod rfc2136;
mod settings;
mod spread;

pub use plan::{Change, Kind, Observed, Ours, Plan, plan};
pub use provider::Provider;
pub use record::{Found, Text};
pub use rfc2136::{Address, Rejected, Rfc2136};
pub use settings::{Settings, SettingsError, provider_names};
pub use spread::{Shows, Spread, spread};

use crate::delegation::RecordToPublish;
use domain::base::message_builder::PushError;
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::Life;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::record::Record;
use ironpost_proto::visible::Visible;
use std::net::SocketAddr;

/// A way into a customer's DNS.
#[derive(Debug, Clone)]
pub struct Updater {
    /// What it goes through.
    pub through: Through,
    /// The one zone that it is for; without, each name's zone is found by its SOA record.
    pub zone: Option<DnsName>,
}

/// What a change goes through.
#[derive(Debug, Clone)]
pub enum Through {
    /// The zone's primary name server.
    Rfc2136(Rfc2136),
    /// A provider's API.
    Provider(Provider),
}

/// Why a zone was not changed, or not read.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A name that the change needs cannot be looked up.
    #[error("{name} cannot be looked up: {error}")]
    Unanswered {
        /// The name.
        name: DnsName,
        /// Why.
        error: DnsError,
    },
    /// The name server has no address.
    #[error("the name server {name} has no address")]
    NoAddress {
        /// Its name.
        name: DnsName,
    },
    /// There is no conversation with the name server.
    #[error("the name server {server} cannot be reached over TCP: {detail}")]
    Unreachable {
        /// Its address.
        server: SocketAddr,
        /// Why.
        detail: String,
    },
    /// The name server did not do it.
    #[error("the name server {server} was asked: {reason}")]
    Rejected {
        /// Its address.
        server: SocketAddr,
        /// Why.
        reason: Rejected,
    },
    /// The provider did not do it.
    #[error("{provider} could not {what}: {answer}")]
    Provider {
        /// The provider's name.
        provider: &'static str,
        /// What was to be done.
        what: &'static str,
        /// What it said.
        answer: Visible,
    },
    /// The provider did not answer, or said again and again that it has no time.
    #[error("{provider} gave no answer in {seconds} seconds, or was too busy for one")]
    Silent {
        /// The provider's name.
        provider: &'static str,
        /// How long it had.
        seconds: u64,
    },
    /// What stands in the way is not ours.
    #[error("{owner} has {found}, which is not ours, so nothing was changed: remove it first")]
    Conflict {
        /// The name.
        owner: DnsName,
        /// What stands there.
        found: Found,
    },
    /// Between plan and change.
    #[error("{owner} was changed by somebody else meanwhile: nothing was written there; try again")]
    Changed {
        /// The name.
        owner: DnsName,
    },
    /// Said to be done, and is not.
    #[error("the change of {owner} was accepted, but what stands there now is something else")]
    NotDone {
        /// The name.
        owner: DnsName,
    },
    /// More than a DNS message or a name holds.
    #[error("a name or a record is too long for DNS")]
    TooLong,
}

impl From<PushError> for UpdateError {
    fn from(_: PushError) -> Self {
        Self::TooLong
    }
}

/// Every text that a domain ever announced: where we write its records, we wrote them.
pub fn written(life: &Life) -> Vec<String> {
    life.versions.iter().map(|version| Record::new(version.id.clone()).to_string()).collect()
}

impl Updater {
    /// The one for the zone that a domain is in: that of the longest, else the one for any.
    pub fn of<'a>(updaters: &'a [Self], domain: &Domain) -> Option<&'a Self> {
        let name = domain.as_str();
        let length = |updater: &&Self| updater.zone.as_ref().map_or(0, |zone| zone.as_str().len());
        let fits = |updater: &&Self| {
            updater.zone.as_ref().is_none_or(|zone| {
                name.strip_suffix(zone.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        updaters.iter().filter(fits).max_by_key(length)
    }

    /// Reads what stands at the names of `wanted` and at `emptied`, and decides what to change:
    /// nothing of ours is to be left at `emptied`.
    pub async fn plan(
        &self,
        resolver: &Resolver,
        wanted: &[RecordToPublish],
        emptied: &[DnsName],
        ours: Ours<'_>,
        now: Timestamp,
    ) -> Result<Plan, UpdateError> {
        let mut owners: Vec<_> = wanted.iter().map(|wanted| &wanted.owner).chain(emptied).collect();
        owners.sort();
        owners.dedup();
        let mut observed = Vec::new();
        for (zone, owners) in self.by_zone(resolver, owners).await? {
            observed.extend(self.observe(resolver, &zone, &owners, now).await?);
        }
        Ok(plan(&observed, wanted, ours))
    }

    /// Does what a plan says, zone by zone. With a conflict anywhere nothing is done.
    pub async fn apply(
        &self,
        resolver: &Resolver,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), UpdateError> {
        if let Some((owner, found)) = plan.conflicts().next() {
            return Err(UpdateError::Conflict { owner: owner.clone(), found: found.clone() });
        }
        let mut to_do: Vec<_> = plan.to_do().collect();
        to_do.sort_by(|one, other| one.before.zone.cmp(&other.before.zone));
        for changes in to_do.chunk_by(|one, other| one.before.zone == other.before.zone) {
            let Some(zone) = changes.first().map(|change| &change.before.zone) else { continue };
            match &self.through {
                Through::Rfc2136(server) => server.apply(resolver, zone, changes, now).await?,
                Through::Provider(provider) => provider.apply(zone, changes).await?,
            }
            self.confirm(resolver, zone, changes, now).await?;
        }
        Ok(())
    }

    /// Reads again: a server may pass over a change without a word (RFC 2136 §3.4.2.2), and a
    /// provider's success is its own.
    async fn confirm(
        &self,
        resolver: &Resolver,
        zone: &DnsName,
        changes: &[&Change],
        now: Timestamp,
    ) -> Result<(), UpdateError> {
        let owners: Vec<_> = changes.iter().map(|change| &change.before.owner).collect();
        let observed = self.observe(resolver, zone, &owners, now).await?;
        for (change, after) in changes.iter().zip(observed) {
            let added = |found: &Vec<Found>| {
                change.add.iter().all(|wanted| found.iter().any(|found| found.is(wanted)))
            };
            let removed = !change.remove.iter().any(|removed| after.found.contains(removed));
            if !removed || !added(&after.found) {
                return Err(UpdateError::NotDone { owner: after.owner });
            }
        }
        Ok(())
    }

    async fn observe(
        &self,
        resolver: &Resolver,
        zone: &DnsName,
        owners: &[&DnsName],
        now: Timestamp,
    ) -> Result<Vec<Observed>, UpdateError> {
        match &self.through {
            Through::Rfc2136(server) => server.observe(resolver, zone, owners, now).await,
            Through::Provider(provider) => provider.observe(zone, owners).await,
        }
    }

    async fn by_zone<'a>(
        &self,
        resolver: &Resolver,
        owners: Vec<&'a DnsName>,
    ) -> Result<Vec<(DnsName, Vec<&'a DnsName>)>, UpdateError> {
        let mut zones: Vec<(DnsName, Vec<&DnsName>)> = Vec::new();
        for owner in owners {
            let zone = match &self.zone {
                Some(zone) => zone.clone(),
                None => resolver
                    .zone_of(owner)
                    .await
                    .map_err(|error| UpdateError::Unanswered { name: owner.clone(), error })?,
            };
            match zones.iter_mut().find(|(known, _)| *known == zone) {
                Some((_, owners)) => owners.push(owner),
                None => zones.push((zone, vec![owner])),
            }
        }
        Ok(zones)
    }
}
