//! What an administrator asks for, what it comes to, and how it is carried out.
//!
//! A change is decided from a domain as it is at a moment, shown, and made if nobody has changed the
//! domain since. Nodes change it all the time, step by step, so a decision that comes too late is made
//! again; it stands as long as it comes to what was shown.

use super::publish::Wanted;
use super::{Desk, OperationError, Said, fresh_id};
use crate::jobs::Kind;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{Change, Checks, Command, Life, MxSet, permit};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::domains::{Author, ChangeError, Hosted};

/// Changes decided on and not yet made: what a dry run shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The domain as it is.
    pub hosted: Hosted,
    /// What would change.
    pub changes: Vec<Change>,
    /// Who and why.
    pub author: Author,
    /// When it was decided.
    pub now: Timestamp,
    /// From what.
    request: Request,
}

/// All that a decision is made from, besides the domain and the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) asked: Asked,
    pub(super) said: Said,
    pub(super) checks: Checks,
}

/// What is asked for, whatever the domain is like: a [`Command`] without what follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Publish(Wanted),
    /// Publish exactly this.
    Begin(Policy),
    /// Under the id that it has elsewhere; under a new one if it has none there.
    Adopt(Option<PolicyId>, Policy),
    Rollback(u32),
    Withdraw,
    Migrate {
        to: Vec<DnsName>,
        from: MxSet,
    },
    Narrow,
    BreakOff,
    Remove,
}

impl Desk {
    /// Decides on a command without carrying it out.
    pub(super) async fn prepare(
        &self,
        name: &Domain,
        asked: Asked,
        said: &Said,
        checks: &Checks,
    ) -> Result<Prepared, OperationError> {
        let hosted = self.hosted(name).await?;
        self.decide(hosted, Request { asked, said: said.clone(), checks: checks.clone() })
    }

    pub(super) fn decide(
        &self,
        hosted: Hosted,
        request: Request,
    ) -> Result<Prepared, OperationError> {
        let now = self.clock.now();
        let changes = request.changes(&hosted.life, now)?;
        let author = self.author(&request.said);
        Ok(Prepared { hosted, changes, author, now, request })
    }

    /// Carries out what was prepared. If the domain has changed since, it is decided again, and
    /// carried out as long as it comes to the same. The domain as it is then.
    pub async fn carry_out(&self, mut prepared: Prepared) -> Result<Hosted, OperationError> {
        for _ in 0..ATTEMPTS {
            let Prepared { hosted, changes, author, now, .. } = &prepared;
            match self.database.change(hosted, changes, author, *now).await {
                Ok(seq) => return self.carried_out(prepared, seq).await,
                Err(ChangeError::Conflict) => prepared = self.decide_again(prepared).await?,
                Err(ChangeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(OperationError::Busy)
    }

    async fn carried_out(&self, prepared: Prepared, seq: Seq) -> Result<Hosted, OperationError> {
        let Prepared { mut hosted, changes, now, .. } = prepared;
        hosted.seq = seq;
        hosted.life.apply(&changes, now);
        self.database.schedule(Kind::Advance.as_str(), Some(hosted.id), now).await?;
        Ok(hosted)
    }

    /// The same request, decided from the domain as it is now.
    async fn decide_again(&self, before: Prepared) -> Result<Prepared, OperationError> {
        let hosted = self.hosted(&before.hosted.name).await?;
        let (id, name) = (hosted.id, hosted.name.clone());
        let again = self.decide(hosted, before.request)?;
        if id == before.hosted.id && come_to_the_same(&before.changes, &again.changes) {
            Ok(again)
        } else {
            Err(OperationError::Overtaken(name))
        }
    }
}

impl Request {
    /// What it comes to, for a domain with this life.
    pub(super) fn changes(
        &self,
        life: &Life,
        now: Timestamp,
    ) -> Result<Vec<Change>, OperationError> {
        let command = self.asked.command(life, fresh_id(life, now)?);
        Ok(permit(life, &command, &self.checks, self.said.overriding.as_ref(), now)?)
    }
}

impl Asked {
    fn command(&self, life: &Life, id: PolicyId) -> Command {
        match self {
            Self::Publish(wanted) => Command::Publish { id, policy: wanted.policy(life) },
            Self::Begin(policy) => Command::Publish { id, policy: policy.clone() },
            Self::Adopt(theirs, policy) => {
                Command::Adopt { id: theirs.clone().unwrap_or(id), policy: policy.clone() }
            }
            Self::Rollback(number) => Command::Rollback { id, number: *number },
            Self::Withdraw => Command::Withdraw { id },
            Self::Migrate { to, from } => {
                Command::Migrate { id, to: to.clone(), from: from.clone() }
            }
            Self::Narrow => Command::Narrow { id },
            Self::BreakOff => Command::BreakOff { id },
            Self::Remove => Command::Remove,
        }
    }
}

/// True if two decisions differ at most in the numbers and ids of new versions, which follow from
/// what others have done.
fn come_to_the_same(one: &[Change], other: &[Change]) -> bool {
    let same = |(one, other): (&Change, &Change)| match (one, other) {
        (Change::Add { policy: one, .. }, Change::Add { policy: other, .. }) => one == other,
        (Change::Migrate(Some(one)), Change::Migrate(Some(other))) => {
            (&one.from, &one.to, one.switched) == (&other.from, &other.to, other.switched)
        }
        (one, other) => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Decisions on one request. Own limit: each that comes too late is one of somebody else's made, and
/// a node takes four steps for a version.
pub(super) const ATTEMPTS: u32 = 16;
