//! The servers: one file for each protocol, all on one way of listening.

pub mod admin;
pub mod http;
pub mod listen;
pub mod socketmap;
pub mod tcp_table;
