//! What the page shows, in the words it shows it in.

use crate::finding::Severity;
use crate::render::digest::Digest;
use crate::render::document::Document;
use crate::render::fix::{FixStep, Span, spans};
use crate::render::wording::{
    Code, Label, VERDICTS, counted, day, duration_ms, minute, points, sentence, step_label,
};
use crate::report::{
    DaneState, MxSummary, Report, ReportedFinding, SectionScore, SenderAction, Step, StepState,
    TlsState, Verdict,
};

/// The table of several domains.
pub(super) struct Overview {
    pub(super) counts: Vec<(Badge, usize)>,
    pub(super) rows: Vec<Row>,
    /// Said where not every domain is shown in full.
    pub(super) note: Option<String>,
}

/// A domain in that table.
pub(super) struct Row {
    pub(super) domain: Box<str>,
    /// The name of the section below; none where the domain is not shown in full.
    pub(super) anchor: Option<String>,
    pub(super) verdict: Badge,
    pub(super) grade: &'static str,
    pub(super) points: String,
    pub(super) findings: Vec<Badge>,
    pub(super) more: usize,
}

impl Overview {
    /// None for a single domain.
    pub(super) fn of(document: &Document, order: &[usize]) -> Option<Self> {
        let digests = document.digests();
        if digests.len() < 2 {
            return None;
        }
        let shown = document.detailed().len();
        let rows = order.iter().filter_map(|at| {
            let anchor = (*at < shown).then(|| anchor(*at));
            Some(Row::new(digests.get(*at)?, anchor))
        });
        let counts = VERDICTS.into_iter().filter_map(|verdict| {
            let count = digests.iter().filter(|digest| digest.verdict == verdict).count();
            (count > 0).then(|| (Badge::verdict(verdict), count))
        });
        let note = (shown < digests.len()).then(|| {
            format!("The first {} checked are shown in full below.", counted(shown, "domain"))
        });
        Some(Self { counts: counts.collect(), rows: rows.collect(), note })
    }
}

impl Row {
    fn new(digest: &Digest, anchor: Option<String>) -> Self {
        let partial = if digest.partial && digest.points.is_some() { "*" } else { "" };
        let faults = digest
            .faults()
            .map(|(id, severity)| Badge { text: id.to_string(), tone: severity_tone(*severity) });
        Self {
            domain: digest.domain.clone(),
            anchor,
            verdict: Badge::verdict(digest.verdict),
            grade: digest.grade.map_or("", Code::code),
            points: digest.points.map_or_else(String::new, |p| format!("{p}{partial}")),
            more: digest.faults().count().saturating_sub(MAX_BADGES),
            findings: faults.take(MAX_BADGES).collect(),
        }
    }
}

/// A word with a colour; the colour says nothing that the word does not.
pub(super) struct Badge {
    pub(super) text: String,
    /// `good`, `warn`, `bad` or `calm`: a class of the style sheet.
    pub(super) tone: &'static str,
}

impl Badge {
    fn verdict(verdict: Verdict) -> Self {
        let tone = match verdict {
            Verdict::Protected | Verdict::Parked => "good",
            Verdict::Testing | Verdict::OptedOut | Verdict::CouldNotTell => "warn",
            Verdict::AtRisk | Verdict::IgnoredBySenders | Verdict::Absent => "bad",
        };
        Self { text: verdict.label().to_owned(), tone }
    }

    fn severity(severity: Severity) -> Self {
        Self { text: severity.code().to_owned(), tone: severity_tone(severity) }
    }

    fn state(state: StepState, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: state_tone(state) }
    }
}

/// A domain in full.
pub(super) struct DomainView<'a> {
    pub(super) anchor: String,
    pub(super) report: &'a Report,
    pub(super) verdict: Badge,
    /// Empty without a grade.
    pub(super) grade: &'static str,
    /// `84 of 100 points, partial`.
    pub(super) points: String,
    pub(super) checked: String,
    pub(super) steps: Vec<StepView<'a>>,
    pub(super) mx: Vec<MxView<'a>>,
    pub(super) findings: Vec<FindingView<'a>>,
    pub(super) infos: Vec<FindingView<'a>>,
    pub(super) sections: Vec<SectionView<'a>>,
    pub(super) sum: String,
    /// The best grade left, and why.
    pub(super) caps: Vec<(&'static str, &'a str)>,
}

impl<'a> DomainView<'a> {
    pub(super) fn new(at: usize, report: &'a Report) -> Option<Self> {
        let mut sorted = report.findings.iter().collect::<Vec<_>>();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let split = sorted.partition_point(|finding| finding.severity > Severity::Info);
        let (faults, infos) = sorted.split_at_checked(split)?;
        let view = |finding: &&'a ReportedFinding| FindingView::new(finding);
        Some(Self {
            anchor: anchor(at),
            report,
            verdict: Badge::verdict(report.verdict),
            grade: report.grade.map_or("", Code::code),
            points: report.points.map_or_else(String::new, |points| {
                let partial = if report.partial { ", partial" } else { "" };
                format!("{points} of 100 points{partial}")
            }),
            checked: format!(
                "Checked {} in {}",
                minute(report.checked_at),
                duration_ms(report.elapsed_ms)
            ),
            steps: report.timeline.iter().map(StepView::new).collect(),
            mx: report.mx.iter().map(MxView::new).collect(),
            findings: with_steps_once(faults.iter().map(view).collect()),
            infos: infos.iter().map(view).collect(),
            sections: report.score.sections.iter().map(SectionView::new).collect(),
            sum: sum(&report.score.sections),
            caps: report.score.caps.iter().map(|c| (c.grade.code(), c.reason.as_str())).collect(),
        })
    }
}

/// A step of the timeline.
pub(super) struct StepView<'a> {
    pub(super) mark: &'static str,
    pub(super) tone: &'static str,
    pub(super) state: &'static str,
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) took: String,
}

impl<'a> StepView<'a> {
    fn new(step: &'a Step) -> Self {
        Self {
            mark: match step.state {
                StepState::Ok => "✓",
                StepState::Warning => "!",
                StepState::Failed => "✗",
                StepState::Absent => "–",
                StepState::NotTested => "?",
            },
            tone: state_tone(step.state),
            state: step.state.label(),
            name: step_label(&step.step),
            text: &step.text,
            took: step.elapsed_ms.map_or_else(String::new, duration_ms),
        }
    }
}

/// A row of the MX table.
pub(super) struct MxView<'a> {
    pub(super) host: &'a str,
    pub(super) preference: String,
    pub(super) matched: Badge,
    pub(super) tls: Badge,
    pub(super) expires: String,
    pub(super) dane: Badge,
    /// Addresses that need a word.
    pub(super) addresses: Vec<(&'a str, &'a str, &'static str)>,
    /// Action, tone and rule.
    pub(super) simulation: Option<(&'static str, &'static str, String)>,
}

impl<'a> MxView<'a> {
    fn new(mx: &'a MxSummary) -> Self {
        let matched = match mx.matched {
            Some(true) => Badge::state(StepState::Ok, "yes"),
            Some(false) => Badge::state(StepState::Failed, "no"),
            None => Badge::state(StepState::Absent, "–"),
        };
        let version = mx.tls_version.clone().filter(|_| mx.tls == TlsState::Ok);
        let tls = Badge::state(tls_state(mx.tls), version.unwrap_or_else(|| mx.tls.label().into()));
        let addresses = mx.addresses.iter().filter(|_| mx.tls != TlsState::Ok);
        Self {
            host: &mx.host,
            preference: mx.preference.map_or_else(|| "–".to_owned(), |p| p.to_string()),
            matched,
            tls,
            expires: mx.certificate_expires.map_or_else(|| "–".to_owned(), day),
            dane: Badge::state(dane_state(mx.dane), mx.dane.label()),
            addresses: addresses
                .map(|a| (a.address.as_str(), a.result.as_str(), state_tone(tls_state(a.tls))))
                .collect(),
            simulation: mx.simulation.as_ref().map(|simulation| {
                let state = match simulation.action {
                    SenderAction::Deliver => StepState::Ok,
                    SenderAction::DeliverAndReport => StepState::Warning,
                    SenderAction::Refuse => StepState::Failed,
                    SenderAction::Unknown => StepState::NotTested,
                };
                let reported = simulation.result_type.as_ref();
                let reported = reported.map_or_else(String::new, |t| format!("; reported as {t}"));
                let rule = format!("{}{reported}", simulation.rule);
                (simulation.action.label(), state_tone(state), rule)
            }),
        }
    }
}

/// A finding.
pub(super) struct FindingView<'a> {
    pub(super) finding: &'a ReportedFinding,
    pub(super) severity: Badge,
    pub(super) detail: String,
    pub(super) steps: Vec<FixView<'a>>,
    /// The finding above that the same steps mend.
    pub(super) same_as: Option<&'a str>,
}

impl FindingView<'_> {
    pub(super) fn detail(&self) -> Vec<Span<'_>> {
        spans(&self.detail)
    }
}

/// Steps that stand further up are not repeated.
fn with_steps_once(mut views: Vec<FindingView<'_>>) -> Vec<FindingView<'_>> {
    for at in 0..views.len() {
        let (before, rest) = views.split_at_mut(at);
        let Some(view) = rest.first_mut().filter(|view| !view.finding.fix.is_empty()) else {
            continue;
        };
        if let Some(same) = before.iter().find(|other| other.finding.fix == view.finding.fix) {
            view.same_as = Some(&same.finding.id);
            view.steps.clear();
        }
    }
    views
}

/// A step of mending.
pub(super) struct FixView<'a> {
    pub(super) prose: Vec<Span<'a>>,
    pub(super) paste: Vec<&'a str>,
}

impl<'a> FindingView<'a> {
    fn new(finding: &'a ReportedFinding) -> Self {
        let steps = finding.fix.iter().map(|step| {
            let FixStep { prose, paste } = FixStep::read(step);
            FixView { prose: spans(prose), paste }
        });
        Self {
            finding,
            severity: Badge::severity(finding.severity),
            detail: sentence(&finding.detail),
            steps: steps.collect(),
            same_as: None,
        }
    }
}

/// A section of the grade.
pub(super) struct SectionView<'a> {
    pub(super) name: &'static str,
    pub(super) points: String,
    pub(super) deductions: Vec<(String, &'a str, &'static str, &'a str)>,
}

impl<'a> SectionView<'a> {
    fn new(section: &'a SectionScore) -> Self {
        let kept = |kept| format!("{} of {}", points(kept), section.of);
        let left_out = || format!("not tested, {} left out", section.of);
        let deductions = section.deductions.iter().map(|taken| {
            (points(taken.points), taken.id.as_str(), taken.severity.code(), taken.subject.as_str())
        });
        Self {
            name: section.section.label(),
            points: section.points.map_or_else(left_out, kept),
            deductions: deductions.collect(),
        }
    }
}

fn sum(sections: &[SectionScore]) -> String {
    let tested = sections.iter().filter_map(|section| Some((section.points?, section.of)));
    let (kept, of) = tested
        .fold((0.0, 0_u32), |(kept, of), (points, worth)| (kept + points, of + u32::from(worth)));
    format!("{} of {of}", points(kept))
}

fn anchor(at: usize) -> String {
    format!("d{}", at + 1)
}

fn severity_tone(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium | Severity::Low => "warn",
        Severity::Info => "calm",
    }
}

fn state_tone(state: StepState) -> &'static str {
    match state {
        StepState::Ok => "good",
        StepState::Warning => "warn",
        StepState::Failed => "bad",
        StepState::Absent | StepState::NotTested => "calm",
    }
}

fn tls_state(state: TlsState) -> StepState {
    match state {
        TlsState::Ok => StepState::Ok,
        TlsState::Faulty => StepState::Failed,
        TlsState::NotTested => StepState::NotTested,
    }
}

fn dane_state(state: DaneState) -> StepState {
    match state {
        DaneState::Ok => StepState::Ok,
        DaneState::Unusable | DaneState::Insecure => StepState::Warning,
        DaneState::Mismatch | DaneState::Bogus => StepState::Failed,
        DaneState::Absent => StepState::Absent,
        DaneState::NotTested => StepState::NotTested,
    }
}

/// Findings named in a row of the table.
const MAX_BADGES: usize = 4;
