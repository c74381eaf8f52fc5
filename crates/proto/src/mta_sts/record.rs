//! The `_mta-sts` TXT record, RFC 8461 §3.1.

use crate::deviation::{Notes, Parsed, Place};
use crate::txt_fields::{self, Field, MAX_SHOWN, Seen, Version};
use crate::visible::Visible;
use std::fmt;
use std::str::FromStr;

pub use crate::txt_fields::{Discarded, Extension, Likeness};

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
    pub extensions: Vec<Extension>,
}

/// How a record departs from §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RecordFault {
    /// Fatal: no `id` field.
    #[error("the record has no id")]
    MissingId,
    /// Fatal: the (first) `id` is empty, over 32 characters or not alphanumeric.
    #[error("the id is not 1 to 32 letters and digits")]
    InvalidId,
    /// Fatal: a field without `=`, an empty field, blanks where none may stand, an
    /// extension outside its grammar.
    #[error("the record is not a list of name=value fields")]
    Syntax,
    /// Harmless: blanks before the first `;`, which some senders discard (erratum 6285, A1).
    #[error("a blank stands before the first semicolon")]
    BlankBeforeSemicolon,
    /// Harmless: an unknown field. The excerpt is its name.
    #[error("an unknown field")]
    UnknownField,
    /// Harmless: a repeated field; the first counts. The excerpt is its name.
    #[error("a repeated field")]
    RepeatedField,
}

/// Parses one record that [`is_record`]: its strings joined with nothing between.
pub fn parse(record: &[u8]) -> Parsed<Record, RecordFault> {
    let mut notes = Notes::new();
    let frame = txt_fields::cut(record, VERSION);
    if let Some((offset, piece)) = frame.stray {
        notes.fatal(Place::offset(offset), RecordFault::Syntax, piece);
    }
    if let Some((offset, piece)) = frame.blank {
        notes.harmless(Place::offset(offset), RecordFault::BlankBeforeSemicolon, piece);
    }
    let mut id = None;
    let mut extensions = Vec::new();
    let mut seen = Seen::default();
    seen.is_first(b"v");
    for field in &frame.fields {
        if field.name == Some(b"id") && seen.is_first(b"id") {
            id = read_id(field.value);
            if id.is_none() {
                notes.fatal(place(field), RecordFault::InvalidId, field.text);
            }
        } else if let Some(extension) = Extension::new(field) {
            let name = field.name.unwrap_or_default();
            // §3.2, of TXT records too: all but the first of a name are ignored (A15).
            if seen.is_first(name) {
                notes.harmless(place(field), RecordFault::UnknownField, name);
                extensions.push(extension);
            } else {
                notes.harmless(place(field), RecordFault::RepeatedField, name);
            }
        } else {
            notes.fatal(place(field), RecordFault::Syntax, field.text);
        }
    }
    // A field that cannot be read may be the id that is missing.
    if seen.is_first(b"id") && !notes.is_fatal() {
        notes.fatal(Place::offset(record.len()), RecordFault::MissingId, b"");
    }
    notes.finish(id.map(|id| Record { id, extensions }), RecordFault::MissingId)
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

/// True if `record` begins with `v=STSv1` and no more of a version than that: what follows
/// is the end, a delimiter, or a fault for [`parse`] to name. Among several TXT records only
/// the literal `v=STSv1;` counts (§3.1), which is for [`evaluate`] to see.
pub fn is_record(record: &[u8]) -> bool {
    VERSION.begins(record)
}

/// Evaluates a TXT RRset; each element is one RR, its character-strings already joined.
pub fn evaluate(rrset: &[Vec<u8>]) -> RecordSet {
    let (ours, discarded) = VERSION.divide(rrset);
    let candidates: Vec<_> = ours
        .into_iter()
        .map(|record| (Visible::excerpt(record, MAX_SHOWN), parse(record)))
        .collect();
    // §3.1: filter by the version first, count, and only then look at the syntax.
    let outcome = match candidates.as_slice() {
        [] => RecordOutcome::Absent,
        [(_, parsed)] => match &parsed.verdict {
            Ok(record) => RecordOutcome::Valid(record.clone()),
            Err(fault) => RecordOutcome::Malformed(*fault),
        },
        _ => RecordOutcome::Several,
    };
    RecordSet { outcome, candidates, discarded }
}

impl FromStr for PolicyId {
    type Err = RecordFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_id(text.as_bytes()).ok_or(RecordFault::InvalidId)
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Record {
    /// The record that announces `id` and nothing else.
    pub fn new(id: PolicyId) -> Self {
        Self { id, extensions: Vec::new() }
    }
}

impl fmt::Display for Record {
    /// The canonical record: `v=STSv1; id=…;`, extensions after the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=STSv1; id={};", self.id)?;
        self.extensions.iter().try_for_each(|e| write!(f, " {}={};", e.name(), e.value()))
    }
}

fn place(field: &Field<'_>) -> Place {
    Place::offset(field.offset)
}

/// `1*32(ALPHA / DIGIT)`
fn read_id(value: &[u8]) -> Option<PolicyId> {
    let valid = (1..=32).contains(&value.len()) && value.iter().all(u8::is_ascii_alphanumeric);
    let text = std::str::from_utf8(value).ok().filter(|_| valid)?;
    Some(PolicyId(text.into()))
}

const VERSION: Version = Version { literal: b"v=STSv1", signs: &["stsv", "v=sts", "mta-sts"] };
