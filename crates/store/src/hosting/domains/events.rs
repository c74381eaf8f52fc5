//! What happened to a domain.

use super::{Author, Event};
use crate::StoreError;
use crate::database::{Database, Statement, Transaction, Value};
use crate::hosting::DomainId;
use crate::hosting::column::{self, damaged};
use ironpost_proto::lifecycle::Change;
use ironpost_proto::mta_sts::discovery::Timestamp;

impl Database {
    /// Everything that happened to a domain, newest first.
    pub async fn events(&self, id: DomainId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT at, who, why, what, version FROM events WHERE domain_id = $1 \
                   ORDER BY id DESC LIMIT $2";
        let rows = self.fetch_all(Statement::new(sql).bind(id.0).bind(limit)).await?;
        let event = |row| -> Result<Event, StoreError> {
            let row: &crate::database::Row = row;
            let version = row.opt_int(4)?.map(u32::try_from).transpose();
            Ok(Event {
                at: column::time(row, 0)?,
                author: Author { who: row.text(1)?, why: row.opt_text(2)? },
                what: row.text(3)?,
                version: version.map_err(|_| damaged())?,
            })
        };
        rows.iter().map(event).collect()
    }
}

/// Writes down what happened, in its order.
pub(super) async fn write(
    transaction: &mut Transaction,
    id: DomainId,
    happened: &[(&'static str, Option<u32>)],
    author: &Author,
    now: Timestamp,
) -> Result<(), StoreError> {
    if happened.is_empty() {
        return Ok(());
    }
    let row = |(what, version): &(&str, Option<u32>)| -> Vec<Value> {
        vec![
            id.0.into(),
            column::millis(now).into(),
            author.who.as_str().into(),
            author.why.as_deref().into(),
            (*what).into(),
            (*version).into(),
        ]
    };
    let rows = happened.iter().map(row).collect();
    let head = "INSERT INTO events (domain_id, at, who, why, what, version)";
    transaction.execute(Statement::rows(head, rows, "")).await.map(drop)
}

/// The event that a change is.
pub(super) fn of(change: &Change) -> (&'static str, Option<u32>) {
    match change {
        Change::Enter(state) => (state.as_str(), None),
        Change::Add { number, .. } => ("version", Some(*number)),
        Change::Adopt { number, .. } => ("adopted", Some(*number)),
        Change::Show(number) => ("shown", Some(*number)),
        Change::Everywhere(number) => ("everywhere", Some(*number)),
        Change::Replace(number) => ("replaced", Some(*number)),
        Change::Announce(number) => ("announced", Some(*number)),
        Change::Migrate(Some(migration)) => ("migrating", Some(migration.wide)),
        Change::Migrate(None) => ("migrated", None),
        Change::Cease => ("ceased", None),
    }
}
