//! The view for people: what is the matter, where on a sender's way, and what to do.

mod explain;
mod findings;
mod mx_table;
mod page;
pub mod table;

use super::theme::Theme;
use super::wording::{Code, Label, duration_ms, minute, step_label};
use crate::report::{Report, ReportedFinding};
use page::Page;
use unicode_width::UnicodeWidthStr;

/// How reports are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Colours and marks.
    pub theme: Theme,
    /// Columns of the terminal, or of the text to be made.
    pub width: usize,
    /// How much is said.
    pub depth: Depth,
}

/// How much of a report is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a person needs.
    Brief,
    /// That, what was seen, and every deduction that led to the grade.
    Explained,
}

/// The width where a terminal does not say its own.
pub const DEFAULT_WIDTH: usize = 80;

/// One report as lines of text, the last with its line end.
pub fn report(report: &Report, view: &View) -> String {
    let mut page = Page::new(view);
    headline(report, &mut page);
    timeline(report, &mut page);
    mx_table::write(&report.mx, &mut page);
    findings::write(&report.findings, &mut page);
    not_tested(report, &mut page);
    match view.depth {
        Depth::Brief => {}
        Depth::Explained => explain::write(report, &mut page),
    }
    footer(report, &mut page);
    page.into_text()
}

/// Findings by themselves, as lines of text; empty without any.
pub fn findings(findings: &[ReportedFinding], view: &View) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut page = Page::new(view);
    findings::write(findings, &mut page);
    page.into_text()
}

fn headline(report: &Report, page: &mut Page<'_>) {
    let theme = page.theme();
    let verdict = report.verdict.label().to_uppercase();
    let domain = theme.text(&report.domain);
    let grade = grade(report);
    let columns = domain.width() + verdict.width() + grade.width() + 4;
    let head = format!("{}  {}", theme.strong(&domain), theme.by_verdict(report.verdict, &verdict));
    if grade.is_empty() {
        page.line(&head);
    } else if columns <= page.width() {
        page.line(&format!("{head}  {}", theme.strong(&grade)));
    } else {
        page.line(&head);
        page.line(&theme.strong(&grade));
    }
    if !report.summary.is_empty() {
        page.paragraph(0, &theme.text(&report.summary));
    }
}

/// `grade B, 84 of 100 points (partial)`; empty without a grade.
fn grade(report: &Report) -> String {
    let Some(grade) = report.grade else { return String::new() };
    let points = report.points.map_or_else(String::new, |p| format!(", {p} of 100 points"));
    let partial = if report.partial { " (partial)" } else { "" };
    format!("grade {}{points}{partial}", grade.code())
}

fn timeline(report: &Report, page: &mut Page<'_>) {
    if report.timeline.is_empty() {
        return;
    }
    page.gap();
    let theme = page.theme();
    for step in &report.timeline {
        let mark = theme.by_state(step.state, theme.mark(step.state));
        let name = theme.text(step_label(&step.step));
        let slow = step.elapsed_ms.filter(|ms| *ms >= SLOW_MS);
        let took = slow.map_or_else(String::new, |ms| format!(" ({})", duration_ms(ms)));
        let text = theme.text(&step.text) + &took;
        page.hanging(&format!("  {mark} "), 4, &name, STEP_COLUMN, &text);
    }
}

fn not_tested(report: &Report, page: &mut Page<'_>) {
    if report.not_tested.is_empty() {
        return;
    }
    page.gap();
    let theme = page.theme();
    page.line(&theme.strong("Not tested"));
    for not in &report.not_tested {
        page.paragraph(2, &theme.text(&format!("{}: {}", not.what, not.reason)));
    }
}

fn footer(report: &Report, page: &mut Page<'_>) {
    page.gap();
    let theme = page.theme();
    let took = duration_ms(report.elapsed_ms);
    page.line(&theme.faint(&format!("Checked {} in {took}.", minute(report.checked_at))));
    if let Some(worst) = report.findings.first() {
        let id = theme.text(&worst.id);
        page.line(&theme.faint(&format!("More:  ironpost explain {id}")));
    }
}

/// A step that takes longer says how long.
const SLOW_MS: u64 = 1_000;

/// Columns for the names of the steps.
const STEP_COLUMN: usize = 13;

#[cfg(test)]
mod tests;
