//! kill -9 in the middle of changes: what was acknowledged is there, nothing is half there.

use crate::again::{Telling, again, path_from_parent, tell};
use crate::place::{Place, added, at, author};
use ironpost_proto::lifecycle::Change;
use ironpost_proto::mta_sts::policy;
use std::path::Path;
use std::time::SystemTime;

#[tokio::test]
async fn a_change_is_whole_or_not_there() {
    if let Some(path) = path_from_parent() {
        return change_for_ever(&path).await;
    }
    for acknowledged in [1, 2, 7, 40] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hosting.db");
        let test = "kill::a_change_is_whole_or_not_there";
        let mut child = again(&[], test, &path).spawn().unwrap();
        let mut telling = Telling::of(&mut child);
        let mut last = None;
        for _ in 0..acknowledged {
            last = telling.next().await;
            assert!(last.is_some(), "the child ended by itself");
        }
        // In the middle of the next change: when the log is being written to.
        let before = written(&path);
        while written(&path) == before && child.try_wait().unwrap().is_none() {}
        child.start_kill().unwrap();
        child.wait().await.unwrap();
        while let Some(number) = telling.next().await {
            last = Some(number);
        }
        let last: u32 = last.unwrap().parse().unwrap();
        let place = Place::at(path, directory);
        assert_whole(&place, last).await;
    }
}

/// When the log was written to, and its length.
fn written(path: &Path) -> Option<(SystemTime, u64)> {
    let log = path.with_extension("db-wal").metadata().ok()?;
    Some((log.modified().unwrap(), log.len()))
}

/// What the child does with one version after the other.
fn changes(number: u32) -> [Change; 4] {
    let body = "version: STSv1\nmode: none\nmax_age: 1\n";
    let policy = policy::parse(body.as_bytes()).verdict.unwrap();
    let id = format!("id{number}").parse().unwrap();
    [
        Change::Add { number, id, policy },
        Change::Show(number),
        Change::Replace(number),
        Change::Announce(number),
    ]
}

/// The child: tells the number of each version once it is written.
async fn change_for_ever(path: &Path) {
    let address = path.to_str().unwrap().parse().unwrap();
    let migration = ironpost_store::database::Migration::Apply;
    let database = ironpost_store::database::Database::open(&address, migration).await.unwrap();
    let mut hosted = added(&database, "a.test", 1).await;
    for number in 1.. {
        let now = at(u64::from(number));
        let changes = changes(number);
        hosted.seq = database.change(&hosted, &changes, &author(), now).await.unwrap();
        tell(&number.to_string());
    }
}

/// All versions to the last acknowledged one are there, and at most one more, each as if made in
/// one step.
async fn assert_whole(place: &Place, last: u32) {
    let database = place.open().await;
    let rows = database.served_after(ironpost_store::hosting::Seq(0), 9).await.unwrap();
    let hosted = database.domain_by_id(rows[0].id).await.unwrap().unwrap();
    let there = hosted.life.latest().unwrap().number;
    assert!((last..=last + 1).contains(&there), "acknowledged: {last}, there: {there}");
    let mut expected = ironpost_proto::lifecycle::Life::new(hosted.life.way, at(1));
    for number in 1..=there {
        expected.apply(&changes(number), at(u64::from(number)));
    }
    assert_eq!(hosted.life, expected);
    assert_eq!(hosted.seq, database.feed().await.unwrap());
    let events = database.events(hosted.id, u32::MAX).await.unwrap();
    assert_eq!(events.len(), 1 + 4 * usize::try_from(there).unwrap());
    assert_eq!(place.sql("PRAGMA integrity_check").await, "ok");
    // And it goes on.
    let now = at(u64::from(there) + 1);
    database.change(&hosted, &changes(there + 1), &author(), now).await.unwrap();
}
