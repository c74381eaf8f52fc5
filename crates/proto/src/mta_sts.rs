//! MTA-STS, RFC 8461.

pub mod discovery;
pub mod mx_pattern;
pub mod policy;
pub mod record;
