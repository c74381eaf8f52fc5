//! A key as the engine goes by it.

use ironpost_proto::next_hop::{self, Key, KeyError, NextHop};

/// What is asked: borrowed, so that a plain key costs nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The policy domain as an A-label.
    pub(super) domain: &'a str,
    /// The next-hop in canonical form.
    pub(super) next_hop: &'a str,
}

impl<'a> Asked<'a> {
    /// A key that is a domain in canonical form, as nearly all are.
    pub(super) fn plain(key: &'a [u8]) -> Option<Self> {
        next_hop::plain(key).map(|domain| Self { domain, next_hop: domain })
    }

    /// A next-hop whose canonical form is `name`.
    pub(super) fn of(next_hop: &'a NextHop, name: &'a str) -> Self {
        Self { domain: next_hop.domain.as_str(), next_hop: name }
    }
}

/// The next-hop that a key names; `None` for a key that can have no policy.
pub(super) fn parse(key: &[u8]) -> Result<Option<NextHop>, KeyError> {
    Ok(match Key::parse(key)? {
        Key::NextHop(next_hop) => Some(next_hop),
        Key::AddressLiteral | Key::Parent | Key::NoDomain => None,
    })
}
