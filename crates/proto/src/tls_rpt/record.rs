//! The `_smtp._tls` TXT record, RFC 8460 §3.

use crate::deviation::Parsed;
use crate::domain::Domain;
use crate::mta_sts::record::Discarded;
use crate::visible::Visible;

/// A valid record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where reports go, in order; several `rua` fields add up (A8).
    pub rua: Vec<ReportUri>,
    /// The first of each unknown field, in order.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

/// A URI of a `rua` field, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReportUri(Box<str>);

/// Where a report URI leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `mailto:` with an address; header fields are left out.
    Mail {
        /// The percent-decoded address.
        address: Visible,
        /// The domain after the `@`.
        domain: Domain,
    },
    /// `https:` with a host.
    Https {
        /// Host name or address as written, lower case.
        host: Box<str>,
        /// The port, 443 unless given.
        port: u16,
        /// Path and query, `/` at least.
        path: Box<str>,
    },
    /// A scheme that RFC 8460 does not know, or a supported scheme with nothing to deliver to.
    Unsupported,
}

impl ReportUri {
    /// As written in the record.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Where it leads.
    pub fn target(&self) -> Target {
        todo!()
    }
}

/// How a record departs from §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordFault {
    /// Fatal: no `rua` field.
    MissingRua,
    /// Fatal: `rua` without a URI, or a comma without one after it.
    EmptyUri,
    /// Fatal: no scheme, as in a bare address.
    NoScheme,
    /// Fatal: a raw `!` (the size suffix of DMARC does not exist here).
    RawExclamation,
    /// Fatal: any other character or percent-encoding that RFC 3986 does not allow.
    InvalidUri,
    /// Fatal: what looks like a URI stands after a `;` as a field of its own.
    SemicolonBetweenUris,
    /// Fatal: a field without `=`, an empty field, a bad extension, stray blanks.
    Syntax,
    /// Not fatal: a scheme other than mailto and https, or nothing to deliver to.
    UnsupportedScheme,
    /// Harmless: blanks before the first `;`.
    BlankBeforeSemicolon,
    /// Harmless: an unknown field.
    UnknownField,
    /// Harmless: a repeated field.
    RepeatedField,
}

/// What the TXT RRset at `_smtp._tls.<policy domain>` amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// What a reporter acts on.
    pub outcome: RecordOutcome,
    /// The records that count, parsed, in RRset order.
    pub candidates: Vec<(Visible, Parsed<Record, RecordFault>)>,
    /// The other TXT records.
    pub discarded: Vec<Discarded>,
}

/// What a reporter makes of the RRset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// Exactly one record, and it is valid.
    Valid(Record),
    /// No record.
    Absent,
    /// More than one: the domain does not do TLS-RPT (§3).
    Several,
    /// One record, malformed.
    Malformed(RecordFault),
}

/// True if `record` begins with `v=TLSRPTv1` and a delimiter or the end.
pub fn is_record(_record: &[u8]) -> bool {
    todo!()
}

/// Parses one record.
pub fn parse(_record: &[u8]) -> Parsed<Record, RecordFault> {
    todo!()
}

/// Evaluates a TXT RRset; each element is one RR, its character-strings already joined.
pub fn evaluate(_rrset: &[Vec<u8>]) -> RecordSet {
    todo!()
}
