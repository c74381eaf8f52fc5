//! Many domains on a terminal: one line each.

use crate::render::digest::Digest;
use crate::render::theme::Theme;
use crate::render::wording::{Code, Label};
use crate::render::wrap::{clip, pad};
use unicode_width::UnicodeWidthStr;

/// The columns of the table. A list that is shown while it runs has no longest name yet, so
/// the caller says how wide the first column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    theme: Theme,
    domain: usize,
    width: usize,
}

impl Columns {
    /// Columns for a table of `width`, of which the domain takes `domain`; longer names move
    /// what follows them.
    pub fn new(theme: Theme, width: usize, domain: usize) -> Self {
        Self { theme, domain, width }
    }

    /// Columns that fit these domains.
    pub fn fitting<'a>(
        theme: Theme,
        width: usize,
        domains: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let longest = domains.into_iter().map(str::width).max().unwrap_or_default();
        Self::new(theme, width, longest.clamp(DOMAIN_MIN, DOMAIN_MAX))
    }

    /// The line above the rows, with its line end.
    pub fn header(&self) -> String {
        let domain = pad("domain", self.domain);
        let verdict = pad("verdict", VERDICT);
        self.theme.faint(&format!("{domain}  {verdict}  grade  points  findings")) + "\n"
    }

    /// The row of a domain, with its line end. Findings that do not fit are counted.
    pub fn row(&self, digest: &Digest) -> String {
        let theme = self.theme;
        let domain = pad(&theme.text(&digest.domain), self.domain);
        let verdict = pad(digest.verdict.label(), VERDICT);
        let grade = digest.grade.map_or(theme.mark(crate::report::StepState::Absent), Code::code);
        let mut points = digest.points.map_or_else(String::new, |points| points.to_string());
        if digest.partial && digest.points.is_some() {
            points.push('*');
        }
        let lead = format!("{domain}  {verdict}  {}  {points:>5} ", pad(grade, 5));
        let findings = self.findings(digest, self.width.saturating_sub(lead.width() + 2));
        let line = format!(
            "{domain}  {}  {}  {points:>5}   {findings}",
            theme.by_verdict(digest.verdict, &verdict),
            pad(grade, 5),
        );
        format!("{}\n", line.trim_end())
    }

    fn findings(&self, digest: &Digest, room: usize) -> String {
        let ids = digest.faults().map(|(id, _)| {
            // Only an id that is none of ours is cut.
            clip(&self.theme.text(id), MAX_ID, self.theme.ellipsis())
        });
        let ids = ids.collect::<Vec<_>>();
        // As many as fit beside the count of the rest, but one in any case.
        let text = |kept: usize| {
            let shown = ids.get(..kept).unwrap_or_default().join(" ");
            let rest = ids.len() - kept;
            if rest == 0 { shown } else { format!("{shown} +{rest}") }
        };
        let fitting = (1..=ids.len()).rev().map(text).find(|text| text.width() <= room);
        fitting.unwrap_or_else(|| text(ids.len().min(1)))
    }
}

/// A whole table; empty without domains.
pub fn render(digests: &[Digest], theme: Theme, width: usize) -> String {
    if digests.is_empty() {
        return String::new();
    }
    let columns = Columns::fitting(theme, width, digests.iter().map(|digest| &*digest.domain));
    let rows = digests.iter().map(|digest| columns.row(digest)).collect::<String>();
    columns.header() + &rows
}

/// The longest label of a verdict.
const VERDICT: usize = 18;

/// Longer than any id of the catalogue.
const MAX_ID: usize = 20;

/// Bounds of the column of domains.
const DOMAIN_MIN: usize = 12;
const DOMAIN_MAX: usize = 40;
