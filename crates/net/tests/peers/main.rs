//! Policy hosts, mail hosts and report endpoints over real sockets on loopback: sound ones, broken
//! ones and hostile ones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod certificates;
mod fetches;
mod hostile_hosts;
mod https;
mod legacy;
mod mail;
mod missing_intermediates;
mod old_tls;
mod pki;
mod probes;
mod report_targets;
mod responses;
mod roots;
