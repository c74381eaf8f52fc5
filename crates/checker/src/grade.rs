//! Points and grade, so that a reader can recompute both. Scheme 1.

use crate::assess::Assessment;
use crate::assess::hosts::{dane_state, tls_state};
use crate::assess::mx_tls::is_starttls_broken;
use crate::assess::view::View;
use crate::catalogue::Section;
use crate::finding::{Finding, Severity};
use crate::report::{
    Cap, DaneState, Deduction, Grade, NotTested, PolicyStatus, Score, SectionScore, TlsState,
    Verdict,
};
use crate::verdict::is_refused;
use ironpost_net::dns::answer::{DnsError, Security};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::tls_rpt::record::{RecordOutcome, Target};

/// Grade, points and how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// Null without a verdict.
    pub grade: Option<Grade>,
    /// Out of 100.
    pub points: Option<u8>,
    /// Something that counts was not tested.
    pub partial: bool,
    /// Sections left out of the sum for which no single thing that was not tested stands already.
    pub left_out: Vec<NotTested>,
    /// The account.
    pub score: Score,
}

/// Grades an assessment.
pub fn grade(assessment: &Assessment<'_>, verdict: Verdict) -> Graded {
    let sections: Vec<_> =
        SECTIONS.iter().map(|(section, of)| section_score(assessment, *section, *of)).collect();
    let tested = sections.iter().filter_map(|s| Some((s.points?, f64::from(s.of))));
    let (points, of) = tested.fold((0.0, 0.0), |(p, o), (points, of)| (p + points, o + of));
    // Without a sum there is no share; a parked domain has nothing to grade.
    let graded = of > 0.0 && !matches!(verdict, Verdict::CouldNotTell | Verdict::Parked);
    let points = graded.then(|| share(points, of));
    let left_out = if graded { left_out(assessment, &sections) } else { Vec::new() };
    let partial = !assessment.not_tested.is_empty() || !left_out.is_empty();
    let caps = if graded { caps(assessment, partial) } else { Vec::new() };
    let grade = points.map(|points| {
        let earned = earned(points, &caps);
        caps.iter().map(|cap| cap.grade).fold(earned, Ord::max)
    });
    Graded { grade, points, partial, left_out, score: Score { scheme: SCHEME, sections, caps } }
}

/// A+ is what is left when no cap applies to a full score; see [`caps`].
fn earned(points: u8, caps: &[Cap]) -> Grade {
    match points {
        90.. if caps.is_empty() => Grade::APlus,
        90.. => Grade::A,
        80.. => Grade::B,
        65.. => Grade::C,
        50.. => Grade::D,
        _ => Grade::F,
    }
}

fn section_score(assessment: &Assessment<'_>, section: Section, of: u8) -> SectionScore {
    let worth = f64::from(of);
    let deductions: Vec<_> = assessment
        .findings
        .iter()
        .filter(|finding| finding.entry.section == section)
        .filter_map(|finding| deduction(finding, worth))
        .collect();
    let lost: f64 = deductions.iter().map(|deduction| deduction.points).sum();
    // Where something was found something was tested.
    let counts = is_tested(&assessment.view, section) || !deductions.is_empty();
    let points = counts.then(|| tenths((worth - lost).max(0.0)));
    SectionScore { section, of, points, deductions }
}

fn deduction(finding: &Finding, worth: f64) -> Option<Deduction> {
    let share = cost(finding.severity)?;
    Some(Deduction {
        id: finding.entry.id.to_owned(),
        subject: finding.subject.clone(),
        severity: finding.severity,
        points: tenths(worth * share),
    })
}

/// The share of its section that a finding of this severity costs; none if it costs nothing.
pub(crate) fn cost(severity: Severity) -> Option<f64> {
    match severity {
        Severity::Critical => Some(1.0),
        Severity::High => Some(0.60),
        Severity::Medium => Some(0.25),
        Severity::Low => Some(0.10),
        Severity::Info => None,
    }
}

/// Why sections without points have none, as far as nothing else tells.
fn left_out(assessment: &Assessment<'_>, sections: &[SectionScore]) -> Vec<NotTested> {
    let told = |section: Section| assessment.not_tested.iter().any(|gap| gap.section == section);
    sections
        .iter()
        .filter(|score| score.points.is_none() && !told(score.section))
        .map(|score| {
            let (what, reason) = reason(score.section);
            NotTested { what: what.to_owned(), section: score.section, reason: reason.to_owned() }
        })
        .collect()
}

fn reason(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Txt => ("the TXT record", "it could not be looked up"),
        Section::PolicyHost => ("the policy host", "no record leads senders to it"),
        Section::Body => ("the policy file", "no policy was served"),
        Section::MxMatch => {
            ("MX records against patterns", "there is no policy to match them with")
        }
        Section::MxTls => ("TLS of the MX hosts", "no host could be tested"),
        Section::TlsRpt => ("the TLS-RPT record", "it could not be looked up"),
        Section::Operations => ("operations", "nothing was seen"),
        Section::Dane => ("TLSA records", "their DNSSEC status could not be told"),
    }
}

/// Whether a section counts: it was tested, and there is something in it to test.
fn is_tested(view: &View<'_>, section: Section) -> bool {
    let evidence = view.evidence;
    let published = view.is_published();
    match section {
        Section::Txt => !matches!(
            evidence.record.lookup,
            Err(DnsError::Timeout { .. } | DnsError::Unreachable { .. })
        ),
        Section::PolicyHost => published && !is_policy_host_out_of_reach(view),
        Section::Body => published && view.body.is_some(),
        Section::MxMatch => published && evidence.mx.is_ok() && view.readable().is_some(),
        Section::MxTls => view
            .hosts()
            .iter()
            .any(|host| tls_state(&host.seen, evidence.egress) != TlsState::NotTested),
        Section::TlsRpt => evidence.tls_rpt.as_ref().is_some_and(|seen| seen.lookup.is_ok()),
        Section::Operations => true,
        Section::Dane => {
            let told =
                matches!(&evidence.mx, Ok(a) if !matches!(a.security, Security::Indeterminate(_)));
            !evidence.skip.dane && told
        }
    }
}

fn is_policy_host_out_of_reach(view: &View<'_>) -> bool {
    let host = &view.evidence.policy_host;
    let unlooked = host.fetches.is_empty() && host.ipv4.is_err() && host.ipv6.is_err();
    unlooked && view.evidence.mx.is_err()
}

/// What holds the grade down, by the rules of scheme 1.
fn caps(assessment: &Assessment<'_>, partial: bool) -> Vec<Cap> {
    let view = &assessment.view;
    let mut caps = Vec::new();
    let mut cap = |grade, reason: &str| caps.push(Cap { grade, reason: reason.to_owned() });
    if is_refused(view) {
        cap(Grade::F, "senders refuse to deliver to an MX");
    }
    match (view.status, view.applied().map(|policy| policy.mode)) {
        (PolicyStatus::Invalid, _) => cap(Grade::D, "senders must ignore what is published"),
        (PolicyStatus::None, _) => without_policy(view, "there is no policy", &mut cap),
        (PolicyStatus::Valid, Some(Mode::None)) => {
            without_policy(view, "the policy is in mode none", &mut cap);
        }
        (PolicyStatus::Valid, Some(Mode::Testing)) => {
            if is_long_in_testing(assessment) {
                cap(Grade::C, "mode testing for more than 60 days");
            } else {
                cap(Grade::B, "mode testing protects nothing");
            }
        }
        (PolicyStatus::Valid, Some(Mode::Enforce) | None) => {}
    }
    let without_reports = view
        .evidence
        .tls_rpt
        .as_ref()
        .is_some_and(|seen| seen.lookup.is_ok() && !has_report_target(&seen.set.outcome));
    if without_reports {
        cap(Grade::AMinus, "no TLS-RPT record that senders can use");
    }
    if let Some(policy) =
        view.applied().filter(|p| p.mode == Mode::Enforce && p.max_age.as_secs() < TWO_WEEKS)
    {
        cap(Grade::A, &format!("max_age is {} s, less than two weeks", policy.max_age.as_secs()));
    }
    if assessment.findings.iter().any(|finding| finding.severity >= Severity::Low) {
        cap(Grade::A, "A+ allows no finding of low severity or worse");
    }
    if partial {
        cap(Grade::A, "A+ needs everything tested");
    }
    caps
}

/// Senders know of somewhere to send reports to (RFC 8460 §3).
fn has_report_target(outcome: &RecordOutcome) -> bool {
    match outcome {
        RecordOutcome::Valid(record) => {
            record.rua.iter().any(|uri| uri.target() != Target::Unsupported)
        }
        RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => false,
    }
}

fn without_policy(view: &View<'_>, why: &str, cap: &mut impl FnMut(Grade, &str)) {
    if is_dane_complete(view) {
        cap(Grade::B, &format!("{why}, but DANE is complete"));
    } else if is_starttls_broken(view) {
        cap(Grade::F, &format!("{why}, and STARTTLS does not work either"));
    } else {
        cap(Grade::D, why);
    }
}

/// Every MX has secure TLSA records that match, and the MX RRset is secure.
pub(crate) fn is_dane_complete(view: &View<'_>) -> bool {
    let secure = matches!(&view.evidence.mx, Ok(answer) if answer.security == Security::Secure);
    secure
        && !view.hosts().is_empty()
        && view.hosts().iter().all(|host| dane_state(view, &host.seen) == DaneState::Ok)
}

fn is_long_in_testing(assessment: &Assessment<'_>) -> bool {
    assessment.findings.iter().any(|finding| finding.entry.id == "Y-STALL")
        || assessment
            .findings
            .iter()
            .any(|finding| finding.entry.id == "P-TESTING" && finding.severity >= Severity::High)
}

fn tenths(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 100 lies between 0 and 100"
)]
fn share(points: f64, of: f64) -> u8 {
    (points / of * 100.0).round().clamp(0.0, 100.0) as u8
}

/// The number of this scheme; it grows when a rule changes.
pub const SCHEME: u32 = 1;

/// What each section is worth.
pub const SECTIONS: &[(Section, u8)] = &[
    (Section::Txt, 15),
    (Section::PolicyHost, 15),
    (Section::Body, 10),
    (Section::MxMatch, 15),
    (Section::MxTls, 20),
    (Section::TlsRpt, 10),
    (Section::Operations, 10),
    (Section::Dane, 5),
];

/// The least `max_age` of an A+, seconds.
const TWO_WEEKS: u32 = 14 * 86_400;

#[cfg(test)]
mod tests;
