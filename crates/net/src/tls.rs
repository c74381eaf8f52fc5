//! TLS as a client that looks: trust roots, what a handshake showed, and what PKIX says of it.

mod certificate;
pub(crate) mod connect;
mod diagnosis;
pub mod facts;
mod failure;
pub(crate) mod legacy;
mod path;
pub mod roots;
mod seen;
mod trust;
mod verifier;
