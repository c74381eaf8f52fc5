//! MTA-STS (RFC 8461), TLS-RPT (RFC 8460) and DANE for SMTP (RFC 7672) as pure
//! functions: no I/O, no clock, no randomness. Every parser takes bytes and returns
//! the strict verdict a sender needs beside every deviation a checker can explain.
//!
//! Where the RFCs are silent or split, a mark such as (A4) names our reading in COMPATIBILITY.md.

pub mod dane;
pub mod delegation;
pub mod delivery;
pub mod deviation;
pub mod domain;
pub mod lifecycle;
pub mod mta_sts;
pub mod next_hop;
pub mod proxy_protocol;
pub mod socketmap;
pub mod tcp_table;
pub mod tls_rpt;
mod txt_fields;
pub mod visible;
