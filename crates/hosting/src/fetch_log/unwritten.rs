//! What is on its way into the database.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::fetches::{Batch, FetchRow, LastServed};
use ironpost_store::hosting::{DomainId, NodeId};
use std::collections::{HashMap, VecDeque};

/// When versions were served last, as far as that is not known to be in the database. It stays here
/// while it is written, so that nothing is lost when that is given up half-way.
#[derive(Debug, Default)]
pub(super) struct UnwrittenServed(HashMap<(DomainId, u32), Timestamp>);

/// Counts that are not known to be in the database, in batches that stay as they are: one that was
/// written without our hearing of it is recognised by its number.
#[derive(Debug, Default)]
pub(super) struct UnwrittenCounts {
    batches: VecDeque<Batch>,
    /// The number of the last batch.
    number: u64,
}

impl UnwrittenServed {
    pub(super) fn add(&mut self, served: Vec<LastServed>) {
        for LastServed { domain, version, at } in served {
            let last = self.0.entry((domain, version)).or_insert(at);
            *last = at.max(*last);
        }
    }

    pub(super) async fn write(&mut self, database: &Database) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let served = self.0.iter();
        let served: Vec<_> =
            served.map(|(&(domain, version), &at)| LastServed { domain, version, at }).collect();
        // To write them twice does no harm.
        database.record_served(&served).await?;
        self.0.clear();
        Ok(())
    }
}

impl UnwrittenCounts {
    pub(super) fn add(&mut self, rows: &[FetchRow]) {
        for rows in rows.chunks(BATCH) {
            self.number += 1;
            self.batches.push_back(Batch { number: self.number, rows: rows.to_vec() });
        }
    }

    pub(super) async fn write(
        &mut self,
        database: &Database,
        node: NodeId,
    ) -> Result<(), StoreError> {
        while let Some(batch) = self.batches.front() {
            database.record_fetches(node, batch).await?;
            self.batches.pop_front();
        }
        Ok(())
    }
}

/// Rows of one transaction: nobody waits long for the one writer of SQLite.
const BATCH: usize = 4096;
