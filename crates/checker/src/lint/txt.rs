//! From what the `_mta-sts` TXT RRset amounts to, to findings.

use super::{places, severity, version};
use crate::catalogue::Entry;
use crate::catalogue::txt::{
    D_EXT, D_ID, D_MULTI, D_SYNTAX, D_UNRELATED, D_VERSION, D_WILDCARD, D_WSP,
};
use crate::finding::Finding;
use crate::publish::txt_record::TxtRecord;
use ironpost_proto::deviation::{Deviation, Parsed};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::record::{
    Discarded, Likeness, Record, RecordFault, RecordOutcome, RecordSet,
};
use ironpost_proto::visible::Visible;

/// The kind of fault that a departure from the grammar is.
pub fn record_entry(fault: RecordFault) -> &'static Entry {
    match fault {
        RecordFault::MissingId | RecordFault::InvalidId => &D_ID,
        RecordFault::Syntax => &D_SYNTAX,
        RecordFault::BlankBeforeSemicolon => &D_WSP,
        RecordFault::UnknownField | RecordFault::RepeatedField => &D_EXT,
    }
}

/// The findings that the RRset at `name` gives by itself; `suggested_id` stands in the
/// corrected record. An RRset without any record of ours gives D-VERSION if one was meant,
/// D-WILDCARD if SPF answers, D-UNRELATED for other text; that there is no record is for the
/// caller to say, who knows why.
pub fn txt_findings(set: &RecordSet, name: &DnsName, suggested_id: &str) -> Vec<Finding> {
    let domain = name.parent().and_then(|parent| parent.to_domain());
    let place = Place { subject: name.as_str(), domain: domain.as_ref(), suggested_id };
    findings(set, &place)
}

/// As [`txt_findings`], for the value of a single record that is said to be an MTA-STS record.
pub(super) fn lone_record(
    set: &RecordSet,
    domain: Option<&Domain>,
    suggested_id: &str,
) -> Vec<Finding> {
    let name = domain.map(|domain| domain.prefixed("_mta-sts"));
    let subject = name.as_ref().map_or("_mta-sts", DnsName::as_str);
    let place = Place { subject, domain, suggested_id };
    match set.discarded.first() {
        Some(record) => vec![wrong_version(record, 0, &place)],
        None => findings(set, &place),
    }
}

/// Where the record stands, and the id for another policy.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    subject: &'a str,
    domain: Option<&'a Domain>,
    suggested_id: &'a str,
}

impl Place<'_> {
    /// A sound record with a new id.
    fn publish(&self) -> String {
        self.publish_id(self.suggested_id)
    }

    /// A sound record with this id.
    fn publish_id(&self, id: &str) -> String {
        TxtRecord::mta_sts(self.domain, format!("v=STSv1; id={id};")).to_string()
    }
}

fn findings(set: &RecordSet, place: &Place<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match (&set.outcome, set.candidates.as_slice()) {
        (RecordOutcome::Several, candidates) => findings.push(several(candidates, place)),
        (_, candidates) => {
            let records = candidates.iter();
            findings.extend(records.flat_map(|(text, parsed)| of_record(text, parsed, place)));
        }
    }
    findings.extend(discarded(set, place));
    findings
}

fn several(candidates: &[(Visible, Parsed<Record, RecordFault>)], place: &Place<'_>) -> Finding {
    let subject = place.subject;
    let detail = format!(
        "{} records at {subject} begin with `v=STSv1;`, so senders act as if there were none",
        candidates.len()
    );
    Finding::new(&D_MULTI, severity(&D_MULTI, None), subject, detail)
        .with_fix([
            "Delete all of them but one, and give that one a new id.".to_owned(),
            format!("What should be left:\n{}", place.publish()),
        ])
        .with_evidence(candidates.iter().map(|(text, _)| format!("TXT: {text}")))
}

/// The faults of one record, each kind once.
fn of_record(
    text: &Visible,
    parsed: &Parsed<Record, RecordFault>,
    place: &Place<'_>,
) -> Vec<Finding> {
    let subject = place.subject;
    let misnamed = parsed.deviations.iter().find(|deviation| {
        parsed.verdict == Err(RecordFault::MissingId)
            && deviation.class == RecordFault::UnknownField
            && deviation.excerpt.as_str().eq_ignore_ascii_case("id")
    });
    let mut groups: Vec<(&'static Entry, Vec<&Deviation<RecordFault>>)> = Vec::new();
    for deviation in &parsed.deviations {
        if misnamed == Some(deviation) {
            continue;
        }
        let entry = record_entry(deviation.class);
        match groups.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, deviations)) => deviations.push(deviation),
            None => groups.push((entry, vec![deviation])),
        }
    }
    let fix = match &parsed.verdict {
        // RFC 8461 §8.1: a new id announces a new policy, and here is none.
        Ok(record) => format!(
            "Replace the record by this one; its id stays, as the policy does:\n{}",
            place.publish_id(record.id.as_str())
        ),
        Err(_) => format!("Replace the record by:\n{}", place.publish()),
    };
    let finding = |(entry, deviations): (&'static Entry, Vec<&Deviation<RecordFault>>)| {
        let detail = match (deviations.first(), misnamed) {
            (Some(first), Some(other)) if first.class == RecordFault::MissingId => {
                format!(
                    "{subject} has no `id`; `{}` is another field, as case counts",
                    other.excerpt
                )
            }
            (Some(_), _) if *entry == D_EXT => passed_over(&deviations, subject),
            (Some(first), _) => sentence(first, subject),
            (None, _) => entry.title.to_owned(),
        };
        Finding::new(entry, severity(entry, None), subject, detail)
            .with_fix([fix.clone()])
            .with_evidence([format!("TXT: {text}")].into_iter().chain(places(&deviations)))
    };
    groups.into_iter().map(finding).collect()
}

fn sentence(at: &Deviation<RecordFault>, subject: &str) -> String {
    let (column, piece) = (at.column, &at.excerpt);
    match at.class {
        RecordFault::MissingId => format!("{subject} has no `id`"),
        RecordFault::InvalidId => {
            format!("{subject} has `{piece}`, but an id is 1 to 32 letters and digits")
        }
        RecordFault::Syntax if piece.as_str().is_empty() => {
            format!("{subject} has an empty field at column {column}")
        }
        RecordFault::Syntax => {
            format!("{subject} has `{piece}` at column {column}, which is not a field")
        }
        RecordFault::BlankBeforeSemicolon => format!(
            "{subject} has a blank before the first semicolon, which some senders do not accept"
        ),
        RecordFault::UnknownField | RecordFault::RepeatedField => passed_over(&[at], subject),
    }
}

/// Names the fields that senders pass over.
fn passed_over(deviations: &[&Deviation<RecordFault>], subject: &str) -> String {
    let names = |class: RecordFault| {
        let mut names: Vec<&str> = Vec::new();
        for deviation in deviations.iter().filter(|deviation| deviation.class == class) {
            if !names.contains(&deviation.excerpt.as_str()) {
                names.push(deviation.excerpt.as_str());
            }
        }
        names
    };
    let unknown = match names(RecordFault::UnknownField).as_slice() {
        [] => None,
        [name] => Some(format!("the unknown field `{name}`, which senders ignore")),
        names => Some(format!("the unknown fields {}, which senders ignore", listed(names))),
    };
    let repeated = match names(RecordFault::RepeatedField).as_slice() {
        [] => None,
        [name] => Some(format!("the field `{name}` more than once; the first one counts")),
        names => {
            Some(format!("the fields {} more than once; the first of each counts", listed(names)))
        }
    };
    let clauses: Vec<_> = unknown.into_iter().chain(repeated).collect();
    format!("{subject} has {}", clauses.join(", and "))
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect();
    match (names.len().saturating_sub(NAMES_SHOWN), shown.as_slice()) {
        (0, [first @ .., last]) => format!("{} and {last}", first.join(", ")),
        (more, shown) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn discarded(set: &RecordSet, place: &Place<'_>) -> Option<Finding> {
    let first = set.discarded.first()?;
    let subject = place.subject;
    let others = set.discarded.len() - 1;
    if set.candidates.is_empty() {
        if let Some(meant) = set.discarded.iter().find(|r| r.likeness == Likeness::WrongVersion) {
            return Some(wrong_version(meant, others, place));
        }
        if set.discarded.iter().any(|record| record.likeness == Likeness::Spf) {
            return Some(wildcard(set, place));
        }
    }
    let noun = if others == 0 { "a TXT record that is" } else { "TXT records that are" };
    let detail = format!("{subject} has {noun} not about MTA-STS, such as `{}`", first.text);
    Some(
        Finding::new(&D_UNRELATED, severity(&D_UNRELATED, None), subject, detail)
            .with_fix(D_UNRELATED.remedy.iter().copied())
            .with_evidence(set.discarded.iter().map(|record| format!("TXT: {}", record.text))),
    )
}

fn wrong_version(record: &Discarded, others: usize, place: &Place<'_>) -> Finding {
    let detail = version::detail(record, place.subject, &version::MTA_STS);
    let finding = Finding::new(&D_VERSION, severity(&D_VERSION, None), place.subject, detail)
        .with_fix([format!("Replace the record by:\n{}", place.publish())]);
    let beside = (others > 0).then(|| format!("other TXT records: {others}"));
    finding.with_evidence([format!("TXT: {}", record.text)].into_iter().chain(beside))
}

fn wildcard(set: &RecordSet, place: &Place<'_>) -> Finding {
    let subject = place.subject;
    let detail = format!(
        "{subject} answers with an SPF record, as a wildcard TXT record does, and has no MTA-STS \
         record of its own"
    );
    Finding::new(&D_WILDCARD, severity(&D_WILDCARD, None), subject, detail)
        .with_fix([
            format!("Publish a record of its own:\n{}", place.publish()),
            "Consider whether the wildcard TXT record is wanted at all.".to_owned(),
        ])
        .with_evidence(set.discarded.iter().map(|record| format!("TXT: {}", record.text)))
}

/// Fields named in one sentence.
const NAMES_SHOWN: usize = 5;
