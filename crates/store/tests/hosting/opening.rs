//! Databases that are not there, not ours, or of another version.

use crate::place::{Place, added, on_both};
use crate::postgres::Cluster;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::{OpenError, Store, StoreError};
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

on_both!(many_may_open_an_empty_one, an_older_one_is_not_changed_unasked);

async fn refused(address: &DatabaseAddress) -> OpenError {
    Database::open(address, Migration::Refuse).await.unwrap_err()
}

fn file(path: &Path) -> DatabaseAddress {
    DatabaseAddress::Sqlite(path.to_owned())
}

async fn many_may_open_an_empty_one(place: Place) {
    let mut opening = JoinSet::new();
    for _ in 0..6 {
        let address = place.address.clone();
        opening.spawn(async move { Database::open(&address, Migration::Refuse).await.unwrap() });
    }
    let databases = opening.join_all().await;
    added(&databases[0], "a.test", 1).await;
    assert_eq!(databases[5].feed().await.unwrap(), databases[0].feed().await.unwrap());
}

async fn an_older_one_is_not_changed_unasked(place: Place) {
    place.open().await.close().await;
    let shared = matches!(place.address, DatabaseAddress::Postgres(_));
    let (older, newer) = if shared {
        let older = "DELETE FROM ironpost_migration WHERE number > 1";
        (older, "INSERT INTO ironpost_migration (number, name) VALUES (99, '0099_later')")
    } else {
        ("PRAGMA user_version = 1", "PRAGMA user_version = 99")
    };
    place.sql(older).await;
    let error = refused(&place.address).await;
    assert!(matches!(error, OpenError::Older { .. }), "{error}");
    assert!(error.to_string().contains("ironpost db migrate"), "{error}");
    place.sql(newer).await;
    for migration in [Migration::Refuse, Migration::Apply] {
        let error = Database::open(&place.address, migration).await.unwrap_err();
        let newer = matches!(error, OpenError::Newer { .. } | OpenError::NewerDatabase { .. });
        assert!(newer, "{error}");
    }
}

#[tokio::test]
async fn files_of_different_parts_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let (sender, hosting) = (directory.path().join("s.db"), directory.path().join("h.db"));
    Store::open(&sender).await.unwrap().close().await;
    Database::open(&file(&hosting), Migration::Apply).await.unwrap().close().await;
    let error = refused(&file(&sender)).await;
    assert!(matches!(error, OpenError::OtherPart { part: "ironpost resolver", .. }), "{error}");
    let error = Store::open(&hosting).await.unwrap_err();
    assert!(matches!(error, OpenError::OtherPart { part: "ironpost serve", .. }), "{error}");
}

#[tokio::test]
async fn a_server_says_why_not() {
    let cluster = Arc::new(Cluster::start());
    let parse = |url: String| url.parse::<DatabaseAddress>().unwrap();
    let missing = refused(&parse(cluster.url("nobodys"))).await;
    assert!(missing.to_string().contains("createdb --owner ironpost nobodys"), "{missing}");

    let place = Place::on(Arc::clone(&cluster));
    place.sql("CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE guest LOGIN").await;
    place.sql("CREATE DATABASE locked OWNER locked").await;
    let error = refused(&parse(cluster.url_of("locked:hush", "locked"))).await;
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert!(!error.to_string().contains("hush"), "{error}");
    let address = parse(cluster.url_of("locked:right", "locked"));
    Database::open(&address, Migration::Refuse).await.unwrap().feed().await.unwrap();

    let error = refused(&parse(cluster.url_of("guest", "postgres"))).await;
    assert!(matches!(error, OpenError::NotAllowed { .. }), "{error}");

    place.sql("CREATE TABLE bookmarks (url TEXT)").await;
    let error = refused(&place.address).await;
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(place.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await, "1");

    cluster.stop();
    for url in [cluster.url("d0"), cluster.url_of("u:hush", "d0")] {
        let error = refused(&parse(url)).await;
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

/// A node starts while its database is away, and has it once it is back.
#[tokio::test]
async fn a_server_may_come_later() {
    let cluster = Arc::new(Cluster::start());
    let place = Place::on(Arc::clone(&cluster));
    cluster.stop();
    let opened = Database::open_when_there(&place.address, Migration::Refuse).await.unwrap();
    let (database, there) = opened;
    assert!(matches!(there, Err(OpenError::Unreachable { .. })), "{there:?}");
    let error = database.feed().await.unwrap_err();
    assert!(matches!(error, StoreError::Away(_)), "{error}");
    cluster.resume();
    added(&database, "a.test", 1).await;
}
