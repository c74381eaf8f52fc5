//! A row of either engine.

use crate::StoreError;

/// A row of either engine. Columns are counted from 0.
#[derive(Debug)]
pub(crate) enum Row {
    // Sqlite(SqliteRow) | Postgres(PgRow)
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        let _ = column;
        match *self {}
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let _ = column;
        match *self {}
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        let _ = column;
        match *self {}
    }

    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        let _ = column;
        match *self {}
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        let _ = column;
        match *self {}
    }

    pub(crate) fn opt_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let _ = column;
        match *self {}
    }
}
