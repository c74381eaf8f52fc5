//! One line of a policy file as a name and a value.

use super::lines::Line;
use crate::deviation::Place;
use crate::txt_fields::{trim_end, trim_start};

/// `name: value` on one line, split at the first colon, the blanks around the value taken off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    line: usize,
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Octets before the value.
    pub(super) value_offset: usize,
}

impl<'a> Entry<'a> {
    /// Splits a line; `None` without a colon.
    pub(super) fn new(line: &Line<'a>) -> Option<Self> {
        let colon = line.text.iter().position(|b| *b == b':')?;
        let (name, rest) = line.text.split_at(colon);
        let rest = rest.get(1..).unwrap_or_default();
        let value = trim_start(rest);
        let value_offset = colon + 1 + rest.len() - value.len();
        Some(Self { line: line.number, name, value: trim_end(value), value_offset })
    }

    pub(super) fn start(&self) -> Place {
        Place { line: self.line, column: 1 }
    }

    pub(super) fn value_place(&self) -> Place {
        Place { line: self.line, column: self.value_offset + 1 }
    }
}
