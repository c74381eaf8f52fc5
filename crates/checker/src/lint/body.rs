//! From what the policy parser reports to findings.

mod wording;

use super::repair::corrected_policy;
use super::{places, severity};
use crate::catalogue::Entry;
use crate::catalogue::body::{
    P_BLANK, P_BOM, P_DUP, P_EMPTY, P_EOL, P_EXT, P_HTML, P_MAXAGE, P_MAXAGE_SHORT, P_MODE, P_MX,
    P_MX_SYNTAX, P_NONE, P_ORDER, P_SYNTAX, P_TESTING, P_VERSION,
};
use crate::catalogue::policy_host::H_SIZE;
use crate::finding::{Finding, Severity};
use crate::publish::txt_record::TxtRecord;
use ironpost_proto::deviation::{Deviation, Parsed};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::{Field, MaxAge, Mode, Policy, PolicyFault};

/// What is known beside the file itself; nothing by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodyContext<'a> {
    /// The policy domain.
    pub domain: Option<&'a Domain>,
    /// The hosts that take mail for it, for the corrected file.
    pub hosts: &'a [Domain],
    /// A fresh id for the record that announces the corrected file.
    pub suggested_id: Option<&'a str>,
}

/// The kind of fault that a departure from the grammar is.
pub fn policy_entry(fault: PolicyFault) -> &'static Entry {
    match fault {
        PolicyFault::TooLarge => &H_SIZE,
        PolicyFault::Empty => &P_EMPTY,
        PolicyFault::ByteOrderMark => &P_BOM,
        PolicyFault::BareCr => &P_EOL,
        PolicyFault::Html => &P_HTML,
        PolicyFault::Syntax | PolicyFault::OneLine => &P_SYNTAX,
        PolicyFault::BlankLine => &P_BLANK,
        PolicyFault::MissingVersion | PolicyFault::Version => &P_VERSION,
        PolicyFault::MissingMode | PolicyFault::Mode => &P_MODE,
        PolicyFault::MissingMaxAge | PolicyFault::MaxAge | PolicyFault::MaxAgeRange => &P_MAXAGE,
        PolicyFault::MissingMx => &P_MX,
        PolicyFault::Mx(_) => &P_MX_SYNTAX,
        PolicyFault::Repeated(_) => &P_DUP,
        PolicyFault::VersionNotFirst => &P_ORDER,
        PolicyFault::UnknownField | PolicyFault::RepeatedUnknownField => &P_EXT,
    }
}

/// The findings that a policy body gives by itself: departures from the grammar, each kind
/// once however many lines show it, and what a readable policy says that is worth a word.
/// `body` is the text that `parsed` was made of.
pub fn body_findings(
    parsed: &Parsed<Policy, PolicyFault>,
    body: &[u8],
    context: &BodyContext<'_>,
) -> Vec<Finding> {
    let mode = parsed.verdict.as_ref().ok().map(|policy| policy.mode);
    let advice = Advice { corrected: corrected_policy(body, context.hosts), context };
    let mut findings: Vec<_> = groups(&parsed.deviations, body)
        .iter()
        .map(|group| {
            let entry = policy_entry(group.fault);
            let severity = match group.blank {
                // Senders that go by the grammar drop the policy (A14).
                Some(Blank::BeforeField | Blank::WithBlanks) => Severity::High,
                Some(Blank::Empty) | None => severity(entry, mode),
            };
            Finding::new(
                entry,
                severity,
                subject(&group.deviations),
                wording::detail(group, &parsed.verdict),
            )
            .with_fix(advice.steps(entry, "Replace the file by:", Clone::clone))
            .with_evidence(places(&group.deviations))
        })
        .collect();
    if let Ok(policy) = &parsed.verdict {
        findings.extend(short_max_age(policy, &advice));
        findings.extend(weak_mode(policy, &advice));
    }
    findings
}

/// Departures with one cause.
#[derive(Debug)]
struct Group<'a> {
    /// The first fault of the group.
    fault: PolicyFault,
    /// In order of appearance, at least one; for a missing field what stands in its place.
    deviations: Vec<&'a Deviation<PolicyFault>>,
    /// The unknown field in place of which a missing one was meant.
    misnamed: Option<&'a Deviation<PolicyFault>>,
    /// Where the first of them stands, if they are blank lines.
    blank: Option<Blank>,
}

/// Where a blank line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// A field comes after it.
    BeforeField,
    /// No field comes after it, but blanks do, or it holds some.
    WithBlanks,
    /// There is nothing in the file from here on but line ends.
    Empty,
}

impl Blank {
    /// Judges the blank line with this number, counted from 1.
    fn at(line: usize, body: &[u8]) -> Self {
        let lines = body.split(|byte| *byte == b'\n').skip(line.saturating_sub(1));
        let rest: Vec<u8> = lines.flatten().copied().filter(|byte| *byte != b'\r').collect();
        match rest.as_slice() {
            [] => Self::Empty,
            rest if rest.iter().all(|byte| b" \t".contains(byte)) => Self::WithBlanks,
            _ => Self::BeforeField,
        }
    }
}

fn groups<'a>(deviations: &'a [Deviation<PolicyFault>], body: &[u8]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for deviation in deviations {
        if deviation.class == PolicyFault::UnknownField && stands_for_missing(deviation, deviations)
        {
            continue;
        }
        let known = groups.iter_mut().find(|group| is_same_cause(group.fault, deviation.class));
        if let Some(group) = known {
            group.deviations.push(deviation);
        } else {
            let misnamed = misnamed(deviation, deviations);
            let shown = misnamed.unwrap_or(deviation);
            let blank = (deviation.class == PolicyFault::BlankLine)
                .then(|| Blank::at(deviation.line, body));
            groups.push(Group { fault: deviation.class, deviations: vec![shown], misnamed, blank });
        }
    }
    // What stands in place of a missing field stands before the end, where it is missed.
    groups.sort_by_key(|group| group.deviations.first().map(|first| (first.line, first.column)));
    groups
}

fn is_same_cause(one: PolicyFault, other: PolicyFault) -> bool {
    match (one, other) {
        (PolicyFault::Repeated(one), PolicyFault::Repeated(other)) => one == other,
        (one, other) => policy_entry(one) == policy_entry(other),
    }
}

/// The field that is missing, by its name.
fn missing_field(fault: PolicyFault) -> Option<&'static str> {
    match fault {
        PolicyFault::MissingVersion => Some("version"),
        PolicyFault::MissingMode => Some("mode"),
        PolicyFault::MissingMaxAge => Some("max_age"),
        PolicyFault::MissingMx => Some("mx"),
        PolicyFault::TooLarge
        | PolicyFault::Empty
        | PolicyFault::ByteOrderMark
        | PolicyFault::BareCr
        | PolicyFault::Html
        | PolicyFault::Syntax
        | PolicyFault::OneLine
        | PolicyFault::BlankLine
        | PolicyFault::Version
        | PolicyFault::Mode
        | PolicyFault::MaxAge
        | PolicyFault::MaxAgeRange
        | PolicyFault::Mx(_)
        | PolicyFault::Repeated(_)
        | PolicyFault::VersionNotFirst
        | PolicyFault::UnknownField
        | PolicyFault::RepeatedUnknownField => None,
    }
}

/// A field missing under its name and present under another is one fault, not two.
fn stands_for_missing(unknown: &Deviation<PolicyFault>, all: &[Deviation<PolicyFault>]) -> bool {
    let Some(meant) = meant_field(unknown.excerpt.as_str()) else { return false };
    all.iter().any(|other| missing_field(other.class) == Some(meant))
}

fn misnamed<'a>(
    missing: &Deviation<PolicyFault>,
    all: &'a [Deviation<PolicyFault>],
) -> Option<&'a Deviation<PolicyFault>> {
    let field = missing_field(missing.class)?;
    all.iter().find(|other| {
        other.class == PolicyFault::UnknownField
            && meant_field(other.excerpt.as_str()) == Some(field)
    })
}

/// The known field that an unknown name was probably meant to be.
fn meant_field(name: &str) -> Option<&'static str> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.replace('_', ""), &plain);
    FIELDS
        .into_iter()
        // One slip in four letters; `mx` allows none but its case and punctuation.
        .filter(|known| distance(known) <= known.len() / 4)
        .min_by_key(|known| distance(known))
}

fn subject(deviations: &[&Deviation<PolicyFault>]) -> String {
    match deviations.first() {
        Some(first) => format!("mta-sts.txt:{}:{}", first.line, first.column),
        None => FILE.to_owned(),
    }
}

/// What steps can be given.
#[derive(Debug)]
struct Advice<'a> {
    /// The file, as far as it can be made sound.
    corrected: Option<Policy>,
    context: &'a BodyContext<'a>,
}

impl Advice<'_> {
    /// The file to publish, which `change` makes of the sound one, and the record that makes
    /// senders fetch it.
    fn steps(
        &self,
        entry: &Entry,
        lead: &str,
        change: impl FnOnce(&Policy) -> Policy,
    ) -> Vec<String> {
        let remedy = || entry.remedy.iter().map(|step| (*step).to_owned());
        if entry == &P_EXT {
            // RFC 8461 §3.2: such a field is sound; only its owner knows what it is for.
            return remedy().collect();
        }
        let mut steps: Vec<_> = match &self.corrected {
            Some(sound) => vec![format!("{lead}\n{}", change(sound).to_string().trim_end())],
            // Nothing is left of the file that a correction could begin with.
            None => remedy().filter(|step| !step.starts_with(NEW_ID)).collect(),
        };
        // RFC 8461 §8.1: senders look at the file again when the record has a new id.
        if let Some(id) = self.context.suggested_id {
            let record = TxtRecord::mta_sts(self.context.domain, format!("v=STSv1; id={id};"));
            steps.push(format!("Then announce it with a new id:\n{record}"));
        }
        steps
    }
}

fn short_max_age(policy: &Policy, advice: &Advice<'_>) -> Option<Finding> {
    let seconds = policy.max_age.as_secs();
    let severity = match policy.mode {
        Mode::Enforce if seconds < WEEK => Severity::Medium,
        Mode::Enforce if seconds < 2 * WEEK => Severity::Low,
        Mode::Testing | Mode::None if seconds < DAY => Severity::Low,
        Mode::Enforce | Mode::Testing | Mode::None => return None,
    };
    let (wanted, reason) = match policy.mode {
        Mode::Enforce => (2 * WEEK, "whoever can block the fetch for that long undoes the policy"),
        Mode::Testing | Mode::None => {
            (DAY, "at least one large sender is said to ignore such policies")
        }
    };
    let detail = format!("senders forget the policy after {seconds} s: {reason}");
    let better = |sound: &Policy| Policy { max_age: seconds_of(wanted), ..sound.clone() };
    let steps = advice.steps(&P_MAXAGE_SHORT, "Replace the file by:", better);
    let finding = Finding::new(&P_MAXAGE_SHORT, severity, FILE, detail)
        .with_fix(steps)
        .with_evidence([format!("max_age: {seconds}")]);
    Some(finding)
}

fn weak_mode(policy: &Policy, advice: &Advice<'_>) -> Option<Finding> {
    let (entry, detail, steps) = match policy.mode {
        Mode::Enforce => return None,
        Mode::Testing => (
            &P_TESTING,
            "the mode is testing: senders report failures and deliver all the same",
            advice.steps(
                &P_TESTING,
                "When the TLS-RPT reports have been clean for some weeks, replace the file by:",
                |sound| Policy {
                    mode: Mode::Enforce,
                    max_age: sound.max_age.max(seconds_of(2 * WEEK)),
                    ..sound.clone()
                },
            ),
        ),
        Mode::None => (
            &P_NONE,
            "the mode is none: senders act as if there were no policy",
            P_NONE.remedy.iter().map(|step| (*step).to_owned()).collect(),
        ),
    };
    let finding = Finding::new(entry, severity(entry, Some(policy.mode)), FILE, detail)
        .with_fix(steps)
        .with_evidence([format!("mode: {}", policy.mode)]);
    Some(finding)
}

fn seconds_of(seconds: u32) -> MaxAge {
    MaxAge::from_secs(seconds.into())
}

fn name_of(field: Field) -> &'static str {
    match field {
        Field::Version => "version",
        Field::Mode => "mode",
        Field::MaxAge => "max_age",
    }
}

/// The fields that the RFC knows.
const FIELDS: [&str; 4] = ["version", "mode", "max_age", "mx"];

/// How a step of the catalogue begins that [`Advice::steps`] gives in full.
const NEW_ID: &str = "Give the record a new id";

/// The subject of what concerns the file as a whole.
const FILE: &str = "mta-sts.txt";

/// Seconds.
const DAY: u32 = 86_400;
/// Seconds.
const WEEK: u32 = 7 * DAY;
