//! The policy resolver of a sending MTA: for each next-hop, what DANE and MTA-STS demand of its
//! servers (RFC 8461, RFC 7672).
//!
//! ```text
//!  MTA ──socketmap, tcp_table, HTTP──► server ──► engine ──► reply
//!                                                  │  └─ memory: policies, routes
//!                                                  ├─ outside: TXT, policy host, MX, TLSA
//!                                                  ├─ journal ──► store (off the request path)
//!                                                  └─ shared cache, alerts, failure reports
//! ```
//!
//! What to do is decided in `ironpost-proto`; here it is done and remembered.

pub mod admin;
pub mod alert;
pub mod answer;
pub mod engine;
pub mod explain;
pub mod failure_report;
pub mod import;
pub mod metrics;
pub mod self_test;
pub mod server;
pub mod settings;
pub mod shared;
