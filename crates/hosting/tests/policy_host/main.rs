//! The policy host over real sockets, by clients that speak bytes, TLS and HTTP/2, and by programs
//! that others wrote.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod certificates;
mod client;
mod descriptors;
mod end;
mod handshakes;
mod host;
mod http1;
mod http2;
mod limits;
mod log;
mod port_80;
mod programs;
mod proxies;
mod validation;
