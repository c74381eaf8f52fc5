//! An SQL text with its parameters.

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use std::borrow::Cow;
use std::fmt::Write as _;

/// An SQL text with its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// A parameter. `None` is NULL of that type: PostgreSQL wants to know.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Statement {
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// A text put together here, out of nothing that came from outside.
    pub(crate) fn composed(sql: String) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// `head VALUES (…), (…) tail`, with all values of `rows` as parameters: at most
    /// [`MAX_VALUES`] of them.
    pub(crate) fn rows(head: &str, rows: Vec<Vec<Value>>, tail: &str) -> Self {
        let mut sql = format!("{head} VALUES ");
        let mut number = 0;
        for (place, row) in rows.iter().enumerate() {
            sql.push_str(if place == 0 { "(" } else { "), (" });
            for column in 0..row.len() {
                number += 1;
                let comma = if column == 0 { "" } else { ", " };
                // Writing to a text cannot fail.
                let _ = write!(sql, "{comma}${number}");
            }
        }
        sql.push_str(") ");
        sql.push_str(tail);
        Self { sql: sql.into(), values: rows.into_iter().flatten().collect() }
    }

    /// The next parameter.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(super) fn for_sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query(AssertSqlSafe(self.sql));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }

    pub(super) fn for_postgres(self) -> Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(AssertSqlSafe(self.sql));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }
}

/// The parameters of one statement. More are allowed, but SQLite looks for each of them among all.
pub(crate) const MAX_VALUES: usize = 1_000;

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<Option<u32>> for Value {
    fn from(value: Option<u32>) -> Self {
        Self::Int(value.map(i64::from))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_owned()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}
