//! Hosting a domain from now on.

use super::{Desk, OperationError, Prepared, Said};
use crate::jobs::Kind;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Checks, Command, Life, Way};
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::{AddError, Hosted, NewDomain};

/// A domain to be hosted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Add {
    /// The policy domain.
    pub name: Domain,
    /// How its record comes into DNS.
    pub way: Way,
    /// The value of `rua` at `_smtp._tls`; `None` if nothing is to be served there.
    pub rua: Option<String>,
    /// Its first policy.
    pub first: First,
}

/// A domain's first policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// A new one.
    New(Policy),
    /// One that is published elsewhere, under this id.
    Adopted(PolicyId, Policy),
}

/// A domain that is not hosted; nothing of it is written.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// This organisation has it already.
    #[error("{0} is hosted already: `ironpost domain show {0}` tells how far it is")]
    Hosted(Domain),
    /// Another organisation has it.
    #[error("another organisation hosts {0} here: it has to withdraw it first")]
    Taken(Domain),
    /// The rest.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl Desk {
    /// Decides on hosting a domain under a new token: what [`Self::add`] would write.
    pub async fn prepare_add(&self, add: &Add, said: &Said) -> Result<Prepared, NotAdded> {
        if self.database.domain(self.organisation, &add.name).await.map_err(store)?.is_some() {
            return Err(NotAdded::Hosted(add.name.clone()));
        }
        let now = self.clock.now();
        let hosted = Hosted {
            id: ironpost_store::hosting::DomainId(0),
            organisation: self.organisation,
            name: add.name.clone(),
            token: Token::from_bytes(rand::random()),
            rua: add.rua.clone(),
            life: Life::new(add.way, now),
            seq: ironpost_store::hosting::Seq::default(),
            added: now,
        };
        let command = |_: &Life, id| match &add.first {
            First::New(policy) => Command::Publish { id, policy: policy.clone() },
            First::Adopted(id, policy) => Command::Adopt { id: id.clone(), policy: policy.clone() },
        };
        Ok(self.decide(hosted, said, &Checks::default(), command)?)
    }

    /// Hosts it: the domain with its first version, or nothing.
    pub async fn add(&self, prepared: Prepared) -> Result<Hosted, NotAdded> {
        let Prepared { hosted, changes, author, now } = prepared;
        let new = NewDomain {
            organisation: hosted.organisation,
            name: hosted.name,
            token: hosted.token,
            way: hosted.life.way,
            rua: hosted.rua,
        };
        let name = new.name.clone();
        let added = match self.database.add_domain_with(&new, &changes, &author, now).await {
            Ok(added) => added,
            Err(AddError::Hosted) => return Err(NotAdded::Hosted(name)),
            Err(AddError::Taken) => return Err(NotAdded::Taken(name)),
            Err(AddError::Store(error)) => return Err(store(error)),
        };
        self.database.schedule(Kind::Advance.as_str(), Some(added.id), now).await.map_err(store)?;
        Ok(added)
    }
}

fn store(error: StoreError) -> NotAdded {
    NotAdded::Operation(error.into())
}
