//! Hosted domains and the versions of their policies.

mod add;
mod change;
mod events;
mod former;
mod read;
mod row;
mod stored_migration;

use super::{DomainId, OrganisationId, Seq};
use crate::StoreError;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Life, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A hosted domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted {
    /// Its number.
    pub id: DomainId,
    /// To whom it belongs.
    pub organisation: OrganisationId,
    /// The policy domain.
    pub name: Domain,
    /// What its CNAMEs are known by.
    pub token: Token,
    /// What is served at `_smtp._tls`, as the value of `rua`; `None` if nothing is.
    pub rua: Option<String>,
    /// Its life, all versions included.
    pub life: Life,
    /// Its last change: what
    /// [`Database::change`](crate::database::Database::change) expects.
    pub seq: Seq,
    /// When it was added.
    pub added: Timestamp,
}

/// A domain to be hosted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDomain {
    /// For whom.
    pub organisation: OrganisationId,
    /// The policy domain.
    pub name: Domain,
    /// A token that was never used.
    pub token: Token,
    /// How its record comes into DNS.
    pub way: Way,
    /// See [`Hosted::rua`].
    pub rua: Option<String>,
}

/// Who asks for a change, and why: kept with every version and every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// A user of the machine, an API key, or a job.
    pub who: String,
    /// Why; for what was overridden, the reason that was asked for.
    pub why: Option<String>,
}

/// Something that happened to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who and why.
    pub author: Author,
    /// What: `added`; the name of the state that was entered; `version` or `adopted`, `shown`,
    /// `everywhere`, `replaced` (all versions before it), `announced`; `migrating` (begun or gone
    /// on) and `migrated` (over); `ceased`; `reports` for a new address of reports.
    pub what: String,
    /// The version, if it is about one.
    pub version: Option<u32>,
}

/// A domain that cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// This organisation has it already.
    #[error("the domain is hosted already")]
    Hosted,
    /// Another organisation has it.
    #[error("another organisation hosts the domain here")]
    Taken,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Domains of which none was added.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct AddAllError {
    /// The first that cannot be added, or was to be when the database failed.
    pub name: Domain,
    /// Why not.
    #[source]
    pub why: AddError,
}

/// A change that was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Somebody else changed the domain meanwhile: read it again and decide anew.
    #[error("the domain was changed by somebody else meanwhile")]
    Conflict,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
