//! One DNS server that plays the recursive resolver and every authoritative server.

mod answer;
mod forward;
mod name;
mod overlay;
mod server;
mod tree;
mod zone_file;

pub(crate) use name::WireName;
pub(crate) use overlay::Overlay;
pub(crate) use server::{Place, serve_tcp, serve_udp};
pub(crate) use tree::{Found, RrSet, Tree};
pub(crate) use zone_file::{ZoneRecord, read_zone};
