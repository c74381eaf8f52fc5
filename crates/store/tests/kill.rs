//! kill -9 in the middle of 100,000 inserts: what was acknowledged is there, nothing is half there.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "support/again.rs"]
mod again;
#[path = "support/samples.rs"]
mod samples;

use again::{Telling, again, path_from_parent, tell};
use futures_util::TryStreamExt;
use ironpost_store::Store;
use ironpost_store::sender::StoredPolicy;
use samples::many;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

#[tokio::test]
async fn what_was_acknowledged_survives() {
    if let Some(path) = path_from_parent() {
        return insert(&path).await;
    }
    // Killed after so many batches were acknowledged: at once, in between, and behind checkpoints.
    for acknowledged in [0, 1, 5, 20, 60] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sender.db");
        let mut child = again(&[], "what_was_acknowledged_survives", &path).spawn().unwrap();
        let mut telling = Telling::of(&mut child);
        let mut last = None;
        for _ in 0..acknowledged {
            last = telling.next().await;
            assert!(last.is_some(), "the child ended by itself");
        }
        // In the middle of the next batch: when the log is being written to.
        let before = written(&path);
        while written(&path) == before && child.try_wait().unwrap().is_none() {}
        child.start_kill().unwrap();
        child.wait().await.unwrap();
        while let Some(batch) = telling.next().await {
            last = Some(batch);
        }
        let last = last.map_or(0, |batch| batch.parse().unwrap());
        assert!(last < BATCHES, "the child was killed too late");
        assert_whole(&path, last).await;
    }
}

/// When the log was written to, and its length.
fn written(path: &Path) -> Option<(SystemTime, u64)> {
    let log = path.with_extension("db-wal").metadata().ok()?;
    Some((log.modified().unwrap(), log.len()))
}

/// The child: tells the number of each batch once it is written.
async fn insert(path: &Path) {
    let store = Store::open(path).await.unwrap();
    // Made before, so that it is the writing that is cut short.
    let batches: Vec<_> = (1..=BATCHES).map(|n| many(&format!("b{n:04}-"), BATCH)).collect();
    for (batch, changes) in (1..).zip(&batches) {
        store.write(changes).await.unwrap();
        tell(&format!("{batch}"));
    }
}

/// All batches to the last acknowledged one are there, and at most one more.
async fn assert_whole(path: &Path, last: usize) {
    let store = Store::open(path).await.unwrap();
    let policies: Vec<StoredPolicy> = store.policies().try_collect().await.unwrap();
    let mut batches = BTreeMap::new();
    for policy in policies {
        let (batch, _) = policy.domain.as_str().split_once('-').unwrap();
        *batches.entry(batch[1..].parse::<usize>().unwrap()).or_insert(0) += 1;
    }
    assert!(batches.values().all(|count| *count == BATCH), "a batch is half there: {batches:?}");
    let expected = batches.len().max(last);
    assert!(expected <= last + 1, "acknowledged: {last}, there: {}", batches.len());
    assert!(batches.keys().copied().eq(1..=expected), "acknowledged: {last}, {batches:?}");
    store.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let database = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let check: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&database).await.unwrap();
    assert_eq!(check, "ok");
    // And it goes on.
    let store = Store::open(path).await.unwrap();
    store.write(&many("after", 10)).await.unwrap();
}

/// 100,000 policies.
const BATCHES: usize = 100;
const BATCH: usize = 1_000;
