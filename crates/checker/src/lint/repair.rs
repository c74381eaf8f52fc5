//! What a broken text was probably meant to say, written soundly.
//!
//! Everything here reads leniently and answers in types that only sound text can fill, so a
//! correction is never broken itself.

mod report_uris;

pub use report_uris::corrected_report_uris;

use crate::publish::{default_max_age, mx_pattern};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{self, Extension, MAX_BODY, MaxAge, Mode, Policy};
use ironpost_proto::visible::Visible;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The policy that `body` was probably meant to be. `hosts` take mail for the domain, as far
/// as known; those that no pattern in `body` covers are added. `None` if there is nothing
/// to list and the mode asks for it.
pub fn corrected_policy(body: &[u8], hosts: &[Domain]) -> Option<Policy> {
    let mut policy = policy::parse(body).verdict.unwrap_or_else(|_| guess(body));
    if body.len() > MAX_BODY {
        // A file that was too long is shortened to what senders need.
        policy.extensions.clear();
    }
    let mut seen = BTreeSet::new();
    policy.mx.retain(|pattern| pattern.as_ipv4().is_none() && seen.insert(pattern.clone()));
    let mut seen = BTreeSet::new();
    policy.extensions.retain(|extension| {
        let (name, value) = (extension.name(), extension.value());
        // What acts on a terminal is no part of a text that is shown to be copied.
        let harmless = Visible::from(value).as_str() == value && !value.contains('\u{fffd}');
        harmless && known_name(name).is_none() && seen.insert(name.to_owned())
    });
    for host in hosts {
        let pattern = MxPattern::from(host.clone());
        let is_listed = policy.mx.iter().any(|listed| listed.matches(host));
        if policy.mode != Mode::None && !is_listed && pattern.as_ipv4().is_none() {
            policy.mx.push(pattern);
        }
    }
    (policy.mode == Mode::None || !policy.mx.is_empty()).then_some(policy)
}

/// Reads a policy as leniently as can be.
fn guess(body: &[u8]) -> Policy {
    let body = body.get(..MAX_BODY).unwrap_or(body);
    let text = decoded(body).replace("\\r\\n", "\n").replace("\\n", "\n").replace('\r', "\n");
    let (mut mode, mut max_age, mut mx, mut extensions) = (None, None, Vec::new(), Vec::new());
    let is_page = text.trim_start().starts_with('<');
    for line in text.lines().filter(|line| !is_page && !is_comment(line)) {
        let fields = fields(line);
        if fields.is_empty() {
            extensions.extend(extension(line));
        }
        for (field, value) in fields {
            match field {
                Known::Version => {}
                Known::Mode => mode = mode.or_else(|| guess_mode(value)),
                Known::MaxAge => max_age = max_age.or_else(|| guess_seconds(value)),
                Known::Mx => mx.extend(guess_patterns(value)),
            }
        }
    }
    let mode = mode.unwrap_or(Mode::Testing);
    let max_age = max_age.unwrap_or_else(|| default_max_age(mode));
    Policy { mode, max_age, mx, extensions }
}

fn decoded(body: &[u8]) -> Cow<'_, str> {
    let units = |read: fn([u8; 2]) -> u16| -> String {
        let (pairs, _) = body.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().copied().map(read).collect();
        String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').to_owned()
    };
    match body {
        [0xff, 0xfe, ..] | [_, 0, _, 0, ..] => Cow::Owned(units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] | [0, _, 0, _, ..] => Cow::Owned(units(u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(body),
    }
}

fn is_comment(line: &str) -> bool {
    ["#", "//", ";"].iter().any(|mark| line.trim_start().starts_with(mark))
}

/// A field that the RFC knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Version,
    Mode,
    MaxAge,
    Mx,
}

/// The field that a name stands for, whatever its case and punctuation.
fn known_name(name: &str) -> Option<Known> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match plain.as_str() {
        "version" => Some(Known::Version),
        "mode" => Some(Known::Mode),
        "maxage" => Some(Known::MaxAge),
        "mx" => Some(Known::Mx),
        _ => None,
    }
}

/// The known fields on one line and what follows each, up to the next.
fn fields(line: &str) -> Vec<(Known, &str)> {
    let mut starts = Vec::new();
    for (at, _) in line.match_indices([':', '=']) {
        let before = line.get(..at).unwrap_or_default().trim_end();
        let begin = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))
            .map_or(0, |end| {
                before.get(end..).and_then(|s| s.chars().next()).map_or(end, |c| end + c.len_utf8())
            });
        if let Some(known) = before.get(begin..).and_then(known_name) {
            starts.push((known, begin, at + 1));
        }
    }
    let ends = starts.iter().skip(1).map(|(_, begin, _)| *begin).chain([line.len()]);
    let fields = starts.iter().zip(ends).map(|((known, _, value), end)| {
        let value = line.get(*value..end).unwrap_or_default();
        (*known, value.trim_matches(|c: char| c.is_whitespace() || ";,\"'".contains(c)))
    });
    fields.collect()
}

fn extension(line: &str) -> Option<Extension> {
    let (name, value) = line.split_once(':')?;
    Extension::new(name.trim(), value.trim())
}

fn guess_mode(value: &str) -> Option<Mode> {
    let value = value.split_whitespace().next()?.to_ascii_lowercase();
    let modes = [Mode::Enforce, Mode::Testing, Mode::None];
    let distance = |mode: &Mode| strsim::damerau_levenshtein(&mode.to_string(), &value);
    // One slip in three letters: `on` must not be taken for `none`.
    let is_near = |mode: &Mode| distance(mode) * 3 <= mode.to_string().len();
    modes.into_iter().filter(is_near).min_by_key(distance)
}

/// Seconds, perhaps with separators between the digits or a unit behind them.
fn guess_seconds(value: &str) -> Option<MaxAge> {
    let value = value.trim_start_matches('+');
    let end = value.find(|c: char| !(c.is_ascii_digit() || ",._' ".contains(c)));
    let (number, unit) = value.split_at(end.unwrap_or(value.len()));
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().ok()?;
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "s" | "sec" | "seconds" => 1,
        "h" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    };
    Some(MaxAge::from_secs(number.saturating_mul(factor)))
}

fn guess_patterns(value: &str) -> Vec<MxPattern> {
    let words: Vec<&str> = value
        .split([',', ';', ' ', '\t'])
        .filter(|word| !word.is_empty() && word.parse::<std::net::IpAddr>().is_err())
        .collect();
    // `10 mail.example.com`, `IN MX 10 mail.example.com`: the word with dots is the name.
    let dotted = words.iter().any(|word| word.contains('.'));
    words
        .into_iter()
        .filter(|word| word.contains('.') || !dotted)
        .filter_map(guess_pattern)
        .collect()
}

fn guess_pattern(word: &str) -> Option<MxPattern> {
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let word = strip_prefix_ignoring_case(word, "smtp:").unwrap_or(word);
    let word = word.split(['/', ':']).next().unwrap_or(word);
    let name = match (word.strip_prefix('.'), word.split_once('*')) {
        (Some(rest), _) => format!("*.{rest}"),
        // `mx*.example.com`: the star must be a label by itself.
        (None, Some((before, rest))) if !before.contains('.') && !rest.contains('*') => {
            format!("*.{}", rest.trim_start_matches('.'))
        }
        (None, _) => word.to_owned(),
    };
    mx_pattern(&name).ok()
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_for_what_was_meant() {
        let table: &[(&[u8], &str, &str)] = &[
            (
                b"Version: stsv1\nMode: Enforce\nMX: a.example.com\nmax-age: 1209600",
                "enforce a.example.com 1209600",
                "case and hyphens",
            ),
            (
                b"version: STSv1 mode: enforce mx: a.example.com mx: b.example.com max_age: 86400",
                "enforce a.example.com b.example.com 86400",
                "everything on one line",
            ),
            (
                b"version: STSv1\\nmode: testing\\nmx: *.example.com\\nmax_age: 86400\\n",
                "testing *.example.com 86400",
                "line ends written out",
            ),
            (
                b"# ours\nversion = STSv1\n mode : enforced\nmx = 10 a.example.com.\nmax_age = 2w",
                "enforce a.example.com 1209600",
                "equals signs, a comment, a preference, a unit",
            ),
            (
                b"version: STSv1\rmode: enforce\rmx: a.example.com, b.example.com\rmax_age: 1,209,600",
                "enforce a.example.com b.example.com 1209600",
                "bare carriage returns, a list, separators",
            ),
            (
                "\u{feff}version: STSv1\nmode: enforce\nmx: mx.b\u{fc}cher.example\nmax_age: 99999999999"
                    .as_bytes(),
                "enforce mx.xn--bcher-kva.example 31557600",
                "a byte order mark, a U-label, a number out of range",
            ),
            (
                b"version: STSv1\nmode: enforce\nmx: https://a.example.com:25/\nmx: .example.net\nmx: x*.example.org\n",
                "enforce a.example.com *.example.net *.example.org 1209600",
                "a URL, a draft's wildcard, a star within a label, no max_age",
            ),
            (b"version: STSv1\nmode: none\n", "none 86400", "mode none needs no mx"),
            (
                b"version: STSv1\nmode: on\nmx: smtp:a.example.com\nmx: a.*.example.com\n",
                "testing a.example.com 86400",
                "a mode that is none of the three, a transport, a star in the middle",
            ),
            (
                b"version: STSv1\nmode: enforce # since May\nmx: a.example.com\n",
                "enforce a.example.com 1209600",
                "a comment behind a value",
            ),
        ];
        for (body, expected, reason) in table {
            let policy = corrected_policy(body, &[]).expect(reason);
            let mut found = vec![policy.mode.to_string()];
            found.extend(policy.mx.iter().map(ToString::to_string));
            found.push(policy.max_age.as_secs().to_string());
            assert_eq!(found.join(" "), *expected, "{reason}");
        }
    }

    #[test]
    fn a_file_that_was_too_long_becomes_short() {
        let long = format!(
            "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 86400\nnote: {}\n",
            "x".repeat(MAX_BODY)
        );
        let policy = corrected_policy(long.as_bytes(), &[]).unwrap();
        assert_eq!(
            policy.to_string(),
            "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 86400\n"
        );
    }

    #[test]
    fn known_hosts_fill_what_is_missing() {
        let hosts: [Domain; 2] =
            ["a.example.com".parse().unwrap(), "b.example.net".parse().unwrap()];
        let from_page = corrected_policy(b"<html>version: STSv1 mx: x.example", &hosts).unwrap();
        assert_eq!(
            from_page.to_string(),
            "version: STSv1\nmode: testing\nmx: a.example.com\nmx: b.example.net\nmax_age: 86400\n"
        );
        let half =
            b"version: STSv1\nmode: enforce\nmx: *.example.com\nmx: 192.0.2.1\nmax_age: 604800\n";
        let found = corrected_policy(half, &hosts).unwrap();
        assert_eq!(
            found.mx.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["*.example.com", "b.example.net"]
        );
        assert_eq!(corrected_policy(b"", &[]), None);
        let address = ["192.0.2.1".parse().unwrap()];
        assert_eq!(
            corrected_policy(b"", &address),
            None,
            "an address in an MX record helps nobody"
        );
    }
}
