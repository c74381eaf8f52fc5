//! Where and how a text departs from its grammar.

use crate::visible::Visible;

/// One departure from the grammar or from good practice, at a place in the input.
///
/// `class` says which rule; whether it costs the sender's verdict is told by
/// [`Parsed::verdict`], not by the presence of deviations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation<C> {
    /// Line, counted from 1 (always 1 for a TXT record).
    pub line: usize,
    /// Column in bytes within the line, counted from 1.
    pub column: usize,
    /// Which rule is departed from.
    pub class: C,
    /// The offending piece, made visible and cut to at most 80 characters.
    pub excerpt: Visible,
}

/// Two parsers' worth of answer from one pass over the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T, C> {
    /// What a conforming sender makes of it: the value, or the first fatal deviation.
    pub verdict: Result<T, C>,
    /// The deviations in order of appearance, fatal or not; of each of these two kinds the
    /// first [`MAX_DEVIATIONS`].
    pub deviations: Vec<Deviation<C>>,
}

/// The most fatal, and the most harmless, deviations recorded of one text. Ten thousand
/// faults are told as well by the first hundred.
pub const MAX_DEVIATIONS: usize = 100;

/// The most characters of an excerpt.
pub const MAX_EXCERPT: usize = 80;

/// A place in the input, both numbers counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// A place in a text of one line, `offset` octets from its start.
    pub(crate) fn offset(offset: usize) -> Self {
        Self { line: 1, column: offset + 1 }
    }
}

/// Collects deviations while a text is read.
#[derive(Debug)]
pub(crate) struct Notes<C> {
    deviations: Vec<Deviation<C>>,
    first_fatal: Option<C>,
    fatal: usize,
    harmless: usize,
}

impl<C: Copy> Notes<C> {
    pub(crate) fn new() -> Self {
        Self { deviations: Vec::new(), first_fatal: None, fatal: 0, harmless: 0 }
    }

    /// Records a deviation that costs the verdict.
    pub(crate) fn fatal(&mut self, place: Place, class: C, piece: &[u8]) {
        self.first_fatal.get_or_insert(class);
        self.fatal += 1;
        if self.fatal <= MAX_DEVIATIONS {
            self.push(place, class, piece);
        }
    }

    /// Records a deviation that a sender passes over.
    pub(crate) fn harmless(&mut self, place: Place, class: C, piece: &[u8]) {
        self.harmless += 1;
        if self.harmless <= MAX_DEVIATIONS {
            self.push(place, class, piece);
        }
    }

    /// True once a fatal deviation was recorded.
    pub(crate) fn is_fatal(&self) -> bool {
        self.first_fatal.is_some()
    }

    /// Ends the reading. `value` is what was read, and `otherwise` the fault of a text that
    /// gave no value although nothing fatal was noted.
    pub(crate) fn finish<T>(self, value: Option<T>, otherwise: C) -> Parsed<T, C> {
        let verdict = match self.first_fatal {
            Some(fault) => Err(fault),
            None => value.ok_or(otherwise),
        };
        Parsed { verdict, deviations: self.deviations }
    }

    fn push(&mut self, place: Place, class: C, piece: &[u8]) {
        let Place { line, column } = place;
        let excerpt = Visible::excerpt(piece, MAX_EXCERPT);
        self.deviations.push(Deviation { line, column, class, excerpt });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fatal_deviation_is_the_verdict_however_many_follow() {
        let mut notes = Notes::new();
        for n in 0..10_000 {
            notes.harmless(Place::offset(n), 'h', b"x");
        }
        notes.fatal(Place::offset(10_000), 'a', b"x");
        for n in 0..10_000 {
            notes.fatal(Place::offset(n), 'b', b"x");
        }
        let parsed = notes.finish(Some(()), 'z');
        assert_eq!(parsed.verdict, Err('a'));
        assert_eq!(parsed.deviations.len(), 2 * MAX_DEVIATIONS);
    }
}
