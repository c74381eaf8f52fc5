//! What administrators do, on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod adding;
mod changing;
mod looking;
mod place;
#[path = "../../../store/tests/support/postgres.rs"]
#[expect(dead_code, reason = "shared with the tests of the store")]
mod postgres;
