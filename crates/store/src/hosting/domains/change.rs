//! Changes to a domain.

use super::{Author, ChangeError, Hosted, events, stored_migration};
use crate::StoreError;
use crate::database::{Database, Statement, Transaction};
use crate::hosting::{DomainId, Seq, column};
use ironpost_proto::lifecycle::{Change, Life};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;

impl Database {
    /// Applies changes to a domain that nobody changed since `hosted` was read, raises the feed and
    /// wakes the nodes. [`Life::apply`] on the same gives what is in the database afterwards.
    pub async fn change(
        &self,
        hosted: &Hosted,
        changes: &[Change],
        author: &Author,
        now: Timestamp,
    ) -> Result<Seq, ChangeError> {
        let mut transaction = self.begin().await?;
        let Some(seq) = change(&mut transaction, hosted, changes, author, now).await? else {
            transaction.rollback().await?;
            return Err(ChangeError::Conflict);
        };
        transaction.commit().await?;
        Ok(seq)
    }

    /// What is served at `_smtp._tls` from now on.
    pub async fn change_rua(
        &self,
        hosted: &Hosted,
        rua: Option<&str>,
        author: &Author,
        now: Timestamp,
    ) -> Result<Seq, ChangeError> {
        let mut transaction = self.begin().await?;
        let seq = transaction.raise_feed().await?;
        if !update(&mut transaction, hosted, &hosted.life, rua, seq).await? {
            transaction.rollback().await?;
            return Err(ChangeError::Conflict);
        }
        events::write(&mut transaction, hosted.id, &[("reports", None)], author, now).await?;
        transaction.commit().await?;
        Ok(seq)
    }
}

/// Makes the changes. `None` if somebody else has changed the domain.
pub(super) async fn change(
    transaction: &mut Transaction,
    hosted: &Hosted,
    changes: &[Change],
    author: &Author,
    now: Timestamp,
) -> Result<Option<Seq>, StoreError> {
    let mut life = hosted.life.clone();
    life.apply(changes, now);
    let seq = transaction.raise_feed().await?;
    if !update(transaction, hosted, &life, hosted.rua.as_deref(), seq).await? {
        return Ok(None);
    }
    for change in changes {
        change_versions(transaction, hosted.id, change, now).await?;
    }
    let happened: Vec<_> = changes.iter().map(events::of).collect();
    events::write(transaction, hosted.id, &happened, author, now).await?;
    Ok(Some(seq))
}

/// What stands in the row of the domain. False if somebody else has changed it.
async fn update(
    transaction: &mut Transaction,
    hosted: &Hosted,
    life: &Life,
    rua: Option<&str>,
    seq: Seq,
) -> Result<bool, StoreError> {
    let statement = Statement::new(UPDATE)
        .bind(hosted.id.0)
        .bind(hosted.seq.0)
        .bind(seq.0)
        .bind(life.state.as_str())
        .bind(column::millis(life.since))
        .bind(life.shown)
        .bind(life.announced)
        .bind(life.migration.as_ref().map(stored_migration::write))
        .bind(rua);
    Ok(transaction.execute(statement).await? > 0)
}

/// What stands in the rows of its versions: those that `hosted` did not hold have to change too.
async fn change_versions(
    transaction: &mut Transaction,
    id: DomainId,
    change: &Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    let at =
        |sql, number: &u32| Statement::new(sql).bind(id.0).bind(*number).bind(column::millis(now));
    let statement = match change {
        Change::Add { number, id: policy_id, policy } => add(id, *number, policy_id, policy, false),
        Change::Adopt { number, id: policy_id, policy } => {
            add(id, *number, policy_id, policy, true)
        }
        Change::Show(number) => at(SHOW, number),
        Change::Everywhere(number) => at(EVERYWHERE, number),
        Change::Replace(number) => at(REPLACE, number),
        Change::Announce(number) => at(ANNOUNCE, number),
        Change::Enter(_) | Change::Migrate(_) | Change::Cease => return Ok(()),
    };
    transaction.execute(statement).await.map(drop)
}

fn add(
    domain: DomainId,
    number: u32,
    id: &PolicyId,
    policy: &Policy,
    elsewhere: bool,
) -> Statement {
    Statement::new(ADD)
        .bind(domain.0)
        .bind(number)
        .bind(id.as_str())
        .bind(policy.to_string())
        .bind(i64::from(elsewhere))
}

const UPDATE: &str = "UPDATE domains SET seq = $3, state = $4, since = $5, shown = $6, \
     announced = $7, migration = $8, rua = $9 WHERE id = $1 AND seq = $2";
const ADD: &str = "INSERT INTO versions (domain_id, number, id, policy, elsewhere) \
     VALUES ($1, $2, $3, $4, $5)";
const SHOW: &str = "UPDATE versions SET shown = $3 WHERE domain_id = $1 AND number = $2";
const EVERYWHERE: &str = "UPDATE versions SET everywhere = $3 WHERE domain_id = $1 AND number = $2";
const REPLACE: &str = "UPDATE versions SET replaced = $3 \
     WHERE domain_id = $1 AND number <> $2 AND shown IS NOT NULL AND replaced IS NULL";
const ANNOUNCE: &str = "UPDATE versions SET announced = $3 WHERE domain_id = $1 AND number = $2";
