//! What is wrong, worst first, and how to mend it.

use super::page::Page;
use crate::finding::Severity;
use crate::render::fix::FixStep;
use crate::render::wording::{Code, SEVERITIES, sentence};
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
    for (at, finding) in faults.iter().enumerate() {
        page.gap();
        fault(finding, page);
        let before = faults.iter().take(at).find(|other| other.fix == finding.fix);
        match before.filter(|_| !finding.fix.is_empty()) {
            Some(same) => {
                page.paragraph(4, &theme.text(&format!("The same steps mend it as {}.", same.id)));
            }
            None => (1..).zip(&finding.fix).for_each(|(number, step)| fix(number, step, page)),
        }
    }
    if !infos.is_empty() {
        page.gap();
    }
    for finding in infos {
        info(finding, page);
    }
}

/// One line. Where the detail does not fit the title does, and `ironpost explain` has more.
fn info(finding: &ReportedFinding, page: &mut Page<'_>) {
    let theme = page.theme();
    let line = |text: &str| theme.text(&format!("info  {}  {text}", finding.id));
    let detail = line(&sentence(&finding.detail));
    let line =
        if detail.width() <= page.width() { detail } else { line(&sentence(&finding.title)) };
    page.line(&theme.faint(&clip(&line, page.width(), theme.ellipsis())));
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
    page.paragraph_with_remark(2, &theme.text(&sentence(&finding.detail)), &rule);
    if page.explained() {
        for seen in &finding.evidence {
            page.paragraph_styled(4, &theme.text(seen), |line| theme.faint(line));
        }
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
