//! Publishing a policy: a new version under a new id.

use super::decision::Asked;
use super::{Desk, OperationError, Prepared, Said};
use crate::drift::former;
use crate::jobs::Kind;
use ironpost_checker::publish::default_max_age;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Checks, Life};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};

/// What is to differ from the newest version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The mode; that of the newest version if not named, and at first testing.
    pub mode: Option<Mode>,
    /// How long senders keep the policy. If not named: that of the newest version, or where the
    /// mode changes what is commonly taken for it.
    pub max_age: Option<MaxAge>,
    /// The hosts; those of the newest version that has any if empty.
    pub mx: Vec<MxPattern>,
}

impl Desk {
    /// Decides on a new version.
    pub async fn publish(
        &self,
        name: &Domain,
        wanted: Wanted,
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        let checks = self.with_former(name, checks).await?;
        self.prepare(name, Asked::Publish(wanted), said, &checks).await
    }

    /// The same checks, with the MX hosts of before: what was seen of them, up to what is seen now. A
    /// node is to look as well, so that the moment stands from which this counts.
    pub(super) async fn with_former(
        &self,
        name: &Domain,
        checks: &Checks,
    ) -> Result<Checks, OperationError> {
        let hosted = self.hosted(name).await?;
        let Some(known) = self.database.mx_set(hosted.id).await? else { return Ok(checks.clone()) };
        let mut seen = checks.mx.clone().unwrap_or_else(|| known.mx.hosts.clone());
        seen.sort();
        seen.dedup();
        let now = self.clock.now();
        if seen != known.mx.hosts {
            self.database.schedule(Kind::Drift.as_str(), Some(hosted.id), now).await?;
        }
        Ok(Checks { former: former(&known, &seen, now), ..checks.clone() })
    }
}

impl Wanted {
    /// The policy that is wanted of a domain with this life.
    pub fn policy(&self, life: &Life) -> Policy {
        // A withdrawal has neither hosts nor a mode to go on from.
        let last = life.versions.iter().rev().find(|version| version.asks());
        let last = last.map(|version| &version.policy);
        let mode = self.mode.or(last.map(|policy| policy.mode)).unwrap_or(Mode::Testing);
        let kept = last.filter(|policy| policy.mode == mode).map(|policy| policy.max_age);
        let mx = if self.mx.is_empty() {
            last.map(|policy| policy.mx.clone()).unwrap_or_default()
        } else {
            self.mx.clone()
        };
        Policy {
            mode,
            max_age: self.max_age.or(kept).unwrap_or_else(|| default_max_age(mode)),
            mx,
            extensions: last.map(|policy| policy.extensions.clone()).unwrap_or_default(),
        }
    }
}
