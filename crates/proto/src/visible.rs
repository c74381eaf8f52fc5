//! Text from outside that can be shown anywhere a plain string can.

use std::fmt::{self, Write};

/// A string in which nothing acts: control characters (C0, DEL, C1), bidirectional and
/// other format characters, line and paragraph separators, blanks other than the space and
/// bytes that are not UTF-8 are written as escapes (`\n`, `\x1b`, `\u{202e}`, `\xff`).
///
/// This is for showing, not for encoding: a backslash stands for itself, so that making a
/// text visible twice changes nothing. It may still hold `<`, `&`, quotes or `=`: HTML, CSV
/// and shell have escapes of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Visible(Box<str>);

impl Visible {
    /// Makes `bytes` visible.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for piece in pieces(bytes) {
            piece.push_to(&mut text);
        }
        Self(text.into())
    }

    /// Makes `bytes` visible and cuts the result at `max` characters, the last of which is
    /// then `…`. Reads no further than it must.
    pub fn excerpt(bytes: &[u8], max: usize) -> Self {
        let mut text = String::new();
        let mut length = 0;
        let mut room_for_mark = 0;
        for piece in pieces(bytes) {
            if length < max {
                room_for_mark = text.len();
            }
            let start = text.len();
            piece.push_to(&mut text);
            length += text.get(start..).map_or(0, |added| added.chars().count());
            if length > max {
                text.truncate(room_for_mark);
                if max > 0 {
                    text.push('…');
                }
                break;
            }
        }
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Visible {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl AsRef<str> for Visible {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A character, or a byte that is part of none.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Char(char),
    Byte(u8),
}

impl Piece {
    fn push_to(self, text: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = match self {
            Self::Char('\n') => text.write_str("\\n"),
            Self::Char('\r') => text.write_str("\\r"),
            Self::Char('\t') => text.write_str("\\t"),
            Self::Char(c) if c.is_ascii_control() => write!(text, "\\x{:02x}", u32::from(c)),
            Self::Char(c) if acts(c) => write!(text, "\\u{{{:x}}}", u32::from(c)),
            Self::Char(c) => text.write_char(c),
            Self::Byte(b) => write!(text, "\\x{b:02x}"),
        };
    }
}

fn pieces(bytes: &[u8]) -> impl Iterator<Item = Piece> {
    bytes.utf8_chunks().flat_map(|chunk| {
        chunk
            .valid()
            .chars()
            .map(Piece::Char)
            .chain(chunk.invalid().iter().copied().map(Piece::Byte))
    })
}

/// True for a character outside ASCII that moves, hides or passes for something else.
fn acts(c: char) -> bool {
    c.is_control()
        || (!c.is_ascii() && c.is_whitespace())
        || INVISIBLE.iter().any(|range| range.contains(&c))
}

/// Format characters (general category Cf) and the other default-ignorable code points,
/// Unicode 16. Control characters and white space are told by `char` itself.
const INVISIBLE: [std::ops::RangeInclusive<char>; 25] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_acts_and_leaves_what_does_not() {
        let table: &[(&[u8], &str, &str)] = &[
            (b"plain text", "plain text", "printable ASCII stays"),
            ("bücher".as_bytes(), "bücher", "letters of any script stay"),
            (b"<b>&\"=", "<b>&\"=", "markup is for the renderer to escape"),
            (b"a\\nb", "a\\nb", "a backslash stands for itself"),
            (b"a\nb\r\t", "a\\nb\\r\\t", "line ends and tab by name"),
            (b"\x1b[31m\x00\x7f", "\\x1b[31m\\x00\\x7f", "C0 and DEL"),
            ("\u{85}\u{9b}".as_bytes(), "\\u{85}\\u{9b}", "C1"),
            ("\u{202e}\u{2066}\u{200f}".as_bytes(), "\\u{202e}\\u{2066}\\u{200f}", "bidi"),
            ("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}", "separators"),
            ("\u{feff}\u{200b}\u{ad}".as_bytes(), "\\u{feff}\\u{200b}\\u{ad}", "zero width"),
            ("\u{a0}\u{3000}".as_bytes(), "\\u{a0}\\u{3000}", "blanks that are no space"),
            ("\u{e0041}".as_bytes(), "\\u{e0041}", "tag characters"),
            (b"\xff\xc3", "\\xff\\xc3", "bytes that are not UTF-8"),
            (b"\xed\xa0\x80", "\\xed\\xa0\\x80", "a surrogate is not UTF-8"),
        ];
        for (bytes, expected, reason) in table {
            assert_eq!(Visible::from_bytes(bytes).as_str(), *expected, "{reason}");
        }
    }

    #[test]
    fn excerpts_are_never_longer_than_asked_and_never_cut_an_escape() {
        let table: &[(&[u8], usize, &str)] = &[
            (b"abcde", 5, "abcde"),
            (b"abcdef", 5, "abcd…"),
            (b"abc\x1bdef", 5, "abc…"),
            (b"\x1b", 3, "…"),
            (b"\x1b", 4, "\\x1b"),
            (b"a", 0, ""),
            (b"", 0, ""),
            ("üüü".as_bytes(), 2, "ü…"),
        ];
        for (bytes, max, expected) in table {
            assert_eq!(Visible::excerpt(bytes, *max).as_str(), *expected, "{bytes:?} at {max}");
        }
    }
}
