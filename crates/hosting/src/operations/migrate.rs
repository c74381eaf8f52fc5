//! Changing MX hosts without losing mail: widen, wait, switch, wait, narrow (RFC 8461 §8.1).

use super::decision::Asked;
use super::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{Checks, Milestone, MxSet, plan};
use ironpost_store::hosting::domains::Hosted;

impl Desk {
    /// Decides on a policy for the hosts of now and those that are to be alone in the end; `checks`
    /// are of the latter.
    pub async fn migrate(
        &self,
        name: &Domain,
        (from, to): (MxSet, Vec<DnsName>),
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        self.prepare(name, Asked::Migrate { to, from }, said, checks).await
    }

    /// Decides on the policy from before a change of MX hosts.
    pub async fn break_off(
        &self,
        name: &Domain,
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        let checks = self.with_former(name, checks).await?;
        self.prepare(name, Asked::BreakOff, said, &checks).await
    }

    /// Decides on a policy for the new hosts alone.
    pub async fn narrow(
        &self,
        name: &Domain,
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        self.prepare(name, Asked::Narrow, said, checks).await
    }

    /// The stages of a change of MX hosts, with their dates; empty if none is under way.
    pub fn milestones(&self, hosted: &Hosted) -> Vec<Milestone> {
        let migration = hosted.life.migration.as_ref();
        migration
            .map(|migration| plan(&hosted.life, migration, self.clock.now()))
            .unwrap_or_default()
    }
}
