//! What is on its way into the database.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::fetches::{Batch, FetchRow, LastServed};
use ironpost_store::hosting::{DomainId, NodeId};
use std::collections::{HashMap, VecDeque};

/// What is not known to be in the database. It stays here while it is written, so that nothing is
/// lost when that is given up half-way.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    served: HashMap<(DomainId, u32), Timestamp>,
    batches: VecDeque<Batch>,
    /// The number of the last batch.
    number: u64,
}

impl Unwritten {
    pub(super) fn add_served(&mut self, served: Vec<LastServed>) {
        for LastServed { domain, version, at } in served {
            let last = self.served.entry((domain, version)).or_insert(at);
            *last = at.max(*last);
        }
    }

    pub(super) async fn write_served(&mut self, database: &Database) -> Result<(), StoreError> {
        if self.served.is_empty() {
            return Ok(());
        }
        let served = self.served.iter();
        let served: Vec<_> =
            served.map(|(&(domain, version), &at)| LastServed { domain, version, at }).collect();
        // To write them twice does no harm.
        database.record_served(&served).await?;
        self.served.clear();
        Ok(())
    }

    pub(super) fn add_counts(&mut self, rows: Vec<FetchRow>) {
        for rows in rows.chunks(BATCH) {
            self.number += 1;
            self.batches.push_back(Batch { number: self.number, rows: rows.to_vec() });
        }
    }

    pub(super) async fn write_counts(
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
