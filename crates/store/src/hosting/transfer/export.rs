//! Out of a database.

use super::tables::{TABLES, Table, Type};
use super::{Announced, FORMAT, Header, Trailer, Transferred, hexadecimal};
use crate::StoreError;
use crate::database::{Database, Row, Statement, Transaction, Value};
use crate::hosting::column::{damaged, number};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// An export that came to no end: what was written is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It could not be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Writes down everything, as it is at one moment; changes go on meanwhile.
    pub async fn export(
        &self,
        out: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Transferred, ExportError> {
        let mut moment = self.begin_reading().await?;
        let header = header(&mut moment).await?;
        let mut out = Digested { out, digest: Sha256::new() };
        out.line(&header).await?;
        let mut transferred = Vec::new();
        for table in TABLES {
            let rows = rows(&mut moment, table, &mut out).await?;
            transferred.push((table.name, rows));
        }
        let rows = transferred.iter().map(|(_, rows)| rows).sum();
        let trailer = Trailer { rows, sha256: hexadecimal(out.digest.clone()) };
        out.line(&trailer).await?;
        out.out.flush().await?;
        moment.rollback().await?;
        Ok(Transferred(transferred))
    }
}

async fn header(moment: &mut Transaction) -> Result<Header, StoreError> {
    let mut tables = Vec::new();
    for table in TABLES {
        let count = Statement::composed(format!("SELECT count(*) FROM {}", table.name));
        let row = moment.fetch_optional(count).await?.ok_or_else(damaged)?;
        tables.push(Announced {
            name: table.name.to_owned(),
            columns: table.columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            rows: number(&row, 0)?,
        });
    }
    Ok(Header { ironpost_export: FORMAT, migrations: Database::MIGRATIONS, tables })
}

/// Writes the rows of a table, and says how many.
async fn rows(
    moment: &mut Transaction,
    table: &Table,
    out: &mut Digested<'_, impl AsyncWrite + Unpin>,
) -> Result<u64, ExportError> {
    let mut after = None;
    let mut count = 0;
    loop {
        let rows = moment.fetch_all(page(table, after.take())).await?;
        for row in &rows {
            let mut values = vec![serde_json::Value::from(table.name)];
            for (at, (_, kind)) in table.columns.iter().enumerate() {
                values.push(json(value(row, at, *kind)?));
            }
            out.line(&values).await?;
            count += 1;
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = Some(key(table, last)?),
            _ => return Ok(count),
        }
    }
}

/// Rows above a key, in its order.
fn page(table: &Table, after: Option<Vec<Value>>) -> Statement {
    let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    let (name, columns, key) = (table.name, columns.join(", "), table.key.join(", "));
    let condition = after.as_ref().map_or_else(String::new, |after| {
        let parameters: Vec<_> = (1..=after.len()).map(|number| format!("${number}")).collect();
        format!("WHERE ({key}) > ({})", parameters.join(", "))
    });
    let sql = format!("SELECT {columns} FROM {name} {condition} ORDER BY {key} LIMIT {PAGE}");
    after.into_iter().flatten().fold(Statement::composed(sql), Statement::bind)
}

fn key(table: &Table, row: &Row) -> Result<Vec<Value>, StoreError> {
    let columns = table.columns.iter().enumerate();
    let of_key = |name| columns.clone().find(|(_, (column, _))| column == name);
    let places = table.key.iter().filter_map(of_key);
    places.map(|(at, (_, kind))| value(row, at, *kind)).collect()
}

fn value(row: &Row, at: usize, kind: Type) -> Result<Value, StoreError> {
    Ok(match kind {
        Type::Int => Value::Int(row.opt_int(at)?),
        Type::Text => Value::Text(row.opt_text(at)?),
        Type::Bytes => Value::Bytes(row.opt_bytes(at)?),
    })
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Int(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(octets) => octets.map(|octets| STANDARD.encode(octets)).into(),
    }
}

/// What is written goes into the digest too.
struct Digested<'a, W> {
    out: &'a mut W,
    digest: Sha256,
}

impl<W: AsyncWrite + Unpin> Digested<'_, W> {
    async fn line(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.out.write_all(&line).await
    }
}

/// Rows that are read at once.
const PAGE: usize = 1_000;
