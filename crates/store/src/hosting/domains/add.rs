//! New domains.

use super::change::change;
use super::{AddAllError, AddError, Author, Hosted, NewDomain, row};
use crate::StoreError;
use crate::database::{Database, MAX_VALUES, Statement, Transaction, Value};
use crate::hosting::column::{self, damaged};
use crate::hosting::{DomainId, OrganisationId, Seq};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Life, State};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::collections::HashMap;

impl Database {
    /// Adds a domain in state pending under a token that was never used.
    pub async fn add_domain(
        &self,
        new: &NewDomain,
        author: &Author,
        now: Timestamp,
    ) -> Result<Hosted, AddError> {
        let ids = self.add_domains(std::slice::from_ref(new), author, now).await;
        let ids = ids.map_err(|error| error.why)?;
        let id = ids.first().ok_or_else(damaged)?;
        Ok(self.domain_by_id(*id).await?.ok_or_else(damaged)?)
    }

    /// Adds a domain with its first changes, or nothing at all.
    pub async fn add_domain_with(
        &self,
        new: &NewDomain,
        changes: &[Change],
        author: &Author,
        now: Timestamp,
    ) -> Result<Hosted, AddError> {
        let former = self.former(&new.name).await?;
        let mut transaction = self.begin().await?;
        let ids = add(&mut transaction, std::slice::from_ref(new), author, now).await;
        let ids = ids.map_err(|error| error.why)?;
        let id = *ids.first().ok_or_else(damaged)?;
        let find = Statement::new("SELECT seq FROM domains WHERE id = $1").bind(id.0);
        let row = transaction.fetch_optional(find).await?.ok_or_else(damaged)?;
        let mut hosted = Hosted {
            id,
            organisation: new.organisation,
            name: new.name.clone(),
            token: new.token,
            rua: new.rua.clone(),
            life: Life { former, ..Life::new(new.way, now) },
            seq: Seq(row.int(0)?),
            added: now,
        };
        let seq = change(&mut transaction, &hosted, changes, author, now).await?;
        hosted.seq = seq.ok_or_else(damaged)?;
        hosted.life.apply(changes, now);
        transaction.commit().await?;
        Ok(hosted)
    }

    /// Adds many, all or none, and returns their numbers in the same order. A hundred thousand take
    /// some seconds, in which no other domain changes.
    pub async fn add_domains(
        &self,
        new: &[NewDomain],
        author: &Author,
        now: Timestamp,
    ) -> Result<Vec<DomainId>, AddAllError> {
        let Some(first) = new.first() else { return Ok(Vec::new()) };
        let failed = |name: &Domain, error: StoreError| AddAllError {
            name: name.clone(),
            why: error.into(),
        };
        let mut transaction = self.begin().await.map_err(|error| failed(&first.name, error))?;
        match add(&mut transaction, new, author, now).await {
            Ok(ids) => match transaction.commit().await {
                Ok(()) => Ok(ids),
                Err(error) => Err(failed(&first.name, error)),
            },
            Err(error) => {
                // The error that is told is the first one.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}

async fn add(
    transaction: &mut Transaction,
    new: &[NewDomain],
    author: &Author,
    now: Timestamp,
) -> Result<Vec<DomainId>, AddAllError> {
    let at = |name: &Domain| {
        let name = name.clone();
        move |error: StoreError| AddAllError { name, why: error.into() }
    };
    let Some(first) = new.first() else { return Ok(Vec::new()) };
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let last = transaction.raise_feed_by(count).await.map_err(at(&first.name))?;
    let before = Seq(last.0 - count);
    let mut holders = HashMap::new();
    for chunk in new.chunks(MAX_VALUES) {
        let name = &chunk[0].name;
        holders.extend(holders_of(transaction, chunk).await.map_err(at(name))?);
    }
    let mut seq = before.0;
    for chunk in new.chunks(MAX_VALUES / COLUMNS) {
        for new in chunk {
            // A name that is given twice is the second time hosted by the first.
            let why = match holders.insert(new.name.as_str().to_owned(), new.organisation) {
                None => continue,
                Some(holder) if holder == new.organisation => AddError::Hosted,
                Some(_) => AddError::Taken,
            };
            return Err(AddAllError { name: new.name.clone(), why });
        }
        let rows = chunk.iter().map(|new| {
            seq += 1;
            values(new, seq, now)
        });
        let insert = Statement::rows(INSERT, rows.collect(), "");
        transaction.execute(insert).await.map_err(at(&chunk[0].name))?;
    }
    let event = Statement::new(EVENTS)
        .bind(before.0)
        .bind(last.0)
        .bind(column::millis(now))
        .bind(author.who.as_str())
        .bind(author.why.as_deref());
    transaction.execute(event).await.map_err(at(&first.name))?;
    ids(transaction, before, last).await.map_err(at(&first.name))
}

/// Who hosts which of these names.
async fn holders_of(
    transaction: &mut Transaction,
    new: &[NewDomain],
) -> Result<Vec<(String, OrganisationId)>, StoreError> {
    let parameters: Vec<_> = (1..=new.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT name, organisation_id FROM domains WHERE state <> 'gone' AND name IN ({})",
        parameters.join(", ")
    );
    let find = new.iter().fold(Statement::composed(sql), |find, new| find.bind(new.name.as_str()));
    let rows = transaction.fetch_all(find).await?;
    rows.iter().map(|row| Ok((row.text(0)?, OrganisationId(row.int(1)?)))).collect()
}

fn values(new: &NewDomain, seq: i64, now: Timestamp) -> Vec<Value> {
    vec![
        new.organisation.0.into(),
        new.name.as_str().into(),
        new.token.to_string().into(),
        row::way_word(new.way).into(),
        State::Pending.as_str().into(),
        column::millis(now).into(),
        new.rua.as_deref().into(),
        column::millis(now).into(),
        seq.into(),
    ]
}

async fn ids(
    transaction: &mut Transaction,
    before: Seq,
    last: Seq,
) -> Result<Vec<DomainId>, StoreError> {
    let sql = "SELECT id FROM domains WHERE seq > $1 AND seq <= $2 ORDER BY seq";
    let rows = transaction.fetch_all(Statement::new(sql).bind(before.0).bind(last.0)).await?;
    rows.iter().map(|row| row.int(0).map(DomainId)).collect()
}

const COLUMNS: usize = 9;
const INSERT: &str = "INSERT INTO domains \
     (organisation_id, name, token, way, state, since, rua, added_at, seq)";
const EVENTS: &str = "INSERT INTO events (domain_id, at, who, why, what) \
     SELECT id, $3, $4, $5, 'added' FROM domains WHERE seq > $1 AND seq <= $2 ORDER BY seq";
