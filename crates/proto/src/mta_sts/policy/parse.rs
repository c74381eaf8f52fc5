//! From octets to a policy.

use super::encoding::{self, Body};
use super::entry::Entry;
use super::lines::{Line, lines};
use super::mention::{Mentioned, escaped_line_end};
use super::{Extension, Field, MaxAge, Mode, Policy, PolicyFault, value_fault};
use crate::deviation::{Notes, Parsed, Place};
use crate::mta_sts::mx_pattern::{MxPattern, PatternFault};
use crate::txt_fields::{Seen, is_blank, is_extension_name};

/// Parses a policy file of any content; the body as it came, undecoded.
///
/// One cause gives one fatal deviation: a field on a line that cannot be read is not called
/// missing as well. A missing field is placed on the line after the last.
pub fn parse(body: &[u8]) -> Parsed<Policy, PolicyFault> {
    let mut notes = Notes::new();
    let text = match encoding::inspect(body) {
        Body::Text(text) => text,
        Body::Marked(text) => {
            notes.fatal(START, PolicyFault::ByteOrderMark, body.get(..3).unwrap_or_default());
            text
        }
        Body::Hopeless(fault) => {
            notes.fatal(START, fault, body);
            return notes.finish(None, fault);
        }
    };
    if let Some(line) = only_line(text)
        && Mentioned::on(line.text).count() > 1
    {
        notes.fatal(Place { line: line.number, column: 1 }, PolicyFault::OneLine, line.text);
        return notes.finish(None, PolicyFault::OneLine);
    }
    Reader::new(notes).read(text)
}

/// A policy file half read.
#[derive(Debug)]
struct Reader<'a> {
    notes: Notes<PolicyFault>,
    draft: Draft<'a>,
    mentioned: Mentioned,
    /// A run of blank lines that no field has followed yet.
    blank: Option<BlankLines<'a>>,
    bare_cr: bool,
    /// Lines so far that are not blank.
    fields: usize,
}

/// The fields so far.
#[derive(Debug, Default)]
struct Draft<'a> {
    version: Slot<()>,
    mode: Slot<Mode>,
    max_age: Slot<MaxAge>,
    /// `None` until a line names an `mx`, however badly.
    mx: Option<Vec<MxPattern>>,
    extensions: Vec<Extension>,
    seen: Seen<'a>,
}

/// A field that counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Slot<T> {
    #[default]
    Missing,
    Invalid,
    Valid(T),
}

impl<T> Slot<T> {
    fn valid(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Missing | Self::Invalid => None,
        }
    }
}

/// Lines of nothing but blanks, one after the other.
#[derive(Debug, Clone, Copy)]
struct BlankLines<'a> {
    /// The first of them.
    line: usize,
    text: &'a [u8],
    /// True if there is not even a blank.
    empty: bool,
}

impl BlankLines<'_> {
    fn place(&self) -> Place {
        Place { line: self.line, column: 1 }
    }
}

impl<'a> Reader<'a> {
    fn new(notes: Notes<PolicyFault>) -> Self {
        Self {
            notes,
            draft: Draft::default(),
            mentioned: Mentioned::default(),
            blank: None,
            bare_cr: false,
            fields: 0,
        }
    }

    fn read(mut self, text: &'a [u8]) -> Parsed<Policy, PolicyFault> {
        let mut last = 0;
        for line in lines(text) {
            last = line.number;
            if line.text.iter().all(|b| is_blank(*b)) {
                self.blank_line(&line);
            } else {
                self.end_blank_lines();
                self.line(&line);
                self.fields += 1;
            }
            if line.bare_cr && !self.bare_cr {
                self.bare_cr = true;
                let place = Place { line: line.number, column: line.text.len() + 1 };
                self.notes.fatal(place, PolicyFault::BareCr, b"\r");
            }
        }
        match self.blank.take() {
            // A14: empty lines after the last field are outside the grammar and common.
            Some(run) if run.empty => {
                self.notes.harmless(run.place(), PolicyFault::BlankLine, run.text);
            }
            Some(run) => self.notes.fatal(run.place(), PolicyFault::BlankLine, run.text),
            None => {}
        }
        self.finish(Place { line: last + 1, column: 1 })
    }

    fn blank_line(&mut self, line: &Line<'a>) {
        // Bare carriage returns make blank lines that nobody wrote.
        if !self.bare_cr && !line.bare_cr {
            let run = BlankLines { line: line.number, text: line.text, empty: true };
            self.blank.get_or_insert(run).empty &= line.text.is_empty();
        }
    }

    fn end_blank_lines(&mut self) {
        if let Some(run) = self.blank.take() {
            self.notes.fatal(run.place(), PolicyFault::BlankLine, run.text);
        }
    }

    fn line(&mut self, line: &Line<'a>) {
        let Some(entry) = Entry::new(line) else {
            return self.broken(line, 0);
        };
        match entry.name {
            b"version" if self.draft.version == Slot::Missing => self.read_version(line, &entry),
            b"mode" if self.draft.mode == Slot::Missing => self.read_mode(line, &entry),
            b"max_age" if self.draft.max_age == Slot::Missing => self.read_max_age(line, &entry),
            b"mx" => self.read_mx(line, &entry),
            _ if !is_extension_name(entry.name) => {
                let inner = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
                self.broken(line, entry.name.iter().position(|b| !inner(b)).unwrap_or(0));
            }
            _ => match value_fault(entry.value) {
                Some(at) => self.broken(line, entry.value_offset + at),
                None => self.read_other(&entry),
            },
        }
    }

    fn read_version(&mut self, line: &Line<'a>, entry: &Entry<'a>) {
        if entry.value != b"STSv1" {
            self.draft.version = Slot::Invalid;
            return self.bad_value(line, entry, PolicyFault::Version);
        }
        self.draft.version = Slot::Valid(());
        if self.fields > 0 {
            self.notes.harmless(entry.start(), PolicyFault::VersionNotFirst, line.text);
        }
    }

    fn read_mode(&mut self, line: &Line<'a>, entry: &Entry<'a>) {
        let word = std::str::from_utf8(entry.value).unwrap_or_default();
        if let Ok(mode) = word.parse() {
            self.draft.mode = Slot::Valid(mode);
        } else {
            self.draft.mode = Slot::Invalid;
            self.bad_value(line, entry, PolicyFault::Mode);
        }
    }

    fn read_max_age(&mut self, line: &Line<'a>, entry: &Entry<'a>) {
        let Some(seconds) = ten_digits(entry.value) else {
            self.draft.max_age = Slot::Invalid;
            return self.bad_value(line, entry, PolicyFault::MaxAge);
        };
        self.draft.max_age = Slot::Valid(MaxAge::from_secs(seconds));
        if seconds > MaxAge::MAX.as_secs().into() {
            self.notes.harmless(entry.value_place(), PolicyFault::MaxAgeRange, entry.value);
        }
    }

    fn read_mx(&mut self, line: &Line<'a>, entry: &Entry<'a>) {
        let patterns = self.draft.mx.get_or_insert_default();
        match MxPattern::parse(entry.value) {
            Ok(pattern) => {
                if pattern.as_ipv4().is_some() {
                    let fault = PolicyFault::Mx(PatternFault::Address);
                    self.notes.harmless(entry.value_place(), fault, entry.value);
                }
                patterns.push(pattern);
            }
            // A2, A3: one bad pattern costs the policy.
            Err(fault) => self.bad_value(line, entry, PolicyFault::Mx(fault)),
        }
    }

    /// A field within the grammar of extensions: an unknown one, or the repetition of one that
    /// counts once. §3.2: all but the first of a name are ignored, whatever their value.
    fn read_other(&mut self, entry: &Entry<'a>) {
        let fault = match entry.name {
            b"version" => PolicyFault::Repeated(Field::Version),
            b"mode" => PolicyFault::Repeated(Field::Mode),
            b"max_age" => PolicyFault::Repeated(Field::MaxAge),
            name if !self.draft.seen.is_first(name) => PolicyFault::RepeatedUnknownField,
            name => {
                self.notes.harmless(entry.start(), PolicyFault::UnknownField, name);
                let text =
                    std::str::from_utf8(name).ok().zip(std::str::from_utf8(entry.value).ok());
                let extension = text.and_then(|(name, value)| Extension::new(name, value));
                return self.draft.extensions.extend(extension);
            }
        };
        let piece = match fault {
            PolicyFault::RepeatedUnknownField => entry.name,
            _ => entry.value,
        };
        self.notes.harmless(entry.start(), fault, piece);
    }

    /// A line that is no field, going wrong `at` octets from its start.
    fn broken(&mut self, line: &Line<'a>, at: usize) {
        let fault = match escaped_line_end(line.text) {
            Some(_) => PolicyFault::OneLine,
            None => PolicyFault::Syntax,
        };
        self.mentioned.look_at(line.text);
        self.notes.fatal(Place { line: line.number, column: at + 1 }, fault, line.text);
    }

    /// A field whose value is not what it must be.
    fn bad_value(&mut self, line: &Line<'a>, entry: &Entry<'a>, fault: PolicyFault) {
        if let Some(at) = escaped_line_end(line.text) {
            self.mentioned.look_at(line.text);
            let place = Place { line: line.number, column: at + 1 };
            self.notes.fatal(place, PolicyFault::OneLine, line.text);
        } else {
            self.notes.fatal(entry.value_place(), fault, entry.value);
        }
    }

    fn finish(mut self, end: Place) -> Parsed<Policy, PolicyFault> {
        // A text that cannot be read and names no field lacks more than fields.
        if !(self.draft.is_blank() && self.notes.is_fatal()) {
            for (name, fault) in self.draft.missing() {
                if !self.mentioned.holds(name) {
                    self.notes.fatal(end, fault, b"");
                }
            }
        }
        self.notes.finish(self.draft.into_policy(), PolicyFault::Syntax)
    }
}

impl Draft<'_> {
    /// True if no field that the RFC knows was named.
    fn is_blank(&self) -> bool {
        self.version == Slot::Missing
            && self.mode == Slot::Missing
            && self.max_age == Slot::Missing
            && self.mx.is_none()
    }

    /// The names of required fields that no line has, and what their lack is called.
    fn missing(&self) -> impl Iterator<Item = (&'static str, PolicyFault)> {
        // §3.2: mx may be left out in mode none, and may be if the mode is not known.
        let mx_required = matches!(self.mode, Slot::Valid(Mode::Enforce | Mode::Testing));
        let fields = [
            ("version", self.version == Slot::Missing, PolicyFault::MissingVersion),
            ("mode", self.mode == Slot::Missing, PolicyFault::MissingMode),
            ("mx", mx_required && self.mx.is_none(), PolicyFault::MissingMx),
            ("max_age", self.max_age == Slot::Missing, PolicyFault::MissingMaxAge),
        ];
        fields.into_iter().filter(|(_, missing, _)| *missing).map(|(name, _, fault)| (name, fault))
    }

    fn into_policy(self) -> Option<Policy> {
        let (mode, max_age) = (self.mode.valid()?, self.max_age.valid()?);
        let (mx, extensions) = (self.mx.unwrap_or_default(), self.extensions);
        Some(Policy { mode, max_age, mx, extensions })
    }
}

/// The one line of a text that has no second, blank lines apart.
fn only_line(text: &[u8]) -> Option<Line<'_>> {
    let mut written = lines(text).filter(|line| !line.text.trim_ascii().is_empty());
    let line = written.next()?;
    if written.next().is_some() { None } else { Some(line) }
}

/// `1*10(DIGIT)`
fn ten_digits(value: &[u8]) -> Option<u64> {
    let valid = (1..=10).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| valid)?.parse().ok()
}

const START: Place = Place { line: 1, column: 1 };
