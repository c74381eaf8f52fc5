//! Columns and what they stand for. A row is read as if it came from outside: the database may be
//! damaged, or have been edited.

use crate::StoreError;
use crate::database::Row;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::str::FromStr;

/// A time as a column has it.
pub(super) fn millis(time: Timestamp) -> i64 {
    signed(time.as_millis())
}

/// A count as a column has it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time.
pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp, StoreError> {
    number(row, column).map(Timestamp::from_millis)
}

/// A time that may be missing.
pub(super) fn opt_time(row: &Row, column: usize) -> Result<Option<Timestamp>, StoreError> {
    let millis = row.opt_int(column)?;
    millis
        .map(|millis| u64::try_from(millis).map_err(|_| damaged()))
        .transpose()
        .map(|millis| millis.map(Timestamp::from_millis))
}

/// A number that is not negative, and fits.
pub(super) fn number<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, StoreError> {
    T::try_from(row.int(column)?).map_err(|_| damaged())
}

/// A domain: what DNS may hold, and not what a person may type.
pub(super) fn domain(row: &Row, column: usize) -> Result<Domain, StoreError> {
    Domain::from_a_labels(row.text(column)?.as_bytes()).map_err(|_| damaged())
}

/// Text that is read back.
pub(super) fn parsed<T: FromStr>(row: &Row, column: usize) -> Result<T, StoreError> {
    row.text(column)?.parse().map_err(|_| damaged())
}

/// A row that does not say what it should.
pub(super) fn damaged() -> StoreError {
    StoreError::Database("a row is damaged".to_owned())
}
