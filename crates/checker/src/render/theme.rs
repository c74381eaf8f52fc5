//! How the terminal view looks: colours and marks, chosen by the caller.

use crate::finding::Severity;
use crate::report::{StepState, Verdict};
use anstyle::{AnsiColor, Style};
use ironpost_proto::visible::Visible;

/// Styles and marks of the terminal view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    palette: Option<Palette>,
    ascii: bool,
}

impl Theme {
    /// No escape sequences at all.
    pub const fn plain() -> Self {
        Self { palette: None, ascii: false }
    }

    /// The sixteen colours that every terminal has.
    pub const fn colour() -> Self {
        Self { palette: Some(PALETTE), ascii: false }
    }

    /// The same with ASCII characters alone, for a locale that is not UTF-8.
    #[must_use]
    pub const fn ascii(self) -> Self {
        Self { ascii: true, ..self }
    }

    /// Text from a report as it can be shown here: nothing in it acts, and under
    /// [`Theme::ascii`] what is outside ASCII is spelt out.
    pub(crate) fn text(self, text: &str) -> String {
        let visible = Visible::from(text);
        if !self.ascii || visible.as_str().is_ascii() {
            return visible.as_str().to_owned();
        }
        visible.as_str().chars().map(to_ascii).collect()
    }

    pub(crate) fn mark(self, state: StepState) -> &'static str {
        match (state, self.ascii) {
            (StepState::Ok, false) => "✓",
            (StepState::Ok, true) => "+",
            (StepState::Warning, _) => "!",
            (StepState::Failed, false) => "✗",
            (StepState::Failed, true) => "x",
            (StepState::Absent, false) => "–",
            (StepState::Absent, true) => "-",
            (StepState::NotTested, _) => "?",
        }
    }

    /// Stands for what was cut off.
    pub(crate) fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// Stands before what follows from something.
    pub(crate) fn arrow(self) -> &'static str {
        if self.ascii { "->" } else { "→" }
    }

    pub(crate) fn minus(self) -> &'static str {
        if self.ascii { "-" } else { "−" }
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(text, |palette| palette.strong)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.paint(text, |palette| palette.faint)
    }

    pub(crate) fn paste(self, text: &str) -> String {
        self.paint(text, |palette| palette.paste)
    }

    pub(crate) fn by_state(self, state: StepState, text: &str) -> String {
        self.paint(text, |palette| match state {
            StepState::Ok => palette.good,
            StepState::Warning => palette.warning,
            StepState::Failed => palette.bad,
            StepState::Absent | StepState::NotTested => palette.faint,
        })
    }

    pub(crate) fn by_severity(self, severity: Severity, text: &str) -> String {
        self.paint(text, |palette| match severity {
            Severity::Critical | Severity::High => palette.bad,
            Severity::Medium | Severity::Low => palette.warning,
            Severity::Info => palette.faint,
        })
    }

    pub(crate) fn by_verdict(self, verdict: Verdict, text: &str) -> String {
        self.paint(text, |palette| {
            let style = match verdict {
                Verdict::Protected | Verdict::Parked => palette.good,
                Verdict::Testing | Verdict::OptedOut | Verdict::CouldNotTell => palette.warning,
                Verdict::AtRisk | Verdict::IgnoredBySenders | Verdict::Absent => palette.bad,
            };
            style.bold()
        })
    }

    fn paint(self, text: &str, style: impl Fn(&Palette) -> Style) -> String {
        match self.palette.as_ref().map(style) {
            Some(style) => format!("{style}{text}{style:#}"),
            None => text.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Palette {
    good: Style,
    warning: Style,
    bad: Style,
    faint: Style,
    strong: Style,
    paste: Style,
}

const fn coloured(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

const PALETTE: Palette = Palette {
    good: coloured(AnsiColor::Green),
    warning: coloured(AnsiColor::Yellow),
    bad: coloured(AnsiColor::Red),
    faint: Style::new().dimmed(),
    strong: Style::new().bold(),
    paste: coloured(AnsiColor::Cyan),
};

/// One character of our own typography in ASCII; others as escapes.
fn to_ascii(c: char) -> String {
    match c {
        '§' => "section ".to_owned(),
        '–' | '—' | '−' => "-".to_owned(),
        '…' => "...".to_owned(),
        '→' => "->".to_owned(),
        '‘' | '’' => "'".to_owned(),
        '“' | '”' => "\"".to_owned(),
        '×' => "x".to_owned(),
        '≥' => ">=".to_owned(),
        '≤' => "<=".to_owned(),
        c if c.is_ascii() => c.to_string(),
        c => c.escape_unicode().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_theme_writes_no_escape() {
        assert_eq!(Theme::plain().strong("x"), "x");
        assert_eq!(Theme::colour().strong("x"), "\u{1b}[1mx\u{1b}[0m");
    }

    #[test]
    fn ascii_spells_out_the_rest() {
        let theme = Theme::plain().ascii();
        assert_eq!(theme.text("RFC 8461 §4.1 – bücher…"), "RFC 8461 section 4.1 - b\\u{fc}cher...");
        assert_eq!(theme.text("\u{202e}"), "\\u{202e}");
        for state in [
            StepState::Ok,
            StepState::Warning,
            StepState::Failed,
            StepState::Absent,
            StepState::NotTested,
        ] {
            assert!(theme.mark(state).is_ascii());
        }
    }
}
