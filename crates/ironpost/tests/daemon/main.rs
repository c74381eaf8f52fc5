//! A resolver that is killed, filled up, moved in time, crowded and cut off: `ironpost resolver` as
//! a process, with real sockets, disks and servers. What it has learnt is not lost.

#![cfg(test)]

mod admin;
mod alerts;
mod clock;
mod confinement;
mod crowd;
#[path = "../cli/daemon.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line")]
mod daemon;
mod descriptors;
mod full_disk;
mod handed_over;
mod killed;
mod lab;
mod launcher;
mod network_down;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line")]
mod program;
mod redis_server;
mod reload;
mod shared_cache;
