//! The lab seen from outside, over its sockets.

#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test says no")]

mod catalogue;
mod client;
mod dns;
mod https;
mod life;
mod scenarios;
mod smtp;
