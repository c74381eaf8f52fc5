//! Reading all policies.

use super::{StoredPolicy, row};
use crate::StoreError;
use futures_util::TryStreamExt;
use futures_util::stream::{self, Stream};
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

/// See [`Store::policies`](crate::Store::policies).
pub(super) fn policies(
    readers: SqlitePool,
) -> impl Stream<Item = Result<StoredPolicy, StoreError>> + Send + 'static {
    let load = Load { readers, after: Vec::new(), unreadable: 0 };
    stream::try_unfold(load, Load::next_page)
        .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
        .try_flatten()
}

/// How far the load has come.
#[derive(Debug)]
struct Load {
    readers: SqlitePool,
    /// The last domain read, as the database has it.
    after: Vec<u8>,
    /// Rows passed over.
    unreadable: u64,
}

impl Load {
    async fn next_page(mut self) -> Result<Option<(Vec<StoredPolicy>, Self)>, StoreError> {
        // What is no text comes after all text, and again after itself: left out.
        let rows = sqlx::query(
            "SELECT domain, id, body, fetched_at, recheck_at FROM policy \
             WHERE domain > CAST(?1 AS TEXT) AND typeof(domain) = 'text' \
             ORDER BY domain LIMIT ?2",
        )
        .bind(self.after.as_slice())
        .bind(PAGE)
        .fetch_all(&self.readers)
        .await?;
        let Some(last) = rows.last() else {
            self.report();
            return Ok(None);
        };
        self.after = last.try_get_unchecked::<Vec<u8>, _>(0)?;
        let page = rows.iter().filter_map(|row| self.read(row)).collect();
        Ok(Some((page, self)))
    }

    fn read(&mut self, row: &SqliteRow) -> Option<StoredPolicy> {
        let policy = row::policy(row);
        self.unreadable += u64::from(policy.is_none());
        policy
    }

    fn report(&self) {
        if self.unreadable > 0 {
            tracing::warn!(
                count = self.unreadable,
                "policies in the database cannot be read: passed over"
            );
        }
    }
}

/// Rows read at once. Parsing them takes a fraction of a millisecond, in which the thread answers
/// nobody else.
const PAGE: i64 = 256;
