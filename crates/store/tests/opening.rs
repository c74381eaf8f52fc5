//! Files that are no database, another's, or not ours to write.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "support/again.rs"]
mod again;
#[path = "support/samples.rs"]
mod samples;

use again::{Telling, again, path_from_parent, tell};
use futures_util::TryStreamExt;
use ironpost_store::{OpenError, Store, StoreError};
use samples::{many, stored};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Past the store.
async fn sqlite(path: &Path, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let database = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(statements).execute(&database).await.unwrap();
    database.close().await;
}

/// The error of opening a file, which is left as it was.
async fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).ok();
    let error = Store::open(path).await.unwrap_err();
    assert_eq!(fs::read(path).ok(), before, "the file has been written to");
    error
}

#[tokio::test]
async fn a_directory_has_to_be_there() {
    let directory = tempfile::tempdir().unwrap();
    let error = refused(&directory.path().join("none/sender.db")).await;
    assert!(matches!(&error, OpenError::NoDirectory { directory } if directory.ends_with("none")));
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::NoAccess { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    for content in [b"#!/bin/sh\n".repeat(1_000), vec![0; 4_096], b"SQLite format 3\0".repeat(99)] {
        fs::write(&path, content).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains("move it away"), "{error}");
    }
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    for (name, statements) in [
        ("tables", "CREATE TABLE bookmarks (url TEXT)"),
        ("version", "PRAGMA user_version = 1"),
        ("application", "PRAGMA application_id = 7"),
    ] {
        let path = directory.path().join(name);
        sqlite(&path, statements).await;
        let error = refused(&path).await;
        assert!(error.to_string().contains("another program made it"), "{error}");
    }
}

#[tokio::test]
async fn a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    Store::open(&path).await.unwrap().close().await;
    sqlite(&path, "PRAGMA user_version = 2").await;
    let error = refused(&path).await;
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
}

/// An empty file is one that nothing has been written to yet, as after a kill in the first moment.
#[tokio::test]
async fn an_empty_file_becomes_a_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    fs::write(&path, b"").unwrap();
    let store = Store::open(&path).await.unwrap();
    store.write(&many("a", 1)).await.unwrap();
}

/// Every page but the first is overwritten: whatever is asked, there is an error and no panic.
#[tokio::test]
async fn a_damaged_database_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    let store = Store::open(&path).await.unwrap();
    store.write(&many("a", 2_000)).await.unwrap();
    store.close().await;
    let mut content = fs::read(&path).unwrap();
    content[4_096..].fill(0xa5);
    fs::write(&path, content).unwrap();
    let store = Store::open(&path).await.unwrap();
    let asked = store.policy(&"a0000001.test".parse().unwrap()).await.unwrap_err();
    let loaded = store.policies().try_collect::<Vec<_>>().await.unwrap_err();
    let written = store.write(&many("b", 1)).await.unwrap_err();
    for error in [asked, loaded, written] {
        assert!(matches!(&error, StoreError::Database(text) if text.contains("malformed")));
    }
}

/// Rows that do not parse: passed over, whichever column it is.
#[tokio::test]
async fn what_cannot_be_read_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    let store = Store::open(&path).await.unwrap();
    store.write(&many("m", 300)).await.unwrap();
    sqlite(
        &path,
        "UPDATE policy SET id = '' WHERE domain = 'm0000000.test';
         UPDATE policy SET body = 'mx: a servername=b' WHERE domain = 'm0000001.test';
         UPDATE policy SET body = x'ff00' WHERE domain = 'm0000002.test';
         UPDATE policy SET fetched_at = -1 WHERE domain = 'm0000003.test';
         UPDATE policy SET recheck_at = 'soon' WHERE domain = 'm0000004.test';
         UPDATE policy SET domain = 'no domain' WHERE domain = 'm0000005.test';
         UPDATE policy SET domain = CAST(x'6dff' AS TEXT) WHERE domain = 'm0000299.test';
         UPDATE policy SET domain = x'6d' WHERE domain = 'm0000006.test';
         INSERT INTO route VALUES ('a', 256, 1), ('b', 1, -1), ('c', 'x', 1);",
    )
    .await;
    let read: Vec<_> = store.policies().try_collect().await.unwrap();
    let expected: Vec<_> = (7..299).map(|n| stored(&format!("m{n:07}.test"), 1_000)).collect();
    assert!(read == expected);
    for name in ["m0000000.test", "m0000002.test"] {
        assert_eq!(store.policy(&name.parse().unwrap()).await.unwrap(), None);
    }
    for next_hop in ["a", "b", "c"] {
        assert_eq!(store.route(next_hop).await.unwrap(), None);
    }
}

#[tokio::test]
async fn files_are_for_their_owner_whatever_the_umask() {
    if let Some(directory) = path_from_parent() {
        let store = Store::open(&directory.join("sender.db")).await.unwrap();
        store.write(&many("a", 1)).await.unwrap();
        for file in fs::read_dir(&directory).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            tell(&format!("{} {mode:o}", file.file_name().display()));
        }
        return;
    }
    for umask in ["umask 000 && exec \"$@\"", "umask 277 && exec \"$@\""] {
        let directory = tempfile::tempdir().unwrap();
        let name = "files_are_for_their_owner_whatever_the_umask";
        let mut child = again(&["sh", "-c", umask, "sh"], name, directory.path()).spawn().unwrap();
        let mut telling = Telling::of(&mut child);
        let mut files = Vec::new();
        while let Some(file) = telling.next().await {
            files.push(file);
        }
        files.sort();
        assert_eq!(files, ["sender.db 600", "sender.db-shm 600", "sender.db-wal 600"], "{umask}");
    }
}

/// Root may write any file, but nobody writes to a file system mounted for reading.
#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    if let Some(path) = path_from_parent() {
        let error = Store::open(&path).await.unwrap_err();
        assert!(matches!(error, OpenError::NoAccess { .. }), "{error}");
        tell(&error.to_string());
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    Store::open(&path).await.unwrap().close().await;
    let mount = "d=$(dirname \"$IRONPOST_TEST_STORE\") && mount --bind \"$d\" \"$d\" && \
                 mount -o remount,ro,bind \"$d\" && exec \"$@\"";
    let before = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh"];
    for name in ["sender.db", "new.db"] {
        let path = directory.path().join(name);
        let test = "a_file_that_may_not_be_written_is_refused";
        let mut child = again(&before, test, &path).spawn().unwrap();
        let told = Telling::of(&mut child).next().await.unwrap();
        assert!(told.contains("cannot be read and written"), "{told}");
        assert!(told.contains(name), "{told}");
    }
}

/// Two processes write in turns; one that keeps the file to itself for too long is named.
#[tokio::test]
async fn another_process_is_waited_for() {
    if let Some(path) = path_from_parent() {
        let store = Store::open(&path).await.unwrap();
        tell("open");
        store.write(&many("child", 10)).await.unwrap();
        tell("written");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    let store = Store::open(&path).await.unwrap();
    store.write(&many("parent", 10)).await.unwrap();
    let mut child = again(&[], "another_process_is_waited_for", &path).spawn().unwrap();
    let mut telling = Telling::of(&mut child);
    assert_eq!(telling.next().await.as_deref(), Some("open"));
    assert_eq!(telling.next().await.as_deref(), Some("written"));
    let names: Vec<_> = store.policies().try_collect().await.unwrap();
    assert_eq!(names.len(), 20);
    store.write(&many("parent", 20)).await.unwrap();
    // Somebody who does not let go.
    let options = SqliteConnectOptions::new().filename(&path);
    let other = SqlitePool::connect_with(options).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.write(&many("late", 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error}");
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert!(store.policy(&"parent0000019.test".parse().unwrap()).await.unwrap().is_some());
    drop(lock);
    store.write(&many("late", 1)).await.unwrap();
}
