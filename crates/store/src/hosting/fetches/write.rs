//! Writing what nodes have counted.

use super::{Batch, FetchRow, HOUR_MILLIS, LastServed};
use crate::StoreError;
use crate::database::{Database, Statement, Transaction};
use crate::hosting::NodeId;
use crate::hosting::column::{millis, signed};
use std::sync::LazyLock;

impl Database {
    /// These versions were served then; a later moment that is known already stays.
    pub async fn record_served(&self, served: &[LastServed]) -> Result<(), StoreError> {
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
    let (whole, rest) = rows.as_chunks::<ROWS>();
    for rows in whole {
        let statement = Statement::new(&ADD_MANY);
        transaction.execute(bind(statement, period, rows)).await?;
    }
    for row in rest {
        let statement = Statement::new(&ADD_ONE);
        transaction.execute(bind(statement, period, std::slice::from_ref(row))).await?;
    }
    Ok(())
}

fn bind(statement: Statement, period: u64, rows: &[FetchRow]) -> Statement {
    rows.iter().fold(statement, |statement, row| {
        let start = row.hour.start().as_millis();
        statement
            .bind(row.domain.0)
            .bind(signed(period))
            .bind(signed(start - start % period))
            .bind(row.version)
            .bind(row.network.to_string())
            .bind(row.sender.as_str())
            .bind(signed(row.fetches))
    })
}

fn add_sql(rows: usize) -> String {
    let row = |row: usize| {
        let parameters: Vec<_> = (1..=COLUMNS).map(|n| format!("${}", row * COLUMNS + n)).collect();
        format!("({})", parameters.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO fetches \
             (domain_id, period, period_start, version, network, sender, fetched) \
         VALUES {} \
         ON CONFLICT (domain_id, period, period_start, version, network, sender) \
         DO UPDATE SET fetched = fetches.fetched + excluded.fetched",
        rows.join(", ")
    )
}

static ADD_ONE: LazyLock<String> = LazyLock::new(|| add_sql(1));
static ADD_MANY: LazyLock<String> = LazyLock::new(|| add_sql(ROWS));
const COLUMNS: usize = 7;
/// Rows of one statement.
const ROWS: usize = 64;
/// Versions of one transaction: nobody waits long for the one writer of SQLite.
const AT_ONCE: usize = 1000;

const RAISE_LAST_SERVED: &str = "UPDATE versions SET last_served = $3 \
     WHERE domain_id = $1 AND number = $2 AND (last_served IS NULL OR last_served < $3)";

const NOTE_BATCH: &str = "INSERT INTO fetch_batches (node_id, batch) VALUES ($1, $2) \
     ON CONFLICT (node_id) DO UPDATE SET batch = excluded.batch \
     WHERE fetch_batches.batch < excluded.batch";
