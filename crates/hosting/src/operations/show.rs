//! All that is known of a domain.

use super::{Desk, OperationError};
use crate::fetch_log::Spread;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Milestone, Version, held_until};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::alerts::StoredAlert;
use ironpost_store::hosting::certificates::StoredCertificate;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::jobs::Planned;
use ironpost_store::hosting::nodes::Agreement;
use std::time::Duration;

/// All that is known of a domain.
#[derive(Debug, Clone)]
pub struct Shown {
    /// When it was looked at.
    pub now: Timestamp,
    /// The domain with its life.
    pub hosted: Hosted,
    /// What is wrong with it, or was until lately.
    pub alerts: Vec<StoredAlert>,
    /// What is done next, and what it waits for.
    pub jobs: Vec<Planned>,
    /// What its policy host presents.
    pub certificate: Option<StoredCertificate>,
    /// How far the nodes follow its last change.
    pub nodes: Agreement,
    /// How far the version that is shown has spread.
    pub spread: Option<Spread>,
    /// From when no sender can hold an older version than the one that is shown.
    pub older_gone: OlderGone,
    /// From when no sender can hold a policy that asks for something: the end of a withdrawal.
    pub free_from: Option<Timestamp>,
    /// The stages of a change of MX hosts, if one is under way.
    pub milestones: Vec<Milestone>,
}

/// Whether senders can hold an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OlderGone {
    /// There never was one.
    None,
    /// From this moment on they cannot.
    From(Timestamp),
    /// It may still be served by a node that is silent.
    Unknown,
}

impl Desk {
    /// Looks at a domain: at the hosting that goes on, or else at the last that is over.
    pub async fn show(&self, name: &Domain) -> Result<Shown, OperationError> {
        self.show_hosting(self.last_hosted(name).await?).await
    }

    /// Looks at one of the [`hostings`](Self::hostings) of a name.
    pub async fn show_hosting(&self, hosted: Hosted) -> Result<Shown, OperationError> {
        let now = self.clock.now();
        let life = &hosted.life;
        let spread = match life.shown {
            Some(version) => {
                let since = now.before(LATELY);
                Some(Spread::read(&self.database, &hosted, version, since).await?)
            }
            None => None,
        };
        let older = |version: &Version| Some(version.number) != life.shown;
        let older_gone = if life.versions.iter().any(|v| older(v) && v.shown.is_some()) {
            held_until(life, older).map_or(OlderGone::Unknown, OlderGone::From)
        } else {
            OlderGone::None
        };
        Ok(Shown {
            now,
            alerts: self.database.open_alerts(Some(hosted.id), MOST_ALERTS).await?,
            jobs: self.database.jobs_of(hosted.id).await?,
            certificate: self.database.certificate(hosted.id).await?,
            nodes: self.database.agreement(hosted.seq, now).await?,
            spread,
            older_gone,
            free_from: held_until(life, Version::asks),
            milestones: self.milestones(&hosted),
            hosted,
        })
    }
}

/// Who fetched within this is counted among the senders: most refresh once a day, and mail to a
/// small domain comes seldom.
pub const LATELY: Duration = Duration::from_hours(3 * 7 * 24);
/// There is one alert of each kind.
const MOST_ALERTS: u32 = 32;
