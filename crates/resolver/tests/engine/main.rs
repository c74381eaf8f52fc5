//! The engine in a small internet of its own, with a clock that is moved.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod administration;
mod dane;
mod discovery;
mod hostile;
mod persistence;
mod refresh;
mod reporting;
mod world;
