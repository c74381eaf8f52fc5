//! A full disk: a file system of two megabytes in a mount namespace of the test's own.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "support/again.rs"]
mod again;
#[path = "support/samples.rs"]
mod samples;

use again::{Telling, again, path_from_parent, tell};
use futures_util::TryStreamExt;
use ironpost_store::sender::StoredPolicy;
use ironpost_store::{OpenError, Store, StoreError};
use samples::{many, stored};
use std::fs;
use std::path::Path;

#[tokio::test]
async fn a_full_disk_is_read_from_and_waited_out() {
    if let Some(directory) = path_from_parent() {
        return fill(&directory).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = [
        "sh",
        "-c",
        "mount -t tmpfs -o size=2m none \"$IRONPOST_TEST_STORE\" && exec \"$@\"",
        "sh",
    ];
    let before = [&["unshare", "--mount", "--map-root-user"], &mount[..]].concat();
    let mut child = again(&before, "a_full_disk_is_read_from_and_waited_out", directory.path())
        .spawn()
        .unwrap();
    let mut telling = Telling::of(&mut child);
    assert_eq!(telling.next().await.as_deref(), Some("done"));
    assert_eq!(telling.next().await, None);
    assert!(child.wait().await.unwrap().success());
}

/// The child, alone on the disk.
async fn fill(directory: &Path) {
    let path = directory.join("sender.db");
    let ballast = directory.join("ballast");
    let store = Store::open(&path).await.unwrap();
    store.write(&many("a", 100)).await.unwrap();
    fs::write(&ballast, vec![0; 512 << 10]).unwrap();
    let mut written = 100;
    let error = loop {
        match store.write(&many(&format!("b{written}-"), 997)).await {
            Ok(()) => written += 997,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full), "{error}");
    // Again and again, and in any size: one policy may still find room.
    for _ in 0..3 {
        let error = store.write(&many("c", 5_000)).await.unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error}");
    }
    assert_holds(&store, written).await;
    // A restart does not make it worse.
    store.close().await;
    let store = Store::open(&path).await.unwrap();
    assert_holds(&store, written).await;
    let error = store.write(&many("c", 5_000)).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    // A new one cannot be made, and says why.
    fs::write(directory.join("rest"), vec![0; 2 << 20]).unwrap_err();
    let error = Store::open(&directory.join("new.db")).await.unwrap_err();
    assert!(matches!(error, OpenError::Full { .. }), "{error}");
    fs::remove_file(directory.join("rest")).unwrap();
    fs::remove_file(ballast).unwrap();
    store.write(&many("c", 200)).await.unwrap();
    assert_holds(&store, written + 200).await;
    tell("done");
}

async fn assert_holds(store: &Store, count: usize) {
    let policies: Vec<StoredPolicy> = store.policies().try_collect().await.unwrap();
    assert_eq!(policies.len(), count);
    let first = stored("a0000000.test", 1_000);
    assert_eq!(store.policy(&first.domain).await.unwrap(), Some(first));
}
