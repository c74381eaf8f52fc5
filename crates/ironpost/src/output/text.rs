//! Text for people: colours and line breaks.

use anstyle::{AnsiColor, Effects};
use ironpost_checker::finding::Severity;

/// Paints, or leaves alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    on: bool,
}

impl Style {
    /// With colour or without.
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    /// Headings and names.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(text, anstyle::Style::new().bold())
    }

    /// What may be passed over.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint(text, anstyle::Style::new().dimmed())
    }

    /// Text to be typed or published.
    pub(crate) fn literal(self, text: &str) -> String {
        self.paint(text, AnsiColor::Cyan.on_default())
    }

    /// What is well.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint(text, AnsiColor::Green.on_default())
    }

    /// What is not quite well.
    pub(crate) fn warning(self, text: &str) -> String {
        self.paint(text, AnsiColor::Yellow.on_default().effects(Effects::BOLD))
    }

    /// What is wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.paint(text, AnsiColor::Red.on_default().effects(Effects::BOLD))
    }

    /// A severity in its colour.
    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical | Severity::High => self.error(text),
            Severity::Medium => self.warning(text),
            Severity::Low => self.paint(text, AnsiColor::Yellow.on_default()),
            Severity::Info => self.faint(text),
        }
    }

    fn paint(self, text: &str, style: anstyle::Style) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Breaks `text` at blanks into lines of at most `width` characters, `indent` blanks before each;
/// a word that is longer than a line stays whole. Ends with a line end.
pub(crate) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(NARROWEST);
    let mut out = String::new();
    let mut line = String::new();
    let mut push = |line: &mut String| {
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(line);
        out.push('\n');
        line.clear();
    };
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            push(&mut line);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        push(&mut line);
    }
    out
}

/// `word` as it can be pasted into a shell.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// No column is made narrower, however small the terminal.
const NARROWEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_stay_whole() {
        let text = "one two three four five six seven";
        assert_eq!(wrapped(text, 2, 24), "  one two three four\n  five six seven\n");
        let long = "a".repeat(40);
        assert_eq!(wrapped(&format!("x {long} y"), 0, 20), format!("x\n{long}\ny\n"));
        assert_eq!(wrapped("", 4, 80), "");
    }

    #[test]
    fn words_for_the_shell_are_quoted_where_they_must_be() {
        assert_eq!(shell_word("/tmp/lab/ironpost.toml"), "/tmp/lab/ironpost.toml");
        assert_eq!(shell_word("/tmp/my lab"), "'/tmp/my lab'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn without_colour_there_is_no_escape() {
        assert_eq!(Style::new(false).severity(Severity::Critical, "x"), "x");
        assert!(Style::new(true).strong("x").contains('\x1b'));
    }
}
