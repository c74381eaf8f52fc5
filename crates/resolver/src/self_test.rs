//! What is tried at the start: can the answers be relied on?

use ironpost_net::dns::resolver::Resolver;
use ironpost_net::tls::roots::Roots;
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// The names that are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Signed and sound.
    pub signed: DnsName,
    /// Signed, with signatures that do not hold.
    pub bogus: DnsName,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was tried.
    pub what: &'static str,
    /// How it went.
    pub grade: Grade,
    /// What was seen, and what follows from it.
    pub detail: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// As it should be.
    Sound,
    /// Works, but less is protected.
    Weak,
    /// The resolver cannot do its work.
    Broken,
    /// Could not be tried.
    NotTested,
}

/// Tries everything: does the resolver validate (or is it done here), is it on loopback, are roots
/// loaded, is the clock sane.
pub async fn run(
    resolver: &Resolver,
    roots: &Roots,
    names: &Names,
    now: Timestamp,
) -> Vec<Finding> {
    let _ = (resolver, roots, names, now);
    todo!()
}
