//! Rows and what they stand for. A row is read with the types of the protocol, as if it came from
//! outside: the file may be damaged, or have been edited.

use super::{StoredPolicy, StoredRoute};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Columns: domain, id, body, fetched_at, recheck_at.
pub(super) fn policy(row: &SqliteRow) -> Option<StoredPolicy> {
    let text = |column: usize| row.try_get::<&str, _>(column).ok();
    let body = policy::parse(text(2)?.as_bytes());
    Some(StoredPolicy {
        domain: Domain::from_a_labels(text(0)?.as_bytes()).ok()?,
        cached: CachedPolicy {
            policy: body.verdict.ok()?,
            id: text(1)?.parse().ok()?,
            fetched_at: time(row, 3)?,
        },
        recheck_at: time(row, 4)?,
    })
}

/// Columns: next_hop, dane, fresh_until.
pub(super) fn route(row: &SqliteRow) -> Option<StoredRoute> {
    Some(StoredRoute {
        next_hop: row.try_get(0).ok()?,
        dane: row.try_get::<i64, _>(1).ok()?.try_into().ok()?,
        fresh_until: time(row, 2)?,
    })
}

fn time(row: &SqliteRow, column: usize) -> Option<Timestamp> {
    let millis = row.try_get::<i64, _>(column).ok()?;
    u64::try_from(millis).ok().map(Timestamp::from_millis)
}

/// A time as a column has it.
pub(super) fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
