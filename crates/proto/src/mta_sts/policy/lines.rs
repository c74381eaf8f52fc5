//! The lines of a policy file.

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) text: &'a [u8],
    /// True if the line ends with a carriage return that no line feed follows at once: not a
    /// line end of §3.2, and yet where the author meant the line to end.
    pub(super) bare_cr: bool,
}

/// Cuts `body` into lines at LF, CRLF and, where an author meant one, at a bare CR. What
/// follows the last line end is a line unless it is empty. CR CR LF is one line end.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut rest = body;
    let mut number = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number += 1;
        let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(end);
        let (length, bare_cr) = line_end(tail);
        rest = tail.get(length..).unwrap_or_default();
        Some(Line { number, text, bare_cr })
    })
}

/// The length of the line end that `tail` begins with, and whether it is none of §3.2's.
fn line_end(tail: &[u8]) -> (usize, bool) {
    match tail {
        [] => (0, false),
        [b'\n', ..] => (1, false),
        [b'\r', b'\n', ..] => (2, false),
        [b'\r', b'\r', b'\n', ..] => (3, true),
        _ => (1, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_every_line_end_an_author_may_have_meant() {
        let table = [
            ("", vec![], "no octets, no line"),
            ("a", vec![("a", false)], "the last line end may be left out"),
            ("a\nb\r\nc\n", vec![("a", false), ("b", false), ("c", false)], "LF and CRLF"),
            ("a\rb\r", vec![("a", true), ("b", true)], "bare CR"),
            ("a\r\r\nb\r\r\n", vec![("a", true), ("b", true)], "CR CR LF is one line end"),
            ("a\n\rb", vec![("a", false), ("", true), ("b", false)], "LF CR is two"),
            ("\n\n", vec![("", false), ("", false)], "blank lines are lines"),
            (
                "a\u{2028}b\x0b\x0c\u{85}c",
                vec![("a\u{2028}b\x0b\x0c\u{85}c", false)],
                "nothing else ends a line",
            ),
        ];
        for (body, expected, reason) in table {
            let found: Vec<_> =
                lines(body.as_bytes()).map(|line| (line.text, line.bare_cr)).collect();
            let expected: Vec<_> = expected.iter().map(|(t, cr)| (t.as_bytes(), *cr)).collect();
            assert_eq!(found, expected, "{reason}");
        }
    }
}
