//! Hosted domains and the versions of their policies.

use super::{DomainId, OrganisationId, Seq};
use crate::StoreError;
use crate::database::Database;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Life, State, Way};
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
    /// Its last change: what [`Database::change`] expects.
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
    /// What: a word such as `added`, `delegated`, `version`, `shown`, `announced`, `withdrawn`.
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

impl Database {
    /// Adds a domain in state pending under a token that was never used.
    pub async fn add_domain(
        &self,
        new: &NewDomain,
        author: &Author,
        now: Timestamp,
    ) -> Result<Hosted, AddError> {
        let _ = (new, author, now);
        todo!("store")
    }

    /// A domain that is not gone, with its life.
    pub async fn domain(
        &self,
        organisation: OrganisationId,
        name: &Domain,
    ) -> Result<Option<Hosted>, StoreError> {
        let _ = (organisation, name);
        todo!("store")
    }

    /// The same by its number, gone or not.
    pub async fn domain_by_id(&self, id: DomainId) -> Result<Option<Hosted>, StoreError> {
        let _ = id;
        todo!("store")
    }

    /// Domains in the order of their names, those after `after`, at most `limit`; without their
    /// older versions (`life.versions` holds the shown, the announced and the newest).
    pub async fn domains(
        &self,
        organisation: OrganisationId,
        state: Option<State>,
        after: Option<&Domain>,
        limit: u32,
    ) -> Result<Vec<Hosted>, StoreError> {
        let _ = (organisation, state, after, limit);
        todo!("store")
    }

    /// Applies changes to a domain that nobody changed since `hosted` was read, raises the feed and
    /// wakes the nodes. [`Life::apply`] on the same gives what is in the database afterwards.
    pub async fn change(
        &self,
        hosted: &Hosted,
        changes: &[Change],
        author: &Author,
        now: Timestamp,
    ) -> Result<Seq, ChangeError> {
        let _ = (hosted, changes, author, now);
        todo!("store")
    }

    /// What is served at `_smtp._tls` from now on.
    pub async fn change_rua(
        &self,
        hosted: &Hosted,
        rua: Option<&str>,
        author: &Author,
        now: Timestamp,
    ) -> Result<Seq, ChangeError> {
        let _ = (hosted, rua, author, now);
        todo!("store")
    }

    /// Everything that happened to a domain, newest first.
    pub async fn events(&self, id: DomainId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let _ = (id, limit);
        todo!("store")
    }

    /// Tokens that this name was hosted under before: none may be in its CNAMEs when it is claimed
    /// anew.
    pub async fn former_tokens(&self, name: &Domain) -> Result<Vec<Token>, StoreError> {
        let _ = name;
        todo!("store")
    }
}
