//! TLS as a client that looks: trust roots, what a handshake showed, and what PKIX says of it.

pub mod connect;
pub mod facts;
pub mod legacy;
pub mod roots;
