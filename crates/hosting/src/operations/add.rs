//! Hosting a domain from now on.

use super::decision::{Asked, Request};
use super::{Desk, OperationError, Prepared, Said};
use crate::delegation::{FoundElsewhere, NothingElsewhere};
use crate::jobs::Kind;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Checks, Life, State, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::{AddError, Author, ChangeError, Hosted, NewDomain};
use std::time::Duration;

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
    /// What was found of its MX hosts.
    pub checks: Checks,
}

/// A domain's first policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// A new one.
    New(Policy),
    /// One that is published elsewhere, as it is.
    Adopted(Elsewhere),
    /// A new one in place of one that is published elsewhere. That one is taken over first, so that
    /// every date counts what senders hold of it.
    Replacing(Elsewhere, Policy),
}

/// A policy that is published elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its id there; `None` if no record announces it: then it is announced here under a new one.
    pub id: Option<PolicyId>,
    /// The policy.
    pub policy: Policy,
}

/// What is to become of a policy that a domain publishes elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing was said: there should be none.
    None,
    /// It is to be taken over.
    TakenOver,
    /// A new one is to be published in its place.
    Replaced,
}

/// A domain that is not added before somebody has decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// It publishes a policy elsewhere, of which nothing was said.
    #[error(
        "{name} publishes a policy already, in mode {} and to be kept for {} s: --import takes it \
         over as it is, --replace publishes a new one in its place; either way its max_age counts",
        policy.mode, policy.max_age.as_secs()
    )]
    Published {
        /// The domain.
        name: Domain,
        /// The policy.
        policy: Policy,
    },
    /// It announces a policy that cannot be fetched.
    #[error(
        "{0}; mend it first, so that it is known what senders hold, or go on with --replace: no \
         date counts it then"
    )]
    Unfetched(NothingElsewhere),
    /// There is nothing to take over.
    #[error("{0}; add it without --import")]
    Nothing(NothingElsewhere),
    /// It is withdrawn there.
    #[error("{0} publishes mode none, which is nothing to take over; add it without --import")]
    Withdrawn(Domain),
}

impl Elsewhere {
    /// What a domain begins from that publishes this elsewhere: `None` if from nothing.
    pub fn settle(
        name: &Domain,
        found: Result<FoundElsewhere, NothingElsewhere>,
        wish: Wish,
    ) -> Result<Option<Self>, Undecided> {
        let found = match (found, wish) {
            (Ok(found), _) => found,
            (Err(nothing), Wish::TakenOver) => return Err(Undecided::Nothing(nothing)),
            (Err(nothing @ NothingElsewhere::NoPolicy(_)), Wish::None) => {
                return Err(Undecided::Unfetched(nothing));
            }
            // A resolver that is away keeps nobody from adding a domain whose MX hosts are named.
            (Err(_), Wish::None | Wish::Replaced) => return Ok(None),
        };
        let (name, FoundElsewhere { id, policy, .. }) = (name.clone(), found);
        match (policy.mode, wish) {
            (Mode::None, Wish::TakenOver) => Err(Undecided::Withdrawn(name)),
            // It asks nothing of senders.
            (Mode::None, Wish::None | Wish::Replaced) => Ok(None),
            (Mode::Testing | Mode::Enforce, Wish::None) => {
                Err(Undecided::Published { name, policy })
            }
            (Mode::Testing | Mode::Enforce, Wish::TakenOver | Wish::Replaced) => {
                Ok(Some(Self { id, policy }))
            }
        }
    }
}

/// A domain that is not hosted; nothing of it is written.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// This organisation has it already.
    #[error("{0} is hosted already: `ironpost domain show {0}` tells how far it is")]
    Hosted(Domain),
    /// Another organisation has it.
    #[error(
        "another organisation hosts {0} here, or asked for it within the last hour (the last week, \
         to take over its policy): it has to withdraw it, or the operator to remove it"
    )]
    Taken(Domain),
    /// The rest.
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl Desk {
    /// Refuses a name that somebody has: asked before anything is looked up for it.
    pub async fn may_add(&self, name: &Domain) -> Result<(), NotAdded> {
        match self.database.holder(name).await.map_err(store)? {
            None => Ok(()),
            Some(holder) if holder.organisation == self.organisation => {
                Err(NotAdded::Hosted(name.clone()))
            }
            Some(holder) if gives_way(&holder.life, self.clock.now()) => Ok(()),
            Some(_) => Err(NotAdded::Taken(name.clone())),
        }
    }

    /// Decides on hosting a domain under a new token: what [`Self::add`] would write.
    pub async fn prepare_add(&self, add: &Add, said: &Said) -> Result<Prepared, NotAdded> {
        self.may_add(&add.name).await?;
        let now = self.clock.now();
        let mut life = Life::new(add.way, now);
        life.former = self.database.former(&add.name).await.map_err(store)?;
        let hosted = Hosted {
            id: ironpost_store::hosting::DomainId(0),
            organisation: self.organisation,
            name: add.name.clone(),
            token: Token::from_bytes(rand::random()),
            rua: add.rua.clone(),
            life,
            seq: ironpost_store::hosting::Seq::default(),
            added: now,
        };
        let (first, then) = match add.first.clone() {
            First::New(policy) => (Asked::Begin(policy), None),
            First::Adopted(Elsewhere { id, policy }) => (Asked::Adopt(id, policy), None),
            First::Replacing(Elsewhere { id, policy }, new) => {
                (Asked::Adopt(id, policy), Some(Asked::Begin(new)))
            }
        };
        let request = |asked| Request { asked, said: said.clone(), checks: add.checks.clone() };
        let mut prepared = self.decide(hosted, request(first))?;
        if let Some(asked) = then {
            let mut life = prepared.hosted.life.clone();
            life.apply(&prepared.changes, now);
            prepared.changes.extend(request(asked).changes(&life, now)?);
        }
        Ok(prepared)
    }

    /// Hosts it: the domain with its first version, or nothing.
    pub async fn add(&self, prepared: Prepared) -> Result<Hosted, NotAdded> {
        let Prepared { hosted, changes, author, now, .. } = prepared;
        self.take_back(&hosted.name, now).await.map_err(store)?;
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

impl Desk {
    /// Takes a name back from another organisation that only asked for it.
    async fn take_back(&self, name: &Domain, now: Timestamp) -> Result<(), StoreError> {
        let Some(holder) = self.database.holder(name).await? else { return Ok(()) };
        if holder.organisation == self.organisation || !gives_way(&holder.life, now) {
            return Ok(());
        }
        let why = Some("another organisation asked for the name".to_owned());
        let author = Author { who: "ironpost".to_owned(), why };
        match self.database.change(&holder, &CEASE, &author, now).await {
            // Whoever changed it meanwhile shows that it is in use.
            Ok(_) | Err(ChangeError::Conflict) => Ok(()),
            Err(ChangeError::Store(error)) => Err(error),
        }
    }
}

/// Who only asks for a name, and has shown nothing of it in DNS, must not keep its owner out: the
/// request gives way after a while.
fn gives_way(life: &Life, now: Timestamp) -> bool {
    let patience = match life.announced {
        None => GIVES_WAY,
        Some(_) => TAKING_OVER_GIVES_WAY,
    };
    life.state == State::Pending && now.since(life.since) > patience
}

const CEASE: [Change; 2] = [Change::Cease, Change::Enter(State::Gone)];
/// Own limit: long enough to put records into DNS, short enough to be no obstacle.
const GIVES_WAY: Duration = Duration::from_hours(1);
/// The same for a policy that is to be taken over: anybody can ask for that, but who means it may
/// have moved one name, and wait for caches before the other.
const TAKING_OVER_GIVES_WAY: Duration = Duration::from_hours(7 * 24);

fn store(error: StoreError) -> NotAdded {
    NotAdded::Operation(error.into())
}
