//! Databases of other programs, as they write them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use ironpost_store::foreign::{ForeignError, Row, mta_sts_resolver};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use tempfile::TempDir;

/// The tables of postfix-mta-sts-resolver 1.5.1.
const TABLES: &str = "
    create table proactive_fetch_ts (id integer primary key, last_fetch_ts integer);
    create table sts_policy_cache (domain text, ts integer, pol_id text, pol_body text);
    create unique index sts_policy_domain on sts_policy_cache (domain);
    create index sts_policy_domain_ts on sts_policy_cache (domain, ts);";

async fn database(path: &Path, text: &'static str) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap();
    sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    connection
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn rows_are_read_as_they_stand_while_their_program_runs() {
    let folder = folder();
    let path = folder.path().join("cache.db");
    let mut writer = database(&path, TABLES).await;
    sqlx::raw_sql(
        "insert into sts_policy_cache values
            ('b.example', 1750000000, '20260101', '{\"mode\": \"none\", \"max_age\": 1}'),
            ('a.example', 1750000001, 'x y', 'no json'),
            ('c.example', null, 'x', '{}'),
            ('d.example', 1.5, 7, '{}')",
    )
    .execute(&mut writer)
    .await
    .unwrap();
    let row = |domain: &str, seconds, id: &str, policy: &str| Row {
        domain: domain.into(),
        seconds,
        id: id.into(),
        policy: policy.into(),
    };
    let expected = [
        row("a.example", 1_750_000_001, "x y", "no json"),
        row("b.example", 1_750_000_000, "20260101", "{\"mode\": \"none\", \"max_age\": 1}"),
        row("d.example", 1, "7", "{}"),
    ];
    assert_eq!(mta_sts_resolver(&path).await.unwrap(), expected);
    writer.close().await.unwrap();
    assert_eq!(mta_sts_resolver(&path).await.unwrap(), expected);
}

#[tokio::test]
async fn texts_far_too_long_are_passed_over() {
    let folder = folder();
    let path = folder.path().join("cache.db");
    let mut writer = database(&path, TABLES).await;
    sqlx::raw_sql(
        "insert into sts_policy_cache values
            ('a.example', 1, 'x', printf('%.*c', 1000000, 'x')),
            (printf('%.*c', 2000, 'x'), 1, 'x', '{}')",
    )
    .execute(&mut writer)
    .await
    .unwrap();
    writer.close().await.unwrap();
    assert_eq!(mta_sts_resolver(&path).await.unwrap(), []);
}

#[tokio::test]
async fn other_databases_are_refused() {
    let folder = folder();
    let path = folder.path().join("other.db");
    database(&path, "create table sts_policy_cache (domain text)").await.close().await.unwrap();
    let refused = mta_sts_resolver(&path).await.unwrap_err();
    assert!(matches!(refused, ForeignError::OtherTables), "{refused}");
    let path = folder.path().join("broken.db");
    std::fs::write(&path, b"SQLite format 3\0and then nothing of the kind").unwrap();
    let refused = mta_sts_resolver(&path).await.unwrap_err();
    assert!(matches!(refused, ForeignError::Database(_)), "{refused}");
    let missing = folder.path().join("missing.db");
    assert!(mta_sts_resolver(&missing).await.is_err());
    assert!(!missing.exists(), "nothing is made");
}
