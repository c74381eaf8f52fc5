//! Which fields a line that cannot be read was meant to hold.

use crate::txt_fields::trim_start;

/// The known fields that unreadable lines mention: not missing, but not there either.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mentioned([bool; NAMES.len()]);

impl Mentioned {
    /// The fields that one line mentions.
    pub(super) fn on(line: &[u8]) -> Self {
        let mut mentioned = Self::default();
        mentioned.look_at(line);
        mentioned
    }

    /// Adds the fields that `line` mentions, unless it is a comment.
    pub(super) fn look_at(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        let comment = [&b"#"[..], b"//", b";"].into_iter().any(|mark| line.starts_with(mark));
        if !comment {
            for (mentioned, name) in self.0.iter_mut().zip(NAMES) {
                *mentioned |= mentions(line, name.as_bytes());
            }
        }
    }

    /// True if the field of this name was mentioned.
    pub(super) fn holds(self, name: &str) -> bool {
        self.0.into_iter().zip(NAMES).any(|(mentioned, known)| mentioned && known == name)
    }

    /// How many fields were mentioned.
    pub(super) fn count(self) -> usize {
        self.0.into_iter().filter(|mentioned| *mentioned).count()
    }
}

/// Where a line end is written out as `\n` (or `\r\n`) with a field somewhere behind it.
pub(super) fn escaped_line_end(line: &[u8]) -> Option<usize> {
    let at = line.windows(2).position(|pair| pair == b"\\n")?;
    let behind = line.get(at + 2..).unwrap_or_default();
    (Mentioned::on(behind).count() > 0).then_some(at)
}

/// True if `name`, in any case, stands in `line` as if it named a field: at its start, or
/// with a colon or an equals sign after it. Linear in the line.
fn mentions(line: &[u8], name: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let first_word = line.iter().position(is_word);
    line.windows(name.len()).enumerate().any(|(at, word)| {
        if !word.eq_ignore_ascii_case(name) {
            return false;
        }
        let before = line.get(..at).unwrap_or_default();
        let after = line.get(at + name.len()..).unwrap_or_default();
        // The `n` of an escaped line end is no part of the name that follows it.
        let begins = !before.last().is_some_and(is_word) || before.ends_with(b"\\n");
        let ends = !after.first().is_some_and(is_word);
        let named = matches!(trim_start(after).first(), Some(b':' | b'='));
        begins && ends && (first_word == Some(at) || named)
    })
}

const NAMES: [&str; 4] = ["version", "mode", "max_age", "mx"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_line_was_meant_to_say() {
        let table: &[(&str, &[&str], &str)] = &[
            ("mode enforce", &["mode"], "no colon"),
            (" mode: enforce", &["mode"], "a blank before"),
            ("Mode = enforce", &["mode"], "another sign"),
            ("\u{201c}mx: a.test\u{201d}", &["mx"], "in quotes"),
            ("version: STSv1 mode: none", &["version", "mode"], "two on a line"),
            (r"version: STSv1\nmx: a.test\nmax_age: 1", &["version", "max_age", "mx"], "escapes"),
            ("the mode of mx", &[], "words of a sentence"),
            ("model: x", &[], "the start of another name"),
            ("x-mode: x", &[], "the end of another name"),
            ("# mode: enforce", &[], "a comment"),
            ("// mode: enforce", &[], "a comment"),
        ];
        for (line, expected, reason) in table {
            let mentioned = Mentioned::on(line.as_bytes());
            for name in NAMES {
                assert_eq!(mentioned.holds(name), expected.contains(&name), "{reason}: {name}");
            }
            assert_eq!(mentioned.count(), expected.len(), "{reason}");
        }
    }

    #[test]
    fn an_escaped_line_end_has_a_field_behind_it() {
        assert_eq!(escaped_line_end(br"mode: none\nmx: a.test"), Some(10));
        assert_eq!(escaped_line_end(br"path: C:\new"), None);
    }
}
