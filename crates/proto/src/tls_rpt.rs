//! TLS-RPT, RFC 8460.

pub mod record;
pub mod result_type;
