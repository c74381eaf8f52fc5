//! Whether a name is free to be claimed anew (RFC 8461 §10.3).

use super::{Look, PROOF, ServerView, View};
use crate::delegation::verdict::label_in;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::Sight;

/// Why a name cannot be claimed now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotClaimable {
    /// It still holds the token of a hosting that is over.
    #[error(
        "{name} still holds {token}, the token of an earlier hosting: remove that record first"
    )]
    OldToken {
        /// The name.
        name: DnsName,
        /// The token.
        token: Token,
    },
    /// Nobody can tell.
    #[error(
        "{name} cannot be looked up, so it may still hold the token of an earlier hosting: mend \
         its DNS, and it is looked at again"
    )]
    Unknown {
        /// The name.
        name: DnsName,
    },
}

/// Refuses a domain one of whose names holds a token of `former`, or may hold one: while it does,
/// the record is a former customer's word, and whoever comes to serve that token speaks for the
/// domain.
pub fn claim(look: &Look, zone: &Domain, former: &[Token]) -> Result<(), NotClaimable> {
    if former.is_empty() {
        return Ok(());
    }
    let old = look.views.iter().find_map(|view| {
        let token = tokens(view, zone).find(|token| former.contains(token))?;
        Some(NotClaimable::OldToken { name: view.owner.clone(), token })
    });
    // What is certain is the better thing to say.
    let unknown = || {
        let view = look.views.iter().find(|view| view.sight == Sight::Unknown)?;
        Some(NotClaimable::Unknown { name: view.owner.clone() })
    };
    old.or_else(unknown).map_or(Ok(()), Err)
}

/// Every token that was seen at a name, by whomever it was told.
fn tokens<'a>(view: &'a View, zone: &'a Domain) -> impl Iterator<Item = Token> + 'a {
    let told = view.servers.iter().flat_map(ServerView::aliases);
    let aliases = view.aliases.iter().chain(told);
    let from_aliases = aliases.filter_map(|alias| label_in(alias, zone)?.ok()).map(|(_, t)| t);
    from_aliases.chain(view.texts.iter().filter_map(|text| token_in(text)))
}

/// The token of a TXT record that is such a proof.
pub(super) fn token_in(text: &[u8]) -> Option<Token> {
    str::from_utf8(text.strip_prefix(PROOF.as_bytes())?).ok()?.trim().parse().ok()
}
