//! A chain as a column has it: certificates one after the other, each of which says how long it is.

use super::super::column::damaged;
use crate::StoreError;

/// The certificates of a chain.
pub(crate) fn chain(mut octets: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut certificates = Vec::new();
    while !octets.is_empty() {
        let (certificate, rest) = value(octets).ok_or_else(damaged)?;
        certificates.push(certificate.to_vec());
        octets = rest;
    }
    if certificates.is_empty() { Err(damaged()) } else { Ok(certificates) }
}

/// Splits off one DER value (X.690 §8.1): a tag of one octet, its length, its contents.
fn value(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = octets.get(1..)?.split_first()?;
    let (head, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x81..=0x84 => {
            let digits = usize::from(first & 0x7f);
            let length =
                rest.get(..digits)?.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
            (2 + digits, length)
        }
        _ => return None,
    };
    octets.split_at_checked(head.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn der(contents: &[u8]) -> Vec<u8> {
        let length = contents.len();
        let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
        let head = match length {
            0..=0x7f => vec![0x30, low],
            0x80..=0xff => vec![0x30, 0x81, low],
            _ => vec![0x30, 0x82, high, low],
        };
        [head, contents.to_vec()].concat()
    }

    #[test]
    fn what_is_cut_short_is_damaged() {
        let whole = der(&[7; 300]);
        assert!(chain(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(chain(&whole[..end]).is_err(), "{end}");
        }
        assert!(chain(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_err(), "longer than there is");
        assert!(chain(&[0x30, 0x80, 0, 0]).is_err(), "BER, of no length");
    }

    proptest! {
        #[test]
        fn chains_are_read_back(lengths in prop::collection::vec(0_usize..2_000, 1..5)) {
            let certificates: Vec<_> = lengths.iter().map(|length| der(&vec![0xa5; *length])).collect();
            prop_assert_eq!(chain(&certificates.concat()).unwrap(), certificates);
        }

        #[test]
        fn nothing_makes_it_panic(octets: Vec<u8>) {
            let _ = chain(&octets);
        }
    }
}
