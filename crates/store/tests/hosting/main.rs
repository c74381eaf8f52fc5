//! A hosting database: one suite on SQLite and on PostgreSQL, and what is of one of them alone.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "../support/postgres.rs"]
mod postgres;

mod place;

mod domains;
mod jobs;
mod nodes;
mod serving;
mod alerts;
mod fetches;
mod seen;
