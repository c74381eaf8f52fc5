//! Daemons that are killed, filled up, moved in time, crowded and cut off: `ironpost resolver` and
//! `ironpost serve` as processes, with real sockets, disks and servers. What they know is not lost.

#![cfg(test)]

mod activation;
mod admin;
mod alerts;
mod clock;
mod confinement;
mod crowd;
#[path = "../cli/daemon.rs"]
mod daemon;
mod descriptors;
mod examination;
mod full_disk;
mod handed_over;
mod killed;
mod lab;
mod launcher;
mod network_down;
mod node;
mod nodes;
#[path = "../../../store/tests/support/postgres.rs"]
#[expect(dead_code, reason = "shared with the tests of the store")]
mod postgres;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line")]
mod program;
mod redis_server;
mod reload;
mod serving;
mod shared_cache;
