//! Hosting as a whole, from outside: the lab as a new user meets it, what is refused, several nodes
//! on one PostgreSQL, and senders that follow a domain through its life.

#![cfg(test)]

mod clock;
#[path = "../cli/daemon.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod daemon;
mod guided;
mod installation;
#[path = "../daemon/lab.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod lab;
mod life;
#[path = "../daemon/node.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod node;
mod nodes;
#[path = "../../../store/tests/support/postgres.rs"]
#[expect(dead_code, reason = "shared with the tests of the store")]
mod postgres;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line")]
mod program;
mod refused;
mod senders;
mod told;
mod transfer;
mod waiting;
mod watched;
mod written;
