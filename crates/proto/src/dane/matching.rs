//! TLSA records against the chain that a server presents.

use super::Tlsa;
use sha2::{Digest, Sha256, Sha512};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A certificate as matching needs it: both encodings, DER.
#[derive(Debug, Clone, Copy)]
pub struct ChainCertificate<'a> {
    /// The whole certificate.
    pub certificate: &'a [u8],
    /// Its SubjectPublicKeyInfo.
    pub spki: &'a [u8],
}

/// Which record matched, and where in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Index into the TLSA RRset.
    pub record: usize,
    /// Index into the chain, 0 the end entity.
    pub certificate: usize,
}

/// What a TLSA RRset comes to against a presented chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsaVerdict {
    /// A usable record matches. For DANE-TA the caller must still check the names
    /// (RFC 7672 §3.2.2) and that the chain leads to the anchor.
    Matched(Match),
    /// Usable records, none of which matches.
    Mismatch,
    /// No record is usable: TLS is mandatory, authentication is not (RFC 7672 §2.2).
    Unusable,
}

/// Matches an RRset against the chain a server presented, end entity first, with digest
/// agility (RFC 7671 §9).
///
/// DANE-EE matches the end entity alone and is preferred, as it needs no further check
/// (RFC 7672 §3.1.1); DANE-TA matches any issuer in the chain, the nearest first. A DANE-TA
/// record that holds the whole anchor may count although the server does not present it: see
/// [`published_anchors`].
pub fn match_chain(rrset: &[Tlsa], chain: &[ChainCertificate<'_>]) -> TlsaVerdict {
    let considered: Vec<usize> = (0..rrset.len()).filter(|n| is_considered(rrset, *n)).collect();
    if considered.is_empty() {
        return TlsaVerdict::Unusable;
    }
    let candidates = chain.iter().enumerate().map(|(n, der)| (n, Candidate::new(*der)));
    for (certificate, candidate) in candidates {
        // The end entity is nobody's issuer, and no issuer is the end entity.
        let usage = if certificate == 0 { DANE_EE } else { DANE_TA };
        let matched = considered
            .iter()
            .copied()
            .find(|n| rrset.get(*n).is_some_and(|tlsa| tlsa.usage == usage && candidate.is(tlsa)));
        if let Some(record) = matched {
            return TlsaVerdict::Matched(Match { record, certificate });
        }
    }
    TlsaVerdict::Mismatch
}

/// The trust anchors that an RRset holds whole, DER certificates: `2 0 0` records. A client
/// must be able to use such an anchor although the server does not present it (RFC 7671
/// §5.2.2): append them to the chain, match, and check that the chain leads there.
pub fn published_anchors(rrset: &[Tlsa]) -> impl Iterator<Item = &[u8]> {
    rrset
        .iter()
        .filter(|tlsa| (tlsa.usage, tlsa.selector, tlsa.matching_type) == (DANE_TA, 0, FULL))
        .filter(|tlsa| tlsa.usability().is_ok())
        .map(|tlsa| tlsa.data.as_slice())
}

/// RFC 7671 §9: of usable records with the same usage and selector, those with the whole data
/// count, and those with the strongest digest.
fn is_considered(rrset: &[Tlsa], index: usize) -> bool {
    let Some(tlsa) = rrset.get(index).filter(|tlsa| tlsa.usability().is_ok()) else {
        return false;
    };
    // SHA2-512 has the greater number and is the stronger.
    tlsa.matching_type == FULL || tlsa.matching_type == strongest(rrset, tlsa)
}

fn strongest(rrset: &[Tlsa], like: &Tlsa) -> u8 {
    rrset
        .iter()
        .filter(|tlsa| (tlsa.usage, tlsa.selector) == (like.usage, like.selector))
        .filter(|tlsa| tlsa.usability().is_ok())
        .map(|tlsa| tlsa.matching_type)
        .max()
        .unwrap_or(FULL)
}

/// A certificate whose digests are made once, however many records ask for them.
#[derive(Debug)]
struct Candidate<'a> {
    der: ChainCertificate<'a>,
    digests: [OnceCell<Vec<u8>>; 4],
}

impl<'a> Candidate<'a> {
    fn new(der: ChainCertificate<'a>) -> Self {
        Self { der, digests: [const { OnceCell::new() }; 4] }
    }

    fn is(&self, tlsa: &Tlsa) -> bool {
        let [certificate_256, certificate_512, spki_256, spki_512] = &self.digests;
        let ChainCertificate { certificate, spki } = self.der;
        let expected: Cow<'_, [u8]> = match (tlsa.selector, tlsa.matching_type) {
            (0, 0) => certificate.into(),
            (0, 1) => certificate_256.get_or_init(|| sha256(certificate)).into(),
            (0, 2) => certificate_512.get_or_init(|| sha512(certificate)).into(),
            (1, 0) => spki.into(),
            (1, 1) => spki_256.get_or_init(|| sha256(spki)).into(),
            (1, 2) => spki_512.get_or_init(|| sha512(spki)).into(),
            // Not usable, so never asked.
            _ => return false,
        };
        *expected == *tlsa.data
    }
}

fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(data).to_vec()
}

fn sha512(data: &[u8]) -> Vec<u8> {
    Sha512::digest(data).to_vec()
}

/// RFC 7218 §2.1.
const DANE_TA: u8 = 2;
const DANE_EE: u8 = 3;

/// RFC 7218 §2.3.
const FULL: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    const LEAF: ChainCertificate<'_> = ChainCertificate { certificate: b"leaf", spki: b"leaf key" };
    const ISSUER: ChainCertificate<'_> = ChainCertificate { certificate: b"ca", spki: b"ca key" };
    const ROOT: ChainCertificate<'_> = ChainCertificate { certificate: b"root", spki: b"root key" };

    fn record(usage: u8, selector: u8, matching_type: u8, of: &[u8]) -> Tlsa {
        let data = match matching_type {
            1 => sha256(of),
            2 => sha512(of),
            _ => of.to_vec(),
        };
        Tlsa { usage, selector, matching_type, data }
    }

    #[test]
    fn matches_what_each_usage_speaks_of() {
        let chain = [LEAF, ISSUER, ROOT];
        let found = |record, certificate| TlsaVerdict::Matched(Match { record, certificate });
        let table = [
            (vec![record(3, 1, 1, b"leaf key")], found(0, 0), "the key of the end entity"),
            (vec![record(3, 1, 2, b"leaf key")], found(0, 0), "the same by SHA2-512"),
            (vec![record(3, 1, 0, b"leaf key")], found(0, 0), "the same in full"),
            (vec![record(3, 0, 1, b"leaf")], found(0, 0), "the certificate"),
            (vec![record(3, 0, 0, b"leaf")], found(0, 0), "the certificate in full"),
            (vec![record(3, 0, 1, b"leaf key")], TlsaVerdict::Mismatch, "the wrong selector"),
            (vec![record(3, 1, 1, b"ca key")], TlsaVerdict::Mismatch, "3 is the end entity only"),
            (vec![record(2, 1, 1, b"ca key")], found(0, 1), "an issuer"),
            (vec![record(2, 0, 1, b"root")], found(0, 2), "the root, as presented"),
            (vec![record(2, 1, 1, b"leaf key")], TlsaVerdict::Mismatch, "2 is an issuer"),
            (vec![record(1, 1, 1, b"leaf key")], TlsaVerdict::Unusable, "1 is not for SMTP"),
            (vec![record(3, 1, 9, b"leaf key")], TlsaVerdict::Unusable, "unknown digest"),
            (Vec::new(), TlsaVerdict::Unusable, "no records"),
            (
                vec![record(1, 1, 1, b"x"), record(3, 1, 1, b"x"), record(3, 1, 1, b"leaf key")],
                found(2, 0),
                "any record of several will do",
            ),
            (
                vec![record(2, 1, 1, b"ca key"), record(3, 1, 1, b"leaf key")],
                found(1, 0),
                "the end entity needs no more checks",
            ),
        ];
        for (rrset, expected, reason) in table {
            assert_eq!(match_chain(&rrset, &chain), expected, "{reason}");
        }
        assert_eq!(match_chain(&[record(3, 1, 1, b"leaf key")], &[]), TlsaVerdict::Mismatch);
    }

    #[test]
    fn the_strongest_digest_of_each_kind_decides() {
        let chain = [LEAF, ISSUER];
        let matched =
            |rrset: &[Tlsa]| matches!(match_chain(rrset, &chain), TlsaVerdict::Matched(_));
        assert!(
            !matched(&[record(3, 1, 1, b"leaf key"), record(3, 1, 2, b"old key")]),
            "a weaker digest does not count beside a stronger"
        );
        assert!(
            matched(&[record(3, 1, 0, b"leaf key"), record(3, 1, 2, b"old key")]),
            "the whole key always counts"
        );
        assert!(
            matched(&[record(3, 0, 1, b"leaf"), record(3, 1, 2, b"old key")]),
            "another selector is another kind"
        );
        assert!(
            matched(&[record(3, 1, 1, b"leaf key"), record(2, 1, 2, b"old key")]),
            "another usage is another kind"
        );
        let cut = Tlsa { usage: 3, selector: 1, matching_type: 2, data: vec![0; 63] };
        assert!(matched(&[record(3, 1, 1, b"leaf key"), cut]), "a malformed record is no record");
    }

    #[test]
    fn an_anchor_in_dns_need_not_be_presented() {
        let rrset = [record(2, 0, 0, b"root"), record(2, 1, 0, b"root key"), record(3, 0, 0, b"x")];
        assert_eq!(published_anchors(&rrset).collect::<Vec<_>>(), [b"root"]);
    }
}
