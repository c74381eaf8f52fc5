//! Certificates by ACME: against the lab's CA, which fails on command, and against Pebble.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod crash;
mod faults;
mod installation;
mod issuing;
mod limits;
mod names;
mod outage;
mod pebble;
mod pebbles;
mod renewing;
mod resealing;
