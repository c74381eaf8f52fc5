//! The `_mta-sts` TXT record, RFC 8461 §3.1.

use crate::deviation::Parsed;
use crate::visible::Visible;

/// The id of a policy instance: 1 to 32 letters and digits, compared as an opaque,
/// case-sensitive string.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId(Box<str>);

impl PolicyId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A valid record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The policy instance announced.
    pub id: PolicyId,
    /// The first of each unknown field, in order.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

/// How a record departs from §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordFault {
    /// Fatal: no `id` field.
    MissingId,
    /// Fatal: the (first) `id` is empty, over 32 characters or not alphanumeric.
    InvalidId,
    /// Fatal: a field without `=`, an empty field, blanks where none may stand, an
    /// extension outside its grammar.
    Syntax,
    /// Harmless: blanks before the first `;`, which some senders discard (erratum 6285, A1).
    BlankBeforeSemicolon,
    /// Harmless: an unknown field.
    UnknownField,
    /// Harmless: a repeated field; the first counts.
    RepeatedField,
}

/// Parses one record that [`is_record`]: its strings joined with nothing between.
pub fn parse(_record: &[u8]) -> Parsed<Record, RecordFault> {
    todo!()
}

/// What the TXT RRset at `_mta-sts.<policy domain>` amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    /// What a sender acts on.
    pub outcome: RecordOutcome,
    /// The records that count as MTA-STS records, parsed, in RRset order.
    pub candidates: Vec<(Visible, Parsed<Record, RecordFault>)>,
    /// The other TXT records, discarded by a sender.
    pub discarded: Vec<Discarded>,
}

/// What a sender makes of the RRset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// Exactly one record, and it is valid.
    Valid(Record),
    /// No MTA-STS record.
    Absent,
    /// More than one record: as if there were none.
    Several,
    /// One record, malformed: as if there were none.
    Malformed(RecordFault),
}

/// A TXT record that a sender passes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// Its text.
    pub text: Visible,
    /// Why it is none of ours.
    pub likeness: Likeness,
}

/// How near a discarded TXT record comes to the record that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Likeness {
    /// Meant as our record but not beginning exactly with the version: case, leading blanks,
    /// quotes inside the data, blanks around `=`, version not first, another version number.
    WrongVersion,
    /// An SPF record (`v=spf1`), the usual sign of a wildcard TXT.
    Spf,
    /// Anything else.
    Unrelated,
}

/// True if `record` begins with `v=STSv1` and a delimiter (or ends there), the discard rule
/// of §3.1. A blank before the `;` is let through only for a lone record (A1).
pub fn is_record(_record: &[u8]) -> bool {
    todo!()
}

/// Evaluates a TXT RRset; each element is one RR, its character-strings already joined.
pub fn evaluate(_rrset: &[Vec<u8>]) -> RecordSet {
    todo!()
}

impl std::str::FromStr for PolicyId {
    type Err = RecordFault;
    fn from_str(_text: &str) -> Result<Self, Self::Err> {
        todo!()
    }
}

impl std::fmt::Display for Record {
    /// The canonical record: `v=STSv1; id=…;`, extensions after the id.
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
