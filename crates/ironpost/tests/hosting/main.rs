//! Hosting as a whole, from outside: the lab as a new user meets it, and what is refused.

#![cfg(test)]

#[path = "../cli/daemon.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod daemon;
mod guided;
#[path = "../daemon/lab.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod lab;
mod life;
#[path = "../daemon/node.rs"]
#[expect(dead_code, reason = "shared with the tests of daemons")]
mod node;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line")]
mod program;
mod refused;
mod transfer;
mod waiting;
