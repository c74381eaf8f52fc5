//! The servers over real sockets, by clients that speak bytes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod administration;
mod again;
mod alert_command;
mod client;
mod crowd;
mod descriptors;
mod framing;
mod http;
mod listening;
mod order;
mod tcp_table;
mod told;
