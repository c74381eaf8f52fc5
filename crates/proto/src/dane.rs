//! TLSA records and what they ask of a sender, RFC 6698, 7671 and 7672.

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// Usage 0 or 1 (RFC 7672 §3.1.3).
    PkixUsage,
    /// An unassigned usage, selector or matching type (RFC 6698 §4.1).
    UnknownParameter,
    /// Data of a length that the digest does not have, or none at all.
    Length,
}

/// A certificate as matching needs it: both encodings, DER.
#[derive(Debug, Clone, Copy)]
pub struct ChainCertificate<'a> {
    /// The whole certificate.
    pub certificate: &'a [u8],
    /// Its SubjectPublicKeyInfo.
    pub spki: &'a [u8],
}

/// Which record matched, and where in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Tlsa {
    /// `Ok` if a DANE SMTP client can use the record.
    pub fn usability(&self) -> Result<(), Unusable> {
        todo!()
    }
}

/// Matches an RRset against the chain a server presented, end entity first, with digest
/// agility (RFC 7671 §9).
pub fn match_chain(_rrset: &[Tlsa], _chain: &[ChainCertificate<'_>]) -> TlsaVerdict {
    todo!()
}

impl std::fmt::Display for Tlsa {
    /// `3 1 1 <hex>`.
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
