//! The `{symbols}` of a zone: addresses of the scenario's peers, and digests of what they
//! present.

use crate::address;
use crate::certificates::Identity;
use crate::error::ScenarioError;
use crate::peers::{AttackerManners, HttpsManners, Peers, SmtpManners};
use sha2::{Digest, Sha256, Sha512};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// What a symbol's address is for.
pub(crate) enum Role {
    Https(HttpsManners),
    Smtp(SmtpManners),
    Attacker(AttackerManners),
    NameServer,
    /// An address where nothing listens.
    Nobody,
}

/// The symbols of one scenario.
pub(crate) struct Symbols {
    /// By symbol.
    pub(crate) roles: BTreeMap<String, (Role, Ipv4Addr)>,
}

impl Symbols {
    /// Gives each symbol of `zone` an address and a role: the one that `peers.toml` describes,
    /// else the one that its name says.
    pub(crate) fn of(zone: &str, peers: &Peers, number: u8) -> Result<Self, ScenarioError> {
        let mut named: BTreeSet<&str> =
            pieces(zone).filter_map(Piece::symbol).filter(|s| !s.contains(':')).collect();
        // A victim is named by the attacker alone.
        named.extend(peers.attacker.values().map(|attacker| attacker.victim.as_str()));
        let described = peers.https.keys().chain(peers.smtp.keys()).chain(peers.attacker.keys());
        for peer in described {
            if !named.contains(peer.as_str()) {
                return Err(ScenarioError::Unnamed { peer: peer.clone() });
            }
        }
        let mut roles = BTreeMap::new();
        for (symbol, host) in named.into_iter().zip(1..) {
            let role = role_of(symbol, peers)?;
            roles.insert(symbol.to_owned(), (role, address::of_scenario(number, host)));
        }
        Ok(Self { roles })
    }

    pub(crate) fn address(&self, symbol: &str) -> Result<Ipv4Addr, ScenarioError> {
        let unknown = || ScenarioError::Symbol { symbol: symbol.to_owned() };
        self.roles.get(symbol).map(|(_, address)| *address).ok_or_else(unknown)
    }

    /// Replaces symbols by what they stand for. A digest that is not known yet is replaced by
    /// zeros.
    pub(crate) fn fill_in(
        &self,
        text: &str,
        hashes: &BTreeMap<String, String>,
    ) -> Result<String, ScenarioError> {
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Symbol(digest) if digest.contains(':') => match hashes.get(digest) {
                    Some(hash) => filled.push_str(hash),
                    None if hashes.is_empty() => filled.push_str("00"),
                    None => return Err(ScenarioError::Symbol { symbol: digest.to_owned() }),
                },
                Piece::Symbol(symbol) => {
                    // A `String` takes whatever is written to it.
                    let _ = write!(filled, "{}", self.address(symbol)?);
                }
            }
        }
        Ok(filled)
    }
}

fn role_of(symbol: &str, peers: &Peers) -> Result<Role, ScenarioError> {
    if let Some(manners) = peers.https.get(symbol) {
        return Ok(Role::Https(manners.clone()));
    }
    if let Some(manners) = peers.smtp.get(symbol) {
        return Ok(Role::Smtp(manners.clone()));
    }
    if let Some(AttackerManners { victim }) = peers.attacker.get(symbol) {
        return Ok(Role::Attacker(AttackerManners { victim: victim.clone() }));
    }
    match symbol.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "policy" => Ok(Role::Https(HttpsManners::default())),
        "mx" => Ok(Role::Smtp(SmtpManners::default())),
        "ns" => Ok(Role::NameServer),
        "nowhere" => Ok(Role::Nobody),
        _ => Err(ScenarioError::Symbol { symbol: symbol.to_owned() }),
    }
}

/// Text, or a symbol without its braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Symbol(&'a str),
}

impl<'a> Piece<'a> {
    fn symbol(self) -> Option<&'a str> {
        match self {
            Self::Text(_) => None,
            Self::Symbol(symbol) => Some(symbol),
        }
    }
}

/// Cuts a text into pieces; a brace that is never closed is text.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((symbol, after)) = rest.strip_prefix('{').and_then(|s| s.split_once('}')) {
            rest = after;
            return Some(Piece::Symbol(symbol));
        }
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map(|(at, _)| at);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(Piece::Text(piece))
    })
}

/// Every digest that a TLSA record may be made of: `spki-sha256:mx1`, `cert-sha512:ca`, ….
/// `ca` is the intermediate.
pub(crate) fn hashes(
    identities: &BTreeMap<String, Identity>,
    (ca, ca_spki): (&[u8], &[u8]),
) -> BTreeMap<String, String> {
    let mut hashes = BTreeMap::new();
    let mut add = |name: &str, certificate: &[u8], spki: &[u8]| {
        hashes.insert(format!("cert-sha256:{name}"), hex(&Sha256::digest(certificate)));
        hashes.insert(format!("cert-sha512:{name}"), hex(&Sha512::digest(certificate)));
        hashes.insert(format!("spki-sha256:{name}"), hex(&Sha256::digest(spki)));
        hashes.insert(format!("spki-sha512:{name}"), hex(&Sha512::digest(spki)));
    };
    add("ca", ca, ca_spki);
    for (symbol, identity) in identities {
        if let Some(certificate) = identity.certified.cert.first() {
            add(symbol, certificate, &identity.spki);
        }
    }
    hashes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_symbols_and_nowhere_else() {
        let found: Vec<_> = pieces("mx1 A {mx1}\n{a}{b} { open").collect();
        let expected = [
            Piece::Text("mx1 A "),
            Piece::Symbol("mx1"),
            Piece::Text("\n"),
            Piece::Symbol("a"),
            Piece::Symbol("b"),
            Piece::Text(" "),
            Piece::Text("{ open"),
        ];
        assert_eq!(found, expected);
    }
}
