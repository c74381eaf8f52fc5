//! What an administrator does, one file for each operation. A command line calls them as an API
//! would: each takes a [`Desk`] and facts, and returns facts.

pub mod add;
mod decision;
pub mod diff;
pub mod fetches;
pub mod history;
pub mod list;
pub mod migrate;
pub mod publish;
pub mod remove;
pub mod reports;
pub mod rollback;
pub mod show;
pub mod withdraw;

pub use decision::Prepared;

use ironpost_checker::publish::id_at;
use ironpost_net::clock::Clock;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Life, Override, Refused};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::OrganisationId;
use ironpost_store::hosting::domains::{Author, Hosted};
use std::sync::Arc;

/// Where an administrator sits: which database, for which organisation, under which name.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The database.
    pub database: Database,
    /// Whose domains are seen.
    pub organisation: OrganisationId,
    /// Who is acting.
    pub who: String,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What an administrator says to a change; all of it is kept with what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Why.
    pub why: Option<String>,
    /// Why to go on although something speaks against it.
    pub overriding: Option<Override>,
}

/// An operation that was not carried out; nothing of it is written.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such domain for this organisation.
    #[error("{0} is not hosted here: `ironpost domain add {0}` begins")]
    NotHosted(Domain),
    /// The lifecycle speaks against it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Others changed the domain again and again.
    #[error("the domain is being changed by somebody else: try again")]
    Busy,
    /// Somebody else changed the domain, so that it would come to something else than was shown.
    #[error(
        "{0} was changed by somebody else meanwhile, and this would come to something else now: \
         look at `ironpost domain show {0}`, and decide again"
    )]
    Overtaken(Domain),
    /// No id can be made of the time.
    #[error("no id can be made of the time: set the clock of this machine")]
    Clock,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// A domain of the organisation, with its life.
    pub async fn hosted(&self, name: &Domain) -> Result<Hosted, OperationError> {
        let found = self.database.domain(self.organisation, name).await?;
        found.ok_or_else(|| OperationError::NotHosted(name.clone()))
    }

    /// Who acts, and why.
    fn author(&self, said: &Said) -> Author {
        let overriding =
            said.overriding.as_ref().map(|reason| format!("overridden: {}", reason.as_str()));
        let parts: Vec<String> = said.why.iter().cloned().chain(overriding).collect();
        let why = (!parts.is_empty()).then(|| parts.join("; "));
        Author { who: self.who.clone(), why }
    }
}

/// An id made of the time that no version of the domain has had (R2).
pub(crate) fn fresh_id(life: &Life, now: Timestamp) -> Result<PolicyId, OperationError> {
    let millis = i64::try_from(now.as_millis()).map_err(|_| OperationError::Clock)?;
    let moment = jiff::Timestamp::from_millisecond(millis).map_err(|_| OperationError::Clock)?;
    let base = id_at(moment).map_err(|_| OperationError::Clock)?;
    if !life.has_used(&base) {
        return Ok(base);
    }
    // Several within a second: one more than there are versions cannot all be used.
    let most = life.versions.len().saturating_add(life.former.ids.len()).saturating_add(2);
    let numbered =
        (2..=most).filter_map(|number| format!("{base}n{number}").parse::<PolicyId>().ok());
    numbered.into_iter().find(|id| !life.has_used(id)).ok_or(OperationError::Clock)
}
