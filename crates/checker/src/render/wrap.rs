//! Wrapping by display width, without ever breaking what is to be pasted.

use unicode_width::UnicodeWidthStr;

/// Breaks `text` at spaces into lines of at most `width` columns. A word longer than that
/// stays whole on a line of its own, and so does a span between backticks: both may be
/// names or records that somebody copies. Never returns an empty vector.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let wide = word.width();
        let starts_line = used == 0;
        if !starts_line && used + 1 + wide > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
        }
    }
    lines
}

/// Cuts `text` at `width` columns; what was cut ends in `…` (or `...` where that mark does
/// not exist, `mark`).
pub(crate) fn clip(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(mark.width());
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
        used <= room
    });
    kept.collect::<String>() + mark
}

/// `text` and as many spaces as it lacks to `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let lacking = width.saturating_sub(text.width());
    format!("{text}{:lacking$}", "")
}

/// The words of a text; a span between two backticks belongs to the word it begins in.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut closes = text.matches('`').count() / 2 * 2;
    text.split(move |c: char| {
        if c == '`' && closes > 0 {
            closes -= 1;
            quoted = !quoted;
        }
        c == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_by_columns() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("東京 大阪", 5), ["東京", "大阪"], "a wide character takes two columns");
    }

    #[test]
    fn keeps_names_and_quoted_text_whole() {
        assert_eq!(
            wrap("see averyveryverylongname now", 8),
            ["see", "averyveryverylongname", "now"]
        );
        assert_eq!(
            wrap("publish `v=STSv1; id=1;` now", 12),
            ["publish", "`v=STSv1; id=1;`", "now"],
            "a quoted span is one word"
        );
        assert_eq!(wrap("a lone ` does nothing", 9), ["a lone `", "does", "nothing"]);
    }

    #[test]
    fn clips_and_pads_by_columns() {
        assert_eq!(clip("abcdef", 4, "…"), "abc…");
        assert_eq!(clip("abcd", 4, "…"), "abcd");
        assert_eq!(clip("東京都", 4, "…"), "東…");
        assert_eq!(pad("東", 4), "東  ");
        assert_eq!(pad("abcdef", 4), "abcdef");
    }
}
