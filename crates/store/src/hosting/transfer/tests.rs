//! Every table, there and back.

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

use super::tables::{TABLES, Table, Type};
use crate::database::{Database, DatabaseAddress, Migration, Statement, Value};
use postgres::Cluster;

async fn open(address: &str) -> Database {
    let address: DatabaseAddress = address.parse().unwrap();
    Database::open(&address, Migration::Apply).await.unwrap()
}

/// Two rows in each table, every value made of the number of its row.
async fn fill(database: &Database) {
    for table in TABLES.iter().filter(|table| table.name != "feed") {
        let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
        let head = format!("INSERT INTO {} ({})", table.name, names.join(", "));
        let row = |n: i64| table.columns.iter().map(|(_, kind)| sample(*kind, n)).collect();
        let insert = Statement::rows(&head, vec![row(1), row(2)], "");
        database.execute(insert).await.unwrap();
    }
    database.execute(Statement::new("UPDATE feed SET seq = 77")).await.unwrap();
}

fn sample(kind: Type, n: i64) -> Value {
    match kind {
        Type::Int => n.into(),
        Type::Text => format!("«{n}»\n\"").into(),
        Type::Bytes => vec![0, 255, u8::try_from(n).unwrap()].into(),
    }
}

async fn exported(database: &Database) -> String {
    let mut out = Vec::new();
    database.export(&mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

/// What a database has that is counted by those who use it, or is of one machine.
fn is_left_behind(table: &str) -> bool {
    ["fetch_batches", "sqlite_sequence"].contains(&table)
}

#[tokio::test]
async fn every_table_is_on_the_list_with_every_column() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(directory.path().join("a.db").to_str().unwrap()).await;
    let sql = "SELECT t.name, c.name, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c \
               WHERE t.type = 'table' ORDER BY t.name, c.cid";
    let rows = database.fetch_all(Statement::new(sql)).await.unwrap();
    let mut there = Vec::new();
    for row in &rows {
        let (table, column) = (row.text(0).unwrap(), row.text(1).unwrap());
        if !is_left_behind(&table) {
            there.push((table, column, row.int(2).unwrap() > 0));
        }
    }
    let of_table = |table: &'static Table| {
        table.columns.iter().map(move |(column, _)| {
            (table.name.to_owned(), (*column).to_owned(), table.key.contains(column))
        })
    };
    let mut listed: Vec<_> = TABLES.iter().flat_map(of_table).collect();
    there.sort();
    listed.sort();
    assert_eq!(listed, there, "a table is missing in tables.rs, or a column of it");
}

#[tokio::test]
async fn everything_goes_there_and_back() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::shared();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let server = || cluster.url(&cluster.new_database());
    let first = open(&file("first.db")).await;
    fill(&first).await;
    // As they are after an import: nobody has them.
    let free = "UPDATE jobs SET node_id = NULL, leased_until = NULL";
    first.execute(Statement::new(free)).await.unwrap();
    let expected = exported(&first).await;
    assert_eq!(expected.lines().count(), 2 + 2 * (TABLES.len() - 1) + 1);
    let mut from = expected.clone();
    for address in [server(), server(), file("second.db"), file("third.db")] {
        let database = open(&address).await;
        let transferred = database.import(from.as_bytes()).await.unwrap();
        assert_eq!(transferred.of("domains"), 2);
        from = exported(&database).await;
        assert_eq!(from, expected, "{address}");
        // Numbers go on where they were.
        for table in TABLES.iter().filter(|table| table.is_counted()) {
            let names: Vec<_> =
                table.columns.iter().map(|(name, _)| *name).filter(|name| *name != "id").collect();
            let head = format!("INSERT INTO {} ({})", table.name, names.join(", "));
            let values = table.columns.iter().filter(|(name, _)| *name != "id");
            // But for keys of others, which have to be there.
            let row = values.map(|(name, kind)| match name.strip_suffix("_id") {
                Some(_) => sample(*kind, 1),
                None => sample(*kind, 9),
            });
            let add = Statement::rows(&head, vec![row.collect()], "RETURNING id");
            let mut transaction = database.begin().await.unwrap();
            let row = transaction.fetch_optional(add).await.unwrap().unwrap();
            assert_eq!(row.int(0).unwrap(), 3, "{}", table.name);
        }
    }
}
