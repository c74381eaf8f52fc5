//! What is wrong, worst first, and how to mend it.

use super::page::Page;
use crate::finding::Severity;
use crate::render::fix::FixStep;
use crate::render::wording::{Code, SEVERITIES};
use crate::render::wrap::clip;
use crate::report::ReportedFinding;
use unicode_width::UnicodeWidthStr;

pub(super) fn write(findings: &[ReportedFinding], page: &mut Page<'_>) {
    let theme = page.theme();
    let mut sorted = findings.iter().collect::<Vec<_>>();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if !sorted.is_empty() {
        page.gap();
        page.line(&theme.strong(&tally(findings)));
    }
    let is_fault = |finding: &&ReportedFinding| finding.severity > Severity::Info;
    let (faults, infos): (Vec<_>, Vec<_>) = sorted.into_iter().partition(is_fault);
    for finding in faults {
        page.gap();
        fault(finding, page);
    }
    if !infos.is_empty() {
        page.gap();
    }
    for finding in infos {
        let line = format!("info  {}  {}", finding.id, finding.detail);
        let clipped = clip(&theme.text(&line), page.width(), theme.ellipsis());
        page.line(&theme.faint(&clipped));
    }
}

/// `2 critical, 1 low`.
fn tally(findings: &[ReportedFinding]) -> String {
    let counts = SEVERITIES.into_iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| format!("{count} {}", severity.code()))
    });
    format!("Findings: {}", counts.collect::<Vec<_>>().join(", "))
}

fn fault(finding: &ReportedFinding, page: &mut Page<'_>) {
    let theme = page.theme();
    let severity = finding.severity.code().to_uppercase();
    let id = theme.text(&finding.id);
    let lead =
        format!("{}  {}  ", theme.by_severity(finding.severity, &severity), theme.strong(&id));
    let indent = severity.width() + id.width() + 4;
    page.hanging(&lead, indent, "", 0, &theme.text(&finding.title));
    let rule = theme.text(&format!("({})", finding.rfc));
    page.paragraph_with_remark(2, &theme.text(&finding.detail), &rule);
    if page.explained() {
        for seen in &finding.evidence {
            page.paragraph_styled(4, &theme.text(seen), |line| theme.faint(line));
        }
    }
    for (number, step) in (1..).zip(&finding.fix) {
        fix(number, step, page);
    }
}

/// A step of the mending: prose first, then lines to be pasted as they stand.
fn fix(number: usize, step: &str, page: &mut Page<'_>) {
    let theme = page.theme();
    let step = FixStep::read(step);
    let lead = format!("    {number}. ");
    let indent = lead.len();
    page.hanging(&lead, indent, "", 0, &theme.text(step.prose));
    for line in step.paste {
        page.line(&format!("{:indent$}  {}", "", theme.paste(&theme.text(line))));
    }
}
