//! The names through which a policy domain hands its records to a hosting installation
//! (RFC 8461 §8.2): one token for each hosted domain, one flat label for each kind of record.
//!
//! ```text
//! _mta-sts.example.com.                 CNAME  sts-<token>.<zone>.
//! mta-sts.example.com.                  CNAME  host-<token>.<zone>.
//! _smtp._tls.example.com.               CNAME  rpt-<token>.<zone>.
//! _acme-challenge.mta-sts.example.com.  CNAME  acme-<token>.<zone>.     (for DNS-01 alone)
//! ```
//!
//! The labels are flat, directly below the zone, so that there is no empty non-terminal that a
//! resolver with query-name minimisation could be told NXDOMAIN about.

use crate::domain::{DnsName, Domain};
use std::fmt;
use std::str::FromStr;

/// 80 random bits that stand for one hosting of one domain. Never used twice: a CNAME that a
/// former customer left behind must not fall to the next one (RFC 8461 §10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token([u8; 10]);

/// Not sixteen of the letters a to z and the digits 2 to 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token: sixteen letters and digits 2 to 7 are expected")]
pub struct TokenError;

/// The kinds of record that are handed over, each with its label below the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The TXT record of `_mta-sts` (RFC 8461 §3.1).
    Record,
    /// The addresses and CAA records of the policy host.
    PolicyHost,
    /// The TXT record of `_smtp._tls` (RFC 8460 §3).
    ReportRecord,
    /// The TXT records of `_acme-challenge` (RFC 8555 §8.4).
    Challenge,
}

impl Token {
    /// From 80 random bits.
    pub const fn from_bytes(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }

    /// The 80 bits.
    pub const fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

impl fmt::Display for Token {
    /// Sixteen characters of base32 (RFC 4648 §6) in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digits = (0..LENGTH).rev().map(|place| {
            let digit = (bits >> (5 * place)) & 31;
            char::from(ALPHABET[usize::try_from(digit).unwrap_or_default()])
        });
        f.pad(&digits.collect::<String>())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    /// Reads the sixteen characters in either case: DNS does not keep it.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text.as_bytes()).ok_or(TokenError)
    }
}

impl Token {
    fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != LENGTH {
            return None;
        }
        let mut bits = 0_u128;
        for byte in text {
            let digit = match byte.to_ascii_lowercase() {
                letter @ b'a'..=b'z' => letter - b'a',
                digit @ b'2'..=b'7' => digit - b'2' + 26,
                _ => return None,
            };
            bits = bits << 5 | u128::from(digit);
        }
        let bytes = bits.to_be_bytes();
        bytes.last_chunk().copied().map(Self)
    }
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Record, Self::PolicyHost, Self::ReportRecord, Self::Challenge];

    /// The label below the zone.
    pub fn label(self, token: Token) -> String {
        format!("{}{token}", self.prefix())
    }

    /// What a label below the zone stands for, whatever its case.
    pub fn parse(label: &[u8]) -> Option<(Self, Token)> {
        Self::ALL.into_iter().find_map(|target| {
            let prefix = target.prefix().as_bytes();
            let (head, rest) = label.split_at_checked(prefix.len())?;
            let token = Token::parse(rest)?;
            head.eq_ignore_ascii_case(prefix).then_some((target, token))
        })
    }

    /// The name in the zone that a CNAME of the policy domain points to.
    pub fn name(self, token: Token, zone: &Domain) -> DnsName {
        zone.prefixed(&self.label(token))
    }

    /// The name of the policy domain at which that CNAME stands.
    pub fn owner(self, domain: &Domain) -> DnsName {
        domain.prefixed(match self {
            Self::Record => "_mta-sts",
            Self::PolicyHost => "mta-sts",
            Self::ReportRecord => "_smtp._tls",
            Self::Challenge => "_acme-challenge.mta-sts",
        })
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Record => "sts-",
            Self::PolicyHost => "host-",
            Self::ReportRecord => "rpt-",
            Self::Challenge => "acme-",
        }
    }
}

/// RFC 4648 §6, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// 80 bits, five in each character.
const LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_as_documented() {
        let token = Token::from_bytes([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(token.to_string(), "74aaaaaaaaaaaaab");
        let zone = "sts.host.test".parse::<Domain>().unwrap();
        let domain = "a.test".parse::<Domain>().unwrap();
        let table = [
            (Target::Record, "_mta-sts.a.test", "sts-74aaaaaaaaaaaaab.sts.host.test"),
            (Target::PolicyHost, "mta-sts.a.test", "host-74aaaaaaaaaaaaab.sts.host.test"),
            (Target::ReportRecord, "_smtp._tls.a.test", "rpt-74aaaaaaaaaaaaab.sts.host.test"),
            (
                Target::Challenge,
                "_acme-challenge.mta-sts.a.test",
                "acme-74aaaaaaaaaaaaab.sts.host.test",
            ),
        ];
        for (target, owner, name) in table {
            assert_eq!(target.owner(&domain).as_str(), owner);
            assert_eq!(target.name(token, &zone).as_str(), name);
        }
    }

    #[test]
    fn other_labels_are_nobodys() {
        let table: [(&[u8], &str); 6] = [
            (b"sts-", "no token"),
            (b"sts-74aaaaaaaaaaaaa", "a character short"),
            (b"sts-74aaaaaaaaaaaaab1", "a character long"),
            (b"sts-74aaaaaaaaaaaaa1", "a digit that base32 has not"),
            (b"mx-74aaaaaaaaaaaaab", "a prefix of nobody"),
            (b"\xff\xff\xff\xff74aaaaaaaaaaaaab", "octets"),
        ];
        for (label, reason) in table {
            assert_eq!(Target::parse(label), None, "{reason}");
        }
    }

    proptest! {
        #[test]
        fn labels_are_read_back(bytes: [u8; 10], target in 0_usize..4) {
            let (token, target) = (Token::from_bytes(bytes), Target::ALL[target]);
            let label = target.label(token);
            prop_assert_eq!(Target::parse(label.as_bytes()), Some((target, token)));
            prop_assert_eq!(Target::parse(label.to_uppercase().as_bytes()), Some((target, token)));
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }
    }
}
