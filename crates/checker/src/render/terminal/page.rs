//! Lines of text being put together.

use super::View;
use crate::render::theme::Theme;
use crate::render::wrap::{pad, wrap};
use unicode_width::UnicodeWidthStr;

/// A text that grows by whole lines.
#[derive(Debug)]
pub(super) struct Page<'a> {
    view: &'a View,
    text: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(view: &'a View) -> Self {
        Self { view, text: String::new() }
    }

    pub(super) fn theme(&self) -> Theme {
        self.view.theme
    }

    pub(super) fn explained(&self) -> bool {
        self.view.depth == super::Depth::Explained
    }

    pub(super) fn width(&self) -> usize {
        self.view.width.max(MIN_WIDTH)
    }

    /// A finished line, styled or not.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end_matches(' '));
        self.text.push('\n');
    }

    /// An empty line, unless there is one, or nothing, before.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Text wrapped at the width, every line indented.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        self.paragraph_styled(indent, text, str::to_owned);
    }

    /// The same, each line styled on its own.
    pub(super) fn paragraph_styled(
        &mut self,
        indent: usize,
        text: &str,
        style: impl Fn(&str) -> String,
    ) {
        for line in wrap(text, self.width().saturating_sub(indent)) {
            self.line(&format!("{:indent$}{}", "", style(&line)));
        }
    }

    /// A paragraph, and a faint remark after its last word that is not broken.
    pub(super) fn paragraph_with_remark(&mut self, indent: usize, text: &str, remark: &str) {
        let room = self.width().saturating_sub(indent);
        let mut lines = wrap(text, room);
        let fits = lines.last().is_some_and(|last| last.width() + 1 + remark.width() <= room);
        let remark = self.theme().faint(remark);
        match lines.last_mut() {
            Some(last) if fits => last.extend([" ", &remark]),
            Some(_) | None => lines.push(remark),
        }
        for line in lines {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// A label in a column of its own, then text wrapped beside it. `lead` (styled, `indent`
    /// columns wide) goes before the label. A label too long for its column moves the text
    /// of the first line.
    pub(super) fn hanging(
        &mut self,
        lead: &str,
        indent: usize,
        label: &str,
        column: usize,
        text: &str,
    ) {
        let start = indent + column;
        let room = self.width().saturating_sub(start).max(MIN_ROOM);
        let mut lines = wrap(text, room).into_iter();
        let first = lines.next().unwrap_or_default();
        let gap = if label.is_empty() || label.width() < column { "" } else { " " };
        self.line(&format!("{lead}{}{gap}{first}", pad(label, column)));
        for line in lines {
            self.line(&format!("{:start$}{line}", ""));
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Narrower than this nothing is readable.
const MIN_WIDTH: usize = 40;

/// Columns beside a label in any case.
const MIN_ROOM: usize = 12;
