//! Exports and imports, and what does not become one.

use crate::place::{Place, added, at, author, first, on_both};
use ironpost_proto::lifecycle::{Change, State};
use ironpost_proto::mta_sts::policy;
use ironpost_store::database::Database;
use ironpost_store::hosting::transfer::{BackupError, ImportError};
use std::os::unix::fs::PermissionsExt;

on_both!(
    an_export_is_the_same_elsewhere,
    an_export_that_is_cut_short_is_refused,
    an_export_that_was_changed_is_refused,
    what_is_no_export_is_refused,
    only_an_empty_database_takes_an_import,
    nodes_stay_behind,
);

/// A database with some of everything.
async fn filled(database: &Database) -> Vec<u8> {
    let hosted = added(database, "a.test", 1).await;
    let gone = added(database, "b.test", 2).await;
    database.change(&gone, &[Change::Enter(State::Gone)], &author(), at(2)).await.unwrap();
    database.schedule("check", Some(hosted.id), at(3)).await.unwrap();
    database.schedule("upkeep", None, at(4)).await.unwrap();
    database.organisation("other", true).await.unwrap();
    exported(database).await
}

async fn exported(database: &Database) -> Vec<u8> {
    let mut out = Vec::new();
    database.export(&mut out).await.unwrap();
    out
}

async fn an_export_is_the_same_elsewhere(place: Place) {
    let export = filled(&place.open().await).await;
    for target in [Place::sqlite(), Place::postgres()] {
        let database = target.open().await;
        // What is there from the start gives way.
        first(&database).await;
        database.schedule("upkeep", None, at(9)).await.unwrap();
        let mut watch = database.watch().await.unwrap();
        let transferred = database.import(&export[..], at(9)).await.unwrap();
        assert_eq!((transferred.of("domains"), transferred.of("events")), (2, 3));
        assert_eq!(exported(&database).await, export);
        watch.changed().await;
        // And it goes on.
        let hosted = added(&database, "c.test", 3).await;
        assert_eq!(hosted.seq, database.feed().await.unwrap());
    }
}

async fn an_export_that_is_cut_short_is_refused(place: Place) {
    let export = filled(&Place::sqlite().open().await).await;
    let database = place.open().await;
    let empty = exported(&database).await;
    let ends = export.iter().enumerate().filter(|(_, octet)| **octet == b'\n').map(|(at, _)| at);
    let mut cuts: Vec<_> = ends.flat_map(|end| [end - 3, end, end + 1]).collect();
    // With the last line end it is whole.
    cuts.pop();
    for cut in cuts {
        let error = database.import(&export[..cut], at(9)).await.unwrap_err();
        let whole = export[..cut].split_inclusive(|octet| *octet == b'\n');
        let whole = whole.filter(|line| line.ends_with(b"\n")).count() as u64;
        let expected = match error {
            ImportError::NotAnExport => whole == 0,
            ImportError::CutShort { lines } => lines == whole,
            _ => false,
        };
        assert!(expected, "{cut}: {error}");
    }
    assert_eq!(exported(&database).await, empty, "nothing of it was taken");
    database.import(&export[..], at(9)).await.unwrap();
}

async fn an_export_that_was_changed_is_refused(place: Place) {
    let export = filled(&Place::sqlite().open().await).await;
    let database = place.open().await;
    let empty = exported(&database).await;
    for place in (0..export.len()).step_by(61) {
        let mut export = export.clone();
        export[place] ^= 1;
        let error = database.import(&export[..], at(9)).await.unwrap_err();
        assert!(!error.to_string().is_empty(), "{place}");
    }
    let mut longer = export.clone();
    longer.extend(b"{}\n");
    let error = database.import(&longer[..], at(9)).await.unwrap_err();
    assert!(matches!(error, ImportError::Damaged { .. }), "{error}");
    assert_eq!(exported(&database).await, empty, "nothing of it was taken");
}

async fn what_is_no_export_is_refused(place: Place) {
    let database = place.open().await;
    let table: [(&[u8], &str); 6] = [
        (b"", "this is no export of Ironpost"),
        (b"version: STSv1\n", "this is no export of Ironpost"),
        (b"{\"ironpost_export\":\"1\"}\n", "this is no export of Ironpost"),
        (b"{\"ironpost_export\":2,\"more\":[]}\n", "newer version"),
        (b"{\"ironpost_export\":1,\"migrations\":99,\"tables\":[]}\n", "newer version"),
        (
            b"{\"ironpost_export\":1,\"migrations\":1,\"tables\":\
              [{\"name\":\"x; DROP TABLE feed\",\"columns\":[\"a\"],\"rows\":1}]}\n[]\n",
            "newer version",
        ),
    ];
    for (export, told) in table {
        let error = database.import(export, at(9)).await.unwrap_err().to_string();
        assert!(error.contains(told), "{}: {error}", String::from_utf8_lossy(export));
    }
}

async fn only_an_empty_database_takes_an_import(place: Place) {
    let export = filled(&Place::sqlite().open().await).await;
    let database = place.open().await;
    let node = database.join("one", "policy", at(1)).await.unwrap();
    let error = database.import(&export[..], at(9)).await.unwrap_err();
    assert!(matches!(&error, ImportError::InUse { node } if node == "one"), "{error}");
    database.leave(node).await.unwrap();
    database.import(&export[..], at(9)).await.unwrap();
    let error = database.import(&export[..], at(9)).await.unwrap_err();
    assert!(matches!(error, ImportError::NotEmpty { table: "domains" }), "{error}");
    // A node that serves what is there would be stopped for nothing.
    database.join("one", "policy", at(2)).await.unwrap();
    let error = database.takes_an_import().await.unwrap_err();
    assert!(matches!(error, ImportError::NotEmpty { table: "domains" }), "{error}");
}

/// A database moves to another host while its node runs, or after it broke down.
async fn nodes_stay_behind(place: Place) {
    let old = Place::sqlite().open().await;
    let hosted = added(&old, "a.test", 1).await;
    let body = b"version: STSv1\nmode: none\nmax_age: 1\n";
    let add = Change::Add {
        number: 1,
        id: "id1".parse().unwrap(),
        policy: policy::parse(body).verdict.unwrap(),
    };
    old.change(&hosted, &[add, Change::Show(1)], &author(), at(2)).await.unwrap();
    old.join("vm", "policy,dns,jobs", at(3)).await.unwrap();
    old.join("edge", "dns", at(3)).await.unwrap();
    let export = exported(&old).await;
    let database = place.open().await;
    database.import(&export[..], at(9)).await.unwrap();
    assert_eq!(database.nodes().await.unwrap(), []);
    // Until then it may have been served there.
    let hosted = database.domain_by_id(hosted.id).await.unwrap().unwrap();
    assert_eq!(hosted.life.versions[0].last_served, Some(at(9)));
    let error = database.import(&export[..], at(9)).await.unwrap_err();
    assert!(matches!(error, ImportError::NotEmpty { table: "domains" }), "{error}");
}

/// Two rows in every table of a file but that of nodes, which stay behind; each value made of the number of its row.
async fn rows_in_every_table(place: &Place) {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                  AND name NOT IN ('feed', 'fetch_batches', 'nodes')";
    // In whatever order.
    let mut fill = String::from("PRAGMA foreign_keys = OFF; UPDATE feed SET seq = 77;");
    for table in place.sql(tables).await.lines() {
        let columns = format!("SELECT type FROM pragma_table_info('{table}') ORDER BY cid");
        let types = place.sql(&columns).await;
        for row in 1..=2 {
            let value = |kind: &str| match kind {
                "BLOB" => format!("x'00ff0{row}'"),
                "TEXT" => format!("'«{row}»\n\"'"),
                _ => row.to_string(),
            };
            let values = types.lines().map(value).collect::<Vec<_>>().join(", ");
            fill.push_str(&["INSERT INTO ", table, " VALUES (", &values, ");"].concat());
        }
    }
    // As they are after an import: nobody has them.
    fill.push_str("UPDATE jobs SET node_id = NULL, leased_until = NULL");
    place.sql(&fill).await;
}

#[tokio::test]
async fn every_table_goes_there_and_back() {
    let first = Place::sqlite();
    let database = first.open().await;
    rows_in_every_table(&first).await;
    let expected = exported(&database).await;
    let mut export = expected.clone();
    for place in [Place::postgres(), Place::postgres(), Place::sqlite(), Place::sqlite()] {
        let database = place.open().await;
        database.import(&export[..], at(9)).await.unwrap();
        export = exported(&database).await;
        assert!(export == expected, "{}", place.address);
        // Numbers go on where they were.
        assert_eq!(added(&database, "new.test", 9).await.id.0, 3);
    }
}

#[tokio::test]
async fn a_backup_is_a_database_of_one_moment() {
    let place = Place::sqlite();
    let database = place.open().await;
    let export = filled(&database).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup's.db");
    database.backup(&path).await.unwrap();
    added(&database, "later.test", 9).await;
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let error = database.backup(&path).await.unwrap_err();
    assert!(matches!(error, BackupError::Exists { .. }), "{error}");
    let error = database.backup(&directory.path().join("none/b.db")).await.unwrap_err();
    assert!(matches!(error, BackupError::Write { .. }), "{error}");
    let place = Place::at(path, directory);
    let copy = place.open().await;
    assert_eq!(exported(&copy).await, export);
    added(&copy, "other.test", 9).await;
    let error = Place::postgres().open().await.backup("b.db".as_ref()).await.unwrap_err();
    assert!(matches!(error, BackupError::Server), "{error}");
}
