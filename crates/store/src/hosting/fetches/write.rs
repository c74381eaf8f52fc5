//! Writing what nodes have counted.

use super::{Batch, FetchRow, HOUR_MILLIS, LastServed};
use crate::StoreError;
use crate::database::{Database, MAX_VALUES, Statement, Transaction, Value};
use crate::hosting::NodeId;
use crate::hosting::column::{millis, signed};

impl Database {
    /// These versions were served then; a later moment that is known already stays.
    pub async fn record_served(&self, served: &[LastServed]) -> Result<(), StoreError> {
        // Nodes that write at the same time lock rows in the same order.
        let mut served = served.to_vec();
        served.sort_by_key(|last| (last.domain, last.version));
        for part in served.chunks(AT_ONCE) {
            let mut transaction = self.begin().await?;
            for last in part {
                let statement = Statement::new(RAISE_LAST_SERVED)
                    .bind(last.domain.0)
                    .bind(last.version)
                    .bind(millis(last.at));
                transaction.execute(statement).await?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Adds the counts of a batch. One that was written before, of which the node did not hear, is
    /// not written again.
    pub async fn record_fetches(&self, node: NodeId, batch: &Batch) -> Result<(), StoreError> {
        let number = signed(batch.number);
        let mut transaction = self.begin().await?;
        let known = Statement::new(NOTE_BATCH).bind(node.0).bind(number);
        if transaction.execute(known).await? == 0 {
            return Ok(());
        }
        add(&mut transaction, HOUR_MILLIS, &batch.rows).await?;
        transaction.commit().await
    }
}

/// Adds to the counts of periods of that length; a row's hour lies in the period.
pub(super) async fn add(
    transaction: &mut Transaction,
    period: u64,
    rows: &[FetchRow],
) -> Result<(), StoreError> {
    for rows in rows.chunks(MAX_VALUES / COLUMNS) {
        let values = rows.iter().map(|row| values(period, row)).collect();
        transaction.execute(Statement::rows(ADD, values, TO_WHAT_IS_THERE)).await?;
    }
    Ok(())
}

fn values(period: u64, row: &FetchRow) -> Vec<Value> {
    let start = row.hour.start().as_millis();
    vec![
        row.domain.0.into(),
        signed(period).into(),
        signed(start - start % period).into(),
        row.version.into(),
        row.network.to_string().into(),
        row.sender.as_str().into(),
        signed(row.fetches).into(),
    ]
}

const ADD: &str = "INSERT INTO fetches \
     (domain_id, period, period_start, version, network, sender, fetched)";
const TO_WHAT_IS_THERE: &str = "ON CONFLICT (domain_id, period, period_start, version, network, sender) \
     DO UPDATE SET fetched = fetches.fetched + excluded.fetched";
const COLUMNS: usize = 7;
/// Versions of one transaction: nobody waits long for the one writer of SQLite.
const AT_ONCE: usize = 1000;

const RAISE_LAST_SERVED: &str = "UPDATE versions SET last_served = $3 \
     WHERE domain_id = $1 AND number = $2 AND (last_served IS NULL OR last_served < $3)";

const NOTE_BATCH: &str = "INSERT INTO fetch_batches (node_id, batch) VALUES ($1, $2) \
     ON CONFLICT (node_id) DO UPDATE SET batch = excluded.batch \
     WHERE fetch_batches.batch < excluded.batch";
