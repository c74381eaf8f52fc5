//! The `_smtp._tls` TXT record, RFC 8460 §3.

use crate::deviation::{Notes, Parsed, Place};
use crate::txt_fields::{self, Field, MAX_SHOWN, Seen, Version, is_blank, trim_end, trim_start};
use crate::visible::Visible;
use std::fmt;

pub use super::report_uri::{ReportUri, ReportUriError, Target};
pub use crate::txt_fields::{Discarded, Extension, Likeness};

/// A valid record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where reports go, in order, at least one; several `rua` fields add up (A8).
    pub rua: Vec<ReportUri>,
    /// The first of each unknown field, in order.
    pub extensions: Vec<Extension>,
}

/// How a record departs from §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RecordFault {
    /// Fatal: no `rua` field.
    #[error("the record has no rua")]
    MissingRua,
    /// Fatal: `rua` without a URI, or a comma without one after it.
    #[error("a URI is missing")]
    EmptyUri,
    /// Fatal: no scheme, as in a bare address.
    #[error("a URI has no scheme")]
    NoScheme,
    /// Fatal: a raw `!` (the size suffix of DMARC does not exist here).
    #[error("a URI holds an exclamation mark that is not percent-encoded")]
    RawExclamation,
    /// Fatal: any other character or percent-encoding that RFC 3986 does not allow.
    #[error("a URI holds a character that must be percent-encoded")]
    InvalidUri,
    /// Fatal: what looks like a URI stands after a `;` as a field of its own.
    #[error("URIs are separated by a semicolon instead of a comma")]
    SemicolonBetweenUris,
    /// Fatal: a field without `=`, an empty field, a bad extension, stray blanks.
    #[error("the record is not a list of name=value fields")]
    Syntax,
    /// Not fatal: a scheme other than mailto and https.
    #[error("a URI has a scheme that reports do not use")]
    UnsupportedScheme,
    /// Not fatal: the scheme is right, but there is nothing to deliver to.
    #[error("a URI leads nowhere a report can go")]
    NoTarget,
    /// Harmless: blanks before the first `;`.
    #[error("a blank stands before the first semicolon")]
    BlankBeforeSemicolon,
    /// Harmless: an unknown field. The excerpt is its name.
    #[error("an unknown field")]
    UnknownField,
    /// Harmless: a repeated field. The excerpt is its name.
    #[error("a repeated field")]
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

/// True if `record` begins with `v=TLSRPTv1` and no more of a version than that: what
/// follows is the end, a delimiter, or a fault for [`parse`] to name.
pub fn is_record(record: &[u8]) -> bool {
    VERSION.begins(record)
}

/// Parses one record.
pub fn parse(record: &[u8]) -> Parsed<Record, RecordFault> {
    let mut notes = Notes::new();
    let frame = txt_fields::cut(record, VERSION);
    if let Some((offset, piece)) = frame.stray {
        notes.fatal(Place::offset(offset), RecordFault::Syntax, piece);
    }
    if let Some((offset, piece)) = frame.blank {
        notes.harmless(Place::offset(offset), RecordFault::BlankBeforeSemicolon, piece);
    }
    let mut rua = Vec::new();
    let mut extensions = Vec::new();
    let mut seen = Seen::default();
    seen.is_first(b"v");
    for field in &frame.fields {
        let place = Place::offset(field.offset);
        if field.name == Some(b"rua") {
            // RFC 8460 has no rule against repetition; several fields add up (A8).
            if !seen.is_first(b"rua") {
                notes.harmless(place, RecordFault::RepeatedField, b"rua");
            }
            read_uris(&mut notes, field, &mut rua);
        } else if let Some(extension) = Extension::new(field) {
            let name = field.name.unwrap_or_default();
            if seen.is_first(name) {
                notes.harmless(place, RecordFault::UnknownField, name);
                extensions.push(extension);
            } else {
                notes.harmless(place, RecordFault::RepeatedField, name);
            }
        } else if looks_like_uri(field.text) {
            notes.fatal(place, RecordFault::SemicolonBetweenUris, field.text);
        } else {
            notes.fatal(place, RecordFault::Syntax, field.text);
        }
    }
    // A field that cannot be read may be the rua that is missing.
    if seen.is_first(b"rua") && !notes.is_fatal() {
        notes.fatal(Place::offset(record.len()), RecordFault::MissingRua, b"");
    }
    notes.finish(Some(Record { rua, extensions }), RecordFault::MissingRua)
}

/// Evaluates a TXT RRset; each element is one RR, its character-strings already joined.
pub fn evaluate(rrset: &[Vec<u8>]) -> RecordSet {
    let (ours, discarded) = VERSION.divide(rrset);
    let candidates: Vec<_> = ours
        .into_iter()
        .map(|record| (Visible::excerpt(record, MAX_SHOWN), parse(record)))
        .collect();
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

impl fmt::Display for Record {
    /// The canonical record: `v=TLSRPTv1; rua=…,…;`, extensions after the URIs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=TLSRPTv1; rua=")?;
        for (n, uri) in self.rua.iter().enumerate() {
            write!(f, "{}{uri}", if n > 0 { "," } else { "" })?;
        }
        write!(f, ";")?;
        self.extensions.iter().try_for_each(|e| write!(f, " {}={};", e.name(), e.value()))
    }
}

/// `tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)`
fn read_uris(notes: &mut Notes<RecordFault>, field: &Field<'_>, rua: &mut Vec<ReportUri>) {
    let mut offset = field.value_offset();
    let mut items = field.value.split(|b| *b == b',').enumerate().peekable();
    while let Some((n, item)) = items.next() {
        let text = if n > 0 { trim_start(item) } else { item };
        let place = Place::offset(offset + item.len() - text.len());
        offset += item.len() + 1;
        // Blanks belong to a comma or a semicolon; elsewhere the URI must explain them.
        let text = if items.peek().is_some() { trim_end(text) } else { text };
        match ReportUri::parse(text) {
            Ok(uri) => {
                if uri.target() == Target::Unsupported {
                    let fault = if uri.has_known_scheme() {
                        RecordFault::NoTarget
                    } else {
                        RecordFault::UnsupportedScheme
                    };
                    notes.harmless(place, fault, text);
                }
                rua.push(uri);
            }
            Err(error) => {
                let fault = match error {
                    ReportUriError::Empty => RecordFault::EmptyUri,
                    ReportUriError::NoScheme if text.iter().all(|b| is_blank(*b)) => {
                        RecordFault::EmptyUri
                    }
                    ReportUriError::NoScheme => RecordFault::NoScheme,
                    ReportUriError::RawExclamation => RecordFault::RawExclamation,
                    ReportUriError::Invalid => RecordFault::InvalidUri,
                };
                notes.fatal(place, fault, text);
            }
        }
    }
}

fn looks_like_uri(text: &[u8]) -> bool {
    let begins = |scheme: &[u8]| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    [&b"mailto:"[..], b"https:", b"http:"].into_iter().any(begins)
}

const VERSION: Version = Version { literal: b"v=TLSRPTv1", signs: &["tlsrpt", "tls-rpt"] };
