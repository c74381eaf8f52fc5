//! How the grade came about, so that a reader can add it up again.

use super::page::Page;
use crate::finding::Severity;
use crate::grade::cost;
use crate::render::wording::{Code, Label, points};
use crate::report::{Report, SectionScore};

pub(super) fn write(report: &Report, page: &mut Page<'_>) {
    let score = &report.score;
    if score.sections.is_empty() {
        return;
    }
    page.gap();
    let theme = page.theme();
    page.line(&theme.strong(&format!("Points (scheme {})", score.scheme)));
    for section in &score.sections {
        write_section(section, page);
    }
    let tested = score.sections.iter().filter_map(|s| Some((s.points?, s.of)));
    let (kept, of) = tested
        .fold((0.0, 0_u32), |(kept, of), (points, worth)| (kept + points, of + u32::from(worth)));
    let share =
        if of == 0 { String::new() } else { format!(" = {:.1} %", 100.0 * kept / f64::from(of)) };
    page.line(&format!("  {:13}{} of {of}{share}", "sum", points(kept)));
    for cap in &score.caps {
        let text = format!("at best {}: {}", cap.grade.code(), cap.reason);
        page.hanging("  ", 2, "cap", COLUMN, &theme.text(&text));
    }
    if let (Some(grade), Some(points)) = (report.grade, report.points) {
        page.line(&format!("  {:13}{}, {points} points", "grade", theme.strong(grade.code())));
    }
}

fn write_section(section: &SectionScore, page: &mut Page<'_>) {
    let theme = page.theme();
    let sum = match section.points {
        Some(kept) => format!("{} of {}", points(kept), section.of),
        None => format!("not tested, {} points left out", section.of),
    };
    page.hanging("  ", 2, section.section.label(), COLUMN, &sum);
    for taken in &section.deductions {
        let text = format!(
            "{} ({}, {}) {}",
            taken.id,
            taken.severity.code(),
            share(taken.severity),
            taken.subject
        );
        let label = format!("{}{}", theme.minus(), points(taken.points));
        page.hanging("               ", 15, &label, 8, &theme.text(&text));
    }
}

/// What a finding of this severity costs of its section.
fn share(severity: Severity) -> String {
    cost(severity).map_or_else(|| "nothing".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}

/// Columns for the names of the sections.
const COLUMN: usize = 13;
