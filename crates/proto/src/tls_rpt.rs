//! TLS-RPT, RFC 8460.

pub mod datagram;
pub mod record;
pub mod report_uri;
pub mod result_type;
mod uri;
