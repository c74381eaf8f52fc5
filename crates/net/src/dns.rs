//! DNS as a stub resolver's client: typed lookups with TTL, alias chain and DNSSEC status.

pub mod answer;
pub mod resolver;

mod cache;
mod chain;
mod exchange;
mod extended_error;
mod question;
mod reading;
mod record;
mod resolv_conf;
mod validator;
