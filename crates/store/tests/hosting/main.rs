//! A hosting database: one suite on SQLite and on PostgreSQL, and what is of one of them alone.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "../support/again.rs"]
mod again;
#[path = "../support/postgres.rs"]
mod postgres;

mod place;

mod alerts;
mod away;
mod certificates;
mod domains;
mod fetches;
mod full_disk;
mod jobs;
mod kill;
mod nodes;
mod opening;
mod seen;
mod serving;
mod transfer;
