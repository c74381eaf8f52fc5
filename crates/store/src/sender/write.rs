//! Writing, all or nothing.

use super::{Change, StoredPolicy, StoredRoute, row};
use crate::StoreError;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};
use sqlx::{Connection, QueryBuilder};
use std::collections::BTreeMap;

/// See [`Store::write`](crate::Store::write).
pub(super) async fn write(writer: &SqlitePool, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut connection = writer.acquire().await?;
    let outcome = Outcome::of(changes).write(&mut connection).await;
    if outcome.is_err() {
        // SQLite ends a transaction by itself when the disk is full or broken, and the driver does
        // not learn of it: its next one would be a part of one that is no more.
        connection.close_on_drop();
    }
    Ok(outcome?)
}

/// See [`Store::forget_expired`](crate::Store::forget_expired). In many small transactions, so
/// that a million expired policies do not become one great one.
pub(super) async fn forget_expired(
    writer: &SqlitePool,
    now: Timestamp,
    stale: Timestamp,
) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    for (delete, time) in [(DELETE_POLICIES, now), (DELETE_ROUTES, stale)] {
        loop {
            let deleted = sqlx::query(delete)
                .bind(row::millis(time))
                .bind(DELETED_AT_ONCE)
                .execute(writer)
                .await?
                .rows_affected();
            forgotten += deleted;
            if deleted == 0 {
                break;
            }
        }
    }
    Ok(forgotten)
}

/// What changes come to: one for each key, in the order of the tables.
#[derive(Debug, Default)]
struct Outcome<'a> {
    policies: BTreeMap<&'a Domain, Option<&'a StoredPolicy>>,
    routes: BTreeMap<&'a str, &'a StoredRoute>,
}

impl<'a> Outcome<'a> {
    fn of(changes: &'a [Change]) -> Self {
        let mut outcome = Self::default();
        for change in changes {
            match change {
                Change::Policy(policy) => {
                    outcome.policies.insert(&policy.domain, Some(policy));
                }
                Change::NoPolicy(domain) => {
                    outcome.policies.insert(domain, None);
                }
                Change::Route(route) => {
                    outcome.routes.insert(&route.next_hop, route);
                }
            }
        }
        outcome
    }

    async fn write(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        // A transaction that begins by reading could not wait for another process's.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.policies.iter().partition(|(_, policy)| policy.is_some());
        let kept: Vec<&StoredPolicy> = kept.into_iter().filter_map(|(_, kept)| *kept).collect();
        for rows in kept.chunks(ROWS_AT_ONCE) {
            upsert_policies(rows).build().persistent(false).execute(&mut *transaction).await?;
        }
        for (domain, _) in gone {
            sqlx::query("DELETE FROM policy WHERE domain = ?1")
                .bind(domain.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        let routes: Vec<&StoredRoute> = self.routes.values().copied().collect();
        for rows in routes.chunks(ROWS_AT_ONCE) {
            upsert_routes(rows).build().persistent(false).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

fn upsert_policies(rows: &[&StoredPolicy]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "INSERT OR REPLACE INTO policy (domain, id, body, fetched_at, expires_at, recheck_at) ",
    );
    query.push_values(rows, |mut row, policy| {
        row.push_bind(policy.domain.as_str().to_owned())
            .push_bind(policy.cached.id.as_str().to_owned())
            .push_bind(policy.cached.policy.compact())
            .push_bind(row::millis(policy.cached.fetched_at))
            .push_bind(row::millis(policy.cached.expires_at()))
            .push_bind(row::millis(policy.recheck_at));
    });
    query
}

fn upsert_routes(rows: &[&StoredRoute]) -> QueryBuilder<Sqlite> {
    let mut query =
        QueryBuilder::new("INSERT OR REPLACE INTO route (next_hop, dane, fresh_until) ");
    query.push_values(rows, |mut row, route| {
        row.push_bind(route.next_hop.clone())
            .push_bind(i64::from(route.dane))
            .push_bind(row::millis(route.fresh_until));
    });
    query
}

const DELETE_POLICIES: &str = "DELETE FROM policy WHERE domain IN \
    (SELECT domain FROM policy WHERE expires_at <= ?1 LIMIT ?2)";
const DELETE_ROUTES: &str = "DELETE FROM route WHERE next_hop IN \
    (SELECT next_hop FROM route WHERE fresh_until < ?1 LIMIT ?2)";
const DELETED_AT_ONCE: i64 = 1000;

/// Rows in one statement: 6 values each, of the 32,766 that SQLite allows.
const ROWS_AT_ONCE: usize = 256;
