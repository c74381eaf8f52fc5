//! TLSA records and what they ask of a sender, RFC 6698, 7671 and 7672.

mod matching;
mod outcome;

pub use matching::{ChainCertificate, Match, TlsaVerdict, match_chain, published_anchors};
pub use outcome::{
    Alias, Answer, Host, LookupFault, NotApplicable, Outcome, Security, TlsaAnswer, base_domains,
    choose_base, outcome,
};

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A TLSA record as published: any numbers, any data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tlsa {
    /// Certificate usage: 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE.
    pub usage: u8,
    /// Selector: 0 Cert, 1 SPKI.
    pub selector: u8,
    /// Matching type: 0 Full, 1 SHA2-256, 2 SHA2-512.
    pub matching_type: u8,
    /// Certificate association data.
    pub data: Vec<u8>,
}

/// Why a record cannot be used for SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unusable {
    /// Usage 0 or 1 (RFC 7672 §3.1.3).
    #[error("usages 0 and 1 are not used for SMTP")]
    PkixUsage,
    /// An unassigned usage, selector or matching type (RFC 6698 §4.1).
    #[error("the usage, the selector or the matching type is not assigned")]
    UnknownParameter,
    /// Data of a length that the digest does not have, or none at all.
    #[error("the data has the wrong length for its matching type")]
    Length,
}

/// Why octets or a text are no TLSA record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TlsaError {
    /// Fewer than three numbers.
    #[error("the record is cut short")]
    Short,
    /// A number that is not 0 to 255.
    #[error("usage, selector and matching type are numbers from 0 to 255")]
    Number,
    /// Data that is not pairs of hexadecimal digits.
    #[error("the data is not pairs of hexadecimal digits")]
    Hex,
}

impl Tlsa {
    /// Reads record data off the wire (RFC 6698 §2.1): three octets, then the data.
    pub fn from_wire(rdata: &[u8]) -> Result<Self, TlsaError> {
        match rdata {
            [usage, selector, matching_type, data @ ..] => Ok(Self {
                usage: *usage,
                selector: *selector,
                matching_type: *matching_type,
                data: data.to_vec(),
            }),
            _ => Err(TlsaError::Short),
        }
    }

    /// The record to publish for a host with this key: `3 1 1` (RFC 7672 §3.1.1). `spki` is the
    /// DER of the SubjectPublicKeyInfo.
    pub fn for_key(spki: &[u8]) -> Self {
        Self { usage: 3, selector: 1, matching_type: 1, data: Sha256::digest(spki).to_vec() }
    }

    /// `Ok` if a DANE SMTP client can use the record.
    pub fn usability(&self) -> Result<(), Unusable> {
        match self.usage {
            0 | 1 => return Err(Unusable::PkixUsage),
            2 | 3 => {}
            _ => return Err(Unusable::UnknownParameter),
        }
        if self.selector > 1 {
            return Err(Unusable::UnknownParameter);
        }
        let valid = match self.matching_type {
            0 => !self.data.is_empty(),
            1 => self.data.len() == 32,
            2 => self.data.len() == 64,
            _ => return Err(Unusable::UnknownParameter),
        };
        if valid { Ok(()) } else { Err(Unusable::Length) }
    }
}

impl FromStr for Tlsa {
    type Err = TlsaError;

    /// Reads presentation form (RFC 6698 §2.2): three numbers and hexadecimal digits, which
    /// blanks may divide.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_ascii_whitespace();
        let mut number = || words.next().ok_or(TlsaError::Short).and_then(read_number);
        let (usage, selector, matching_type) = (number()?, number()?, number()?);
        let digits: Vec<u8> = words.flat_map(str::bytes).collect();
        let (pairs, odd) = digits.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(TlsaError::Hex);
        }
        let data =
            pairs.iter().copied().map(read_octet).collect::<Option<_>>().ok_or(TlsaError::Hex)?;
        Ok(Self { usage, selector, matching_type, data })
    }
}

impl fmt::Display for Tlsa {
    /// `3 1 1 <hex>`, lower case and without blanks in the data (RFC 8460 §4.5).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.usage, self.selector, self.matching_type)?;
        self.data.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

fn read_number(text: &str) -> Result<u8, TlsaError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(TlsaError::Number)
}

fn read_octet(pair: [u8; 2]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_presentation_form() {
        let record: Tlsa = "3 1 1 AB cd\t0f".parse().unwrap();
        assert_eq!(record.data, [0xab, 0xcd, 0x0f]);
        assert_eq!(record.to_string(), "3 1 1 abcd0f");
        assert_eq!(Tlsa::from_wire(&[3, 1, 1, 0xab, 0xcd, 0x0f]), Ok(record));
        let table = [
            ("", TlsaError::Short),
            ("3 1", TlsaError::Short),
            ("3 1 256 00", TlsaError::Number),
            ("+3 1 1 00", TlsaError::Number),
            ("3 one 1 00", TlsaError::Number),
            ("3 1 1 abc", TlsaError::Hex),
            ("3 1 1 zz", TlsaError::Hex),
            ("3 1 1 üü", TlsaError::Hex),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<Tlsa>(), Err(error), "{text:?}");
        }
        assert_eq!(Tlsa::from_wire(&[3, 1]), Err(TlsaError::Short));
    }

    #[test]
    fn tells_which_records_smtp_can_use() {
        let table = [
            ((3, 1, 1, 32), Ok(()), "the usual record"),
            ((2, 0, 2, 64), Ok(()), "a trust anchor by SHA2-512"),
            ((3, 0, 0, 1), Ok(()), "a whole certificate has any length"),
            ((0, 1, 1, 32), Err(Unusable::PkixUsage), "PKIX-TA"),
            ((1, 1, 1, 32), Err(Unusable::PkixUsage), "PKIX-EE"),
            ((4, 1, 1, 32), Err(Unusable::UnknownParameter), "unassigned usage"),
            ((255, 1, 1, 32), Err(Unusable::UnknownParameter), "private usage"),
            ((3, 2, 1, 32), Err(Unusable::UnknownParameter), "unassigned selector"),
            ((3, 1, 3, 32), Err(Unusable::UnknownParameter), "unassigned matching type"),
            ((3, 1, 1, 31), Err(Unusable::Length), "a digest cut short"),
            ((3, 1, 1, 64), Err(Unusable::Length), "SHA2-512 under the number of SHA2-256"),
            ((3, 1, 2, 32), Err(Unusable::Length), "and the other way round"),
            ((3, 1, 0, 0), Err(Unusable::Length), "no data"),
        ];
        for ((usage, selector, matching_type, length), expected, reason) in table {
            let record = Tlsa { usage, selector, matching_type, data: vec![0; length] };
            assert_eq!(record.usability(), expected, "{reason}");
        }
    }
}
