//! The program as its users meet it: arguments and files in, exit codes and text out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod check;
mod config;
mod daemon;
mod explain;
mod formats;
mod help;
mod lab;
mod lint;
mod lists;
mod policy;
mod program;
mod resolver;
mod terminal;
