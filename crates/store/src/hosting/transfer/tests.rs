//! The list of tables, held against a database.

use super::tables::{TABLES, Table};
use crate::database::{Database, DatabaseAddress, Migration, Statement};

/// What a database has that is counted by those who use it, or is of one machine.
fn is_left_behind(table: &str) -> bool {
    ["fetch_batches", "sqlite_sequence"].contains(&table)
}

#[tokio::test]
async fn every_table_is_on_the_list_with_every_column() {
    let directory = tempfile::tempdir().unwrap();
    let address = DatabaseAddress::Sqlite(directory.path().join("a.db"));
    let database = Database::open(&address, Migration::Apply).await.unwrap();
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
