//! A full disk: a file system of four megabytes in a mount namespace of the test's own.

use crate::again::{Telling, again, path_from_parent, tell};
use crate::place::{at, author, first, new_domain};
use ironpost_store::StoreError;
use ironpost_store::database::{Database, Migration};
use ironpost_store::hosting::domains::AddError;
use std::fs;
use std::path::Path;

#[tokio::test]
async fn a_full_disk_is_read_from_and_waited_out() {
    if let Some(directory) = path_from_parent() {
        return fill(&directory).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=4m none \"$IRONPOST_TEST_STORE\" && exec \"$@\"";
    let before = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh"];
    let test = "full_disk::a_full_disk_is_read_from_and_waited_out";
    let mut child = again(&before, test, directory.path()).spawn().unwrap();
    let mut telling = Telling::of(&mut child);
    assert_eq!(telling.next().await.as_deref(), Some("done"));
    assert_eq!(telling.next().await, None);
    assert!(child.wait().await.unwrap().success());
}

/// The child, alone on the disk.
async fn fill(directory: &Path) {
    let address = directory.join("hosting.db").to_str().unwrap().parse().unwrap();
    let database = Database::open(&address, Migration::Apply).await.unwrap();
    let organisation = first(&database).await;
    let ballast = directory.join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let add = async |from: u64| {
        let new = (from..from + 500)
            .map(|n| new_domain(organisation, &format!("d{n:06}.test"), n))
            .collect::<Vec<_>>();
        database.add_domains(&new, &author(), at(1)).await
    };
    let mut there = 0;
    let error = loop {
        match add(there).await {
            Ok(_) => there += 500,
            Err(error) => break error,
        }
    };
    assert!(there > 0);
    assert!(matches!(error.why, AddError::Store(StoreError::Full)), "{error}");
    let error = add(there).await.unwrap_err();
    assert!(matches!(error.why, AddError::Store(StoreError::Full)), "{error}");
    let count = async || -> u64 {
        let counts = database.count_domains(organisation).await.unwrap();
        counts.iter().map(|(_, count)| count).sum()
    };
    assert_eq!(count().await, there);
    fs::remove_file(ballast).unwrap();
    add(there).await.unwrap();
    assert_eq!(count().await, there + 500);
    tell("done");
}
