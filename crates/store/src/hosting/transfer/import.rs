//! Into a database.

use super::tables::{FROM_THE_START, TABLES, Table, Type};
use super::{FORMAT, Header, Trailer, Transferred, hexadecimal};
use crate::StoreError;
use crate::database::{Database, MAX_VALUES, Statement, Transaction, Value};
use crate::hosting::nodes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironpost_proto::mta_sts::discovery::Timestamp;
use sha2::{Digest, Sha256};
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// An import of which nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It does not begin like an export.
    #[error("this is no export of Ironpost")]
    NotAnExport,
    /// A newer version has written it.
    #[error("the export was written by a newer version of Ironpost: import it with that one")]
    Newer,
    /// Something is in the database already.
    #[error("the database is not empty ({table} has rows): import into a new one")]
    NotEmpty {
        /// What is not empty.
        table: &'static str,
    },
    /// A node serves from the database.
    #[error(
        "the node {node} serves from this database: stop it first, or if it is no more, say so \
         with `ironpost db forget-node {node}`"
    )]
    InUse {
        /// Its name.
        node: String,
    },
    /// It ends before its end.
    #[error("the export is cut short after line {lines}: nothing of it was taken")]
    CutShort {
        /// Whole lines that are there.
        lines: u64,
    },
    /// It is not as it was written.
    #[error("line {line} of the export is damaged ({why}): nothing of it was taken")]
    Damaged {
        /// Counted from 1.
        line: u64,
        /// In which way.
        why: &'static str,
    },
    /// It could not be read.
    #[error("the export cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// Takes all that [`export`](Self::export) wrote into an empty database, or nothing. Nodes stay
    /// behind: they follow the other database. Those that had not left it count as having served
    /// until `now`.
    pub async fn import(
        &self,
        from: impl AsyncBufRead + Unpin,
        now: Timestamp,
    ) -> Result<Transferred, ImportError> {
        let mut lines = Lines { from, digest: Sha256::new(), line: Vec::new(), read: 0 };
        let header = header(&mut lines).await?;
        let mut transaction = self.begin().await?;
        // However slowly it comes.
        transaction.execute_on_postgres(PATIENCE).await?;
        check_empty(&mut transaction).await?;
        for name in FROM_THE_START {
            transaction.execute(Statement::composed(format!("DELETE FROM {name}"))).await?;
        }
        let mut transferred = Vec::new();
        for announced in &header.tables {
            let known = TABLES.iter().find(|table| table.name == announced.name);
            let table = known.ok_or(ImportError::Newer)?;
            let columns = Columns::of(table, &announced.columns)?;
            take(&mut transaction, &columns, announced.rows, &mut lines).await?;
            transferred.push((table.name, announced.rows));
        }
        end(&mut lines, &transferred).await?;
        nodes::forget_all(&mut transaction, now).await?;
        transaction.execute(Statement::new(FREE_JOBS)).await?;
        for table in TABLES.iter().filter(|table| table.is_counted()) {
            count_on(&mut transaction, table).await?;
        }
        transaction.execute_on_postgres("NOTIFY ironpost_feed").await?;
        transaction.commit().await?;
        Ok(Transferred(transferred))
    }

    /// Says whether an import would find the database empty; changes nothing.
    pub async fn takes_an_import(&self) -> Result<(), ImportError> {
        let mut moment = self.begin_reading().await?;
        let empty = check_empty(&mut moment).await;
        moment.rollback().await?;
        empty
    }
}

async fn header(lines: &mut Lines<impl AsyncBufRead + Unpin>) -> Result<Header, ImportError> {
    match lines.next().await {
        Ok(()) => {}
        Err(ImportError::Read(error)) => return Err(error.into()),
        Err(_) => return Err(ImportError::NotAnExport),
    }
    let format: Format =
        serde_json::from_slice(&lines.line).map_err(|_| ImportError::NotAnExport)?;
    if format.ironpost_export > FORMAT {
        return Err(ImportError::Newer);
    }
    let header: Header =
        serde_json::from_slice(&lines.line).map_err(|_| lines.damaged("not a first line"))?;
    if header.migrations > Database::MIGRATIONS { Err(ImportError::Newer) } else { Ok(header) }
}

/// All that is read of a header whose form is not known yet.
#[derive(serde::Deserialize)]
struct Format {
    ironpost_export: u32,
}

/// Nothing may be there but what there is from the start. Domains are told of before a node that
/// serves them: to stop it would be no help.
async fn check_empty(transaction: &mut Transaction) -> Result<(), ImportError> {
    let (domains, others): (Vec<_>, Vec<_>) =
        TABLES.iter().partition(|table| table.name == DOMAINS);
    for table in domains {
        check_no_row(transaction, table).await?;
    }
    let node = Statement::new("SELECT name FROM nodes ORDER BY name LIMIT 1");
    if let Some(row) = transaction.fetch_optional(node).await? {
        return Err(ImportError::InUse { node: row.text(0)? });
    }
    for table in others.into_iter().filter(|table| !FROM_THE_START.contains(&table.name)) {
        check_no_row(transaction, table).await?;
    }
    Ok(())
}

async fn check_no_row(transaction: &mut Transaction, table: &Table) -> Result<(), ImportError> {
    let any = format!("SELECT {} FROM {} LIMIT 1", table.key[0], table.name);
    match transaction.fetch_optional(Statement::composed(any)).await? {
        Some(_) => Err(ImportError::NotEmpty { table: table.name }),
        None => Ok(()),
    }
}

/// The columns of a table, in the order of the export.
struct Columns {
    table: &'static Table,
    head: String,
    types: Vec<Type>,
}

impl Columns {
    /// Columns that an older version did not have keep their default.
    fn of(table: &'static Table, names: &[String]) -> Result<Self, ImportError> {
        let types = names.iter().map(|name| table.type_of(name)).collect::<Option<Vec<_>>>();
        let types = types.filter(|types| !types.is_empty()).ok_or(ImportError::Newer)?;
        let head = format!("INSERT INTO {} ({})", table.name, names.join(", "));
        Ok(Self { table, head, types })
    }
}

/// Takes the rows of a table.
async fn take(
    transaction: &mut Transaction,
    columns: &Columns,
    rows: u64,
    lines: &mut Lines<impl AsyncBufRead + Unpin>,
) -> Result<(), ImportError> {
    let mut left = rows;
    while left > 0 {
        let mut batch = Vec::new();
        let mut octets = 0;
        while left > 0 && (batch.len() + 1) * columns.types.len() <= MAX_VALUES && octets < BATCH {
            lines.next().await?;
            octets += lines.line.len();
            batch.push(row(columns, lines)?);
            left -= 1;
        }
        let insert = Statement::rows(&columns.head, batch, "");
        transaction.execute(insert).await?;
    }
    Ok(())
}

fn row<R>(columns: &Columns, lines: &Lines<R>) -> Result<Vec<Value>, ImportError> {
    let values: Vec<serde_json::Value> =
        serde_json::from_slice(&lines.line).map_err(|_| lines.damaged("not a row"))?;
    let (name, values) = values.split_first().ok_or_else(|| lines.damaged("not a row"))?;
    if name != columns.table.name || values.len() != columns.types.len() {
        return Err(lines.damaged("a row of another table"));
    }
    let values = values.iter().zip(&columns.types).map(|(value, kind)| read(value, *kind));
    values.collect::<Option<_>>().ok_or_else(|| lines.damaged("a value of another type"))
}

fn read(value: &serde_json::Value, kind: Type) -> Option<Value> {
    let is_null = value.is_null();
    match kind {
        Type::Int => value.as_i64().map(Some).or(is_null.then_some(None)).map(Value::Int),
        Type::Text => {
            let text = value.as_str().map(|text| Some(text.to_owned()));
            text.or(is_null.then_some(None)).map(Value::Text)
        }
        Type::Bytes => {
            let octets = value.as_str().map(|text| STANDARD.decode(text).ok().map(Some));
            octets.unwrap_or(is_null.then_some(None)).map(Value::Bytes)
        }
    }
}

/// The last line, and nothing behind it.
async fn end(
    lines: &mut Lines<impl AsyncBufRead + Unpin>,
    transferred: &[(&'static str, u64)],
) -> Result<(), ImportError> {
    let digest = hexadecimal(lines.digest.clone());
    lines.next().await?;
    let trailer: Trailer =
        serde_json::from_slice(&lines.line).map_err(|_| lines.damaged("not a last line"))?;
    let rows: u64 = transferred.iter().map(|(_, rows)| rows).sum();
    if trailer.rows != rows || trailer.sha256 != digest {
        return Err(lines.damaged("its checksum is another one"));
    }
    if lines.from.fill_buf().await?.is_empty() {
        Ok(())
    } else {
        Err(lines.damaged("something follows it"))
    }
}

/// Rows that are added later get numbers above those that came. SQLite sees to it by itself.
async fn count_on(transaction: &mut Transaction, table: &Table) -> Result<(), StoreError> {
    if !transaction.is_postgres() {
        return Ok(());
    }
    let name = table.name;
    let sql = format!(
        "SELECT setval(pg_get_serial_sequence('{name}', 'id'), \
             greatest((SELECT max(id) FROM {name}), 1))"
    );
    transaction.fetch_optional(Statement::composed(sql)).await.map(drop)
}

/// Lines of an export, each of which goes into the digest.
struct Lines<R> {
    from: R,
    digest: Sha256,
    line: Vec<u8>,
    read: u64,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    async fn next(&mut self) -> Result<(), ImportError> {
        self.line.clear();
        (&mut self.from).take(MAX_LINE).read_until(b'\n', &mut self.line).await?;
        if self.line.last() != Some(&b'\n') {
            let too_long = u64::try_from(self.line.len()).is_ok_and(|length| length == MAX_LINE);
            self.read += u64::from(too_long);
            return Err(if too_long {
                self.damaged("too long")
            } else {
                ImportError::CutShort { lines: self.read }
            });
        }
        self.digest.update(&self.line);
        self.read += 1;
        Ok(())
    }
}

impl<R> Lines<R> {
    fn damaged(&self, why: &'static str) -> ImportError {
        ImportError::Damaged { line: self.read, why }
    }
}

const DOMAINS: &str = "domains";
/// Own limit: a row with a report of a check or a chain of certificates is far below it.
const MAX_LINE: u64 = 16 << 20;
/// Octets of lines that are inserted at once.
const BATCH: usize = 1 << 20;
/// Leases are held by nodes of the other database.
const FREE_JOBS: &str = "UPDATE jobs SET node_id = NULL, leased_until = NULL";
const PATIENCE: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";
