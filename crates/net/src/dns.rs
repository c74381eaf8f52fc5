//! DNS as a stub resolver's client: typed lookups with TTL, alias chain and DNSSEC status.

pub mod answer;
pub mod resolver;
