//! One plain sentence for each way in which a policy file departs from its grammar.

use super::{Blank, Group, meant_field, name_of};
use ironpost_proto::deviation::Deviation;
use ironpost_proto::mta_sts::mx_pattern::PatternFault;
use ironpost_proto::mta_sts::policy::{Field, Policy, PolicyFault};
use std::fmt::Write;

/// The sentence for a group; names the first place, and says how many more there are.
pub(super) fn detail(group: &Group<'_>, verdict: &Result<Policy, PolicyFault>) -> String {
    let Some(first) = group.deviations.first() else { return group.fault.to_string() };
    let mut text = match (group.misnamed, group.blank) {
        (Some(other), _) => misnamed(group.fault, other),
        (None, Some(blank)) => blank_line(blank, first.line),
        (None, None) => sentence(group.fault, first, verdict),
    };
    if group.deviations.len() > 1 && !matches!(group.fault, PolicyFault::Repeated(_)) {
        let more = group.deviations.len() - 1;
        let noun = if more == 1 { "place" } else { "places" };
        // Writing to a `String` cannot fail.
        let _ = write!(text, " ({more} more {noun} like it)");
    }
    text
}

fn sentence(
    fault: PolicyFault,
    at: &Deviation<PolicyFault>,
    verdict: &Result<Policy, PolicyFault>,
) -> String {
    let (line, piece) = (at.line, &at.excerpt);
    match fault {
        PolicyFault::TooLarge => "the file is longer than 64 KiB, where senders may stop".into(),
        PolicyFault::Empty => "the file has nothing in it".into(),
        PolicyFault::ByteOrderMark => {
            "the file begins with a byte order mark or is UTF-16, so its fields cannot be read"
                .into()
        }
        PolicyFault::BareCr => {
            format!("line {line} ends in a carriage return without a line feed")
        }
        PolicyFault::Html => {
            let line = piece.as_str().split("\\n").find(|line| !line.trim().is_empty());
            format!("the file is a web page, beginning with `{}`", line.unwrap_or("<"))
        }
        PolicyFault::Syntax => format!("line {line} {}: `{piece}`", unreadable(piece.as_str())),
        PolicyFault::OneLine => {
            format!("line {line} holds several fields; each must stand on a line of its own")
        }
        PolicyFault::BlankLine => format!("line {line} is blank"),
        PolicyFault::MissingVersion => "there is no line `version: STSv1`".into(),
        PolicyFault::Version => {
            format!("line {line} says `version: {piece}`; it must be `STSv1`, in exactly that case")
        }
        PolicyFault::MissingMode => "there is no `mode`".into(),
        PolicyFault::Mode => format!(
            "line {line} says `mode: {piece}`; it must be `enforce`, `testing` or `none`, in lower \
             case"
        ),
        PolicyFault::MissingMaxAge => "there is no `max_age`".into(),
        PolicyFault::MaxAge => {
            format!("line {line} says `max_age: {piece}`; it must be 1 to 10 digits, in seconds")
        }
        PolicyFault::MaxAgeRange => format!(
            "line {line} says `max_age: {piece}`, above the maximum of 31557600; many senders \
             cap it, others drop the policy"
        ),
        PolicyFault::MissingMx => "there is no `mx`, and the mode is not none".into(),
        PolicyFault::Mx(fault) => {
            format!("line {line} says `mx: {piece}`: {}", pattern(fault))
        }
        PolicyFault::Repeated(field) => repeated(field, line, verdict),
        PolicyFault::VersionNotFirst => {
            format!(
                "`version` stands on line {line}; legal, but a large provider's guide wants it first"
            )
        }
        PolicyFault::UnknownField => match meant_field(piece.as_str()) {
            Some(meant) => {
                format!(
                    "line {line} has the unknown field `{piece}`, which senders ignore; was `{meant}` meant?"
                )
            }
            None => format!("line {line} has the unknown field `{piece}`, which senders ignore"),
        },
        PolicyFault::RepeatedUnknownField => {
            format!("line {line} repeats the unknown field `{piece}`, which senders ignore")
        }
    }
}

fn blank_line(blank: Blank, line: usize) -> String {
    match blank {
        Blank::BeforeField => format!(
            "line {line} is blank, and senders that go by the grammar drop a policy with a blank \
             line before a field"
        ),
        Blank::WithBlanks => format!(
            "spaces or tabs stand after the last field, from line {line} on, and senders that go \
             by the grammar drop a policy for that"
        ),
        Blank::Empty => {
            format!("line {line}, after the last field, is blank; most senders accept that")
        }
    }
}

fn misnamed(fault: PolicyFault, other: &Deviation<PolicyFault>) -> String {
    let meant = meant_field(other.excerpt.as_str()).unwrap_or("known field");
    let (line, name) = (other.line, &other.excerpt);
    match fault {
        PolicyFault::MissingMx => {
            format!("there is no `mx`; line {line} has `{name}`, which is an unknown field")
        }
        _ => format!("there is no `{meant}`; line {line} has `{name}`, which is an unknown field"),
    }
}

/// Why a line is no field, as far as it shows.
fn unreadable(line: &str) -> &'static str {
    let trimmed = line.trim_start();
    if ["#", "//", ";", "--"].iter().any(|mark| trimmed.starts_with(mark)) {
        return "is a comment, and a policy has none";
    }
    if trimmed.len() < line.len() || line.starts_with("\\t") {
        return "begins with a blank";
    }
    match line.split_once(':') {
        None if line.contains('=') => "has `=` where a colon must stand",
        None => "has no colon",
        Some((name, _)) if name.ends_with(' ') || name.ends_with("\\t") => {
            "has a blank before the colon"
        }
        Some((_, value)) if value.trim().is_empty() => "has no value",
        // RFC 8461 §3.2, `sts-policy-ext-name`.
        Some((name, _)) if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
            "has a name that does not begin with a letter or digit"
        }
        Some((name, _)) if name.len() > 32 => "has a name of more than 32 characters",
        Some((name, _)) if !name.chars().all(is_name_character) => {
            "has a character that no name may have"
        }
        Some(_) => "has a character that no value may have",
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn pattern(fault: PatternFault) -> &'static str {
    match fault {
        PatternFault::Empty => "there is no name",
        PatternFault::List => "one line holds one name",
        PatternFault::Preference => "a preference belongs to the MX record, not to the policy",
        PatternFault::Url => "a URL is no host name",
        PatternFault::Address => "an address is no host name, and no MX record has such a name",
        PatternFault::TrailingDot => "the name must not end with a dot",
        PatternFault::LeadingDot => "a wildcard is written `*.`, not as a leading dot",
        PatternFault::Wildcard => "`*` may only be the whole first label",
        PatternFault::ULabel => "an internationalised name must be written with `xn--`",
        PatternFault::Domain(_) => "that is not a host name",
    }
}

fn repeated(field: Field, line: usize, verdict: &Result<Policy, PolicyFault>) -> String {
    let name = name_of(field);
    let first = verdict.as_ref().ok().map(|policy| match field {
        Field::Version => "STSv1".to_owned(),
        Field::Mode => policy.mode.to_string(),
        Field::MaxAge => policy.max_age.as_secs().to_string(),
    });
    match first {
        Some(value) => {
            format!("`{name}` is given again on line {line}; the first one, `{value}`, counts")
        }
        None => format!("`{name}` is given again on line {line}; the first one counts"),
    }
}
