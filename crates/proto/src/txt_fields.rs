//! The frame that the `_mta-sts` and `_smtp._tls` records share: a version, then fields
//! between semicolons (RFC 8461 §3.1, RFC 8460 §3).

use crate::visible::Visible;
use std::collections::BTreeSet;

/// A field of a TXT record that the RFC does not know; only the parser makes one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    name: Box<str>,
    value: Box<str>,
}

impl Extension {
    /// The name: a letter or digit, then up to 31 letters, digits, `_`, `-` or `.`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value: printable ASCII other than the space, `;` and `=`.
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn new(field: &Field<'_>) -> Option<Self> {
        if !field.is_extension() {
            return None;
        }
        let (name, value) = (std::str::from_utf8(field.name?), std::str::from_utf8(field.value));
        Some(Self { name: name.ok()?.into(), value: value.ok()?.into() })
    }
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

/// The most characters kept of a TXT record for showing.
pub(crate) const MAX_SHOWN: usize = 1024;

/// A record's version and what it is known by when misspelt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version {
    /// `v=` and the version, as every record must begin.
    pub(crate) literal: &'static [u8],
    /// Words, in lower case, that only a record meant as ours holds.
    pub(crate) signs: &'static [&'static str],
}

impl Version {
    /// True if `record` begins with the version, and with nothing that makes it another one.
    pub(crate) fn begins(self, record: &[u8]) -> bool {
        record.strip_prefix(self.literal).is_some_and(|rest| {
            rest.first().is_none_or(|b| !b.is_ascii_alphanumeric() && !b"._-".contains(b))
        })
    }

    /// Splits an RRset into records that count and records that a sender discards. Each
    /// element is one RR, its character-strings already joined.
    pub(crate) fn divide(self, rrset: &[Vec<u8>]) -> (Vec<&[u8]>, Vec<Discarded>) {
        let (ours, others): (Vec<&[u8]>, Vec<&[u8]>) =
            rrset.iter().map(Vec::as_slice).partition(|record| {
                // The rule that wants the literal prefix speaks of several TXT records; a
                // lone one may have blanks before the `;`, as the grammar has it (A1).
                self.begins(record) && (rrset.len() == 1 || self.begins_literally(record))
            });
        let discard = |record: &&[u8]| Discarded {
            text: Visible::excerpt(record, MAX_SHOWN),
            likeness: self.likeness(record),
        };
        (ours, others.iter().map(discard).collect())
    }

    fn begins_literally(self, record: &[u8]) -> bool {
        record.strip_prefix(self.literal).is_some_and(|rest| rest.starts_with(b";"))
    }

    fn likeness(self, record: &[u8]) -> Likeness {
        let squeezed: String = record
            .iter()
            .filter(|b| !b.is_ascii_whitespace() && !b"\"'".contains(b))
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
        if self.signs.iter().any(|sign| squeezed.contains(sign)) {
            Likeness::WrongVersion
        } else if squeezed.starts_with("v=spf1") || squeezed.starts_with("spf2.0") {
            Likeness::Spf
        } else {
            Likeness::Unrelated
        }
    }
}

/// What stands between two semicolons, the blanks beside them taken off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Octets before the field.
    pub(crate) offset: usize,
    /// The whole field.
    pub(crate) text: &'a [u8],
    /// What stands before the first `=`; `None` without one.
    pub(crate) name: Option<&'a [u8]>,
    /// What stands after the first `=`.
    pub(crate) value: &'a [u8],
}

impl<'a> Field<'a> {
    fn new(offset: usize, text: &'a [u8]) -> Self {
        match text.iter().position(|b| *b == b'=') {
            Some(at) => {
                let (name, value) = (text.get(..at), text.get(at + 1..).unwrap_or_default());
                Self { offset, text, name, value }
            }
            None => Self { offset, text, name: None, value: b"" },
        }
    }

    /// `sts-extension` of RFC 8461 §3.1, `tlsrpt-extension` of RFC 8460 §3: the same.
    pub(crate) fn is_extension(&self) -> bool {
        let value_octet = |b: &u8| b.is_ascii_graphic() && !b";=".contains(b);
        self.name.is_some_and(is_extension_name)
            && !self.value.is_empty()
            && self.value.iter().all(value_octet)
    }

    /// Octets before the value.
    pub(crate) fn value_offset(&self) -> usize {
        self.offset + self.name.map_or(0, |name| name.len() + 1)
    }
}

/// A record cut at its semicolons.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// Where blanks stand between the version and the first `;`.
    pub(crate) blank: Option<(usize, &'a [u8])>,
    /// What stands after the version where a `;` is due.
    pub(crate) stray: Option<(usize, &'a [u8])>,
    /// The fields in order; the text of one is empty if two semicolons meet.
    pub(crate) fields: Vec<Field<'a>>,
}

/// Cuts `record`: the version, then 1*(delimiter field), then perhaps a last delimiter. A
/// delimiter is a semicolon with blanks on either side.
pub(crate) fn cut(record: &[u8], version: Version) -> Frame<'_> {
    let mut frame = Frame { blank: None, stray: None, fields: Vec::new() };
    let Some(rest) = record.strip_prefix(version.literal) else {
        frame.stray = Some((0, record));
        return frame;
    };
    let start = version.literal.len();
    let trimmed = trim_start(rest);
    let blanks = rest.len() - trimmed.len();
    let Some(list) = trimmed.strip_prefix(b";") else {
        if !rest.is_empty() {
            frame.stray = Some((start, rest));
        }
        return frame;
    };
    if blanks > 0 {
        frame.blank = rest.get(..blanks).map(|piece| (start, piece));
    }
    let mut offset = start + blanks + 1;
    let mut pieces = list.split(|b| *b == b';').peekable();
    while let Some(piece) = pieces.next() {
        let text = trim_start(piece);
        let at = offset + piece.len() - text.len();
        offset += piece.len() + 1;
        if pieces.peek().is_some() {
            frame.fields.push(Field::new(at, trim_end(text)));
        } else if !text.is_empty() {
            // Blanks belong to a delimiter; after the last field there is none.
            frame.fields.push(Field::new(at, text));
        }
    }
    frame
}

/// Names already seen in a text.
#[derive(Debug, Default)]
pub(crate) struct Seen<'a>(BTreeSet<&'a [u8]>);

impl<'a> Seen<'a> {
    /// True the first time a name is given.
    pub(crate) fn is_first(&mut self, name: &'a [u8]) -> bool {
        self.0.insert(name)
    }
}

/// `sts-ext-name`, `sts-policy-ext-name` and `tlsrpt-ext-name`: the same grammar in all three.
pub(crate) fn is_extension_name(name: &[u8]) -> bool {
    let inner = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    match name {
        [first, rest @ ..] => {
            first.is_ascii_alphanumeric() && rest.len() <= 31 && rest.iter().all(inner)
        }
        [] => false,
    }
}

/// RFC 5234 appendix B.1: WSP is a space or a horizontal tab.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without the blanks at the start.
pub(crate) fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    text
}

/// Without the blanks at the end.
pub(crate) fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}
