//! Whether a name is free to be claimed anew (RFC 8461 §10.3).

use super::{Look, PROOF, ServerView, View};
use crate::delegation::verdict::label_in;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::{DnsName, Domain};

/// A name that still holds the token of a hosting that is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} still holds {token}, the token of an earlier hosting: remove that record first")]
pub struct OldToken {
    /// The name of the domain.
    pub name: DnsName,
    /// The token.
    pub token: Token,
}

/// Refuses a domain one of whose names holds a token of `former`: while it does, the record is a
/// former customer's word, and whoever comes to serve that token speaks for the domain.
pub fn claim(look: &Look, zone: &Domain, former: &[Token]) -> Result<(), OldToken> {
    for view in &look.views {
        let old = tokens(view, zone).find(|token| former.contains(token));
        if let Some(token) = old {
            return Err(OldToken { name: view.owner.clone(), token });
        }
    }
    Ok(())
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
