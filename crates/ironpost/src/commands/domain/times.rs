//! Moments and spans for people.

use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// A moment in UTC to the second: `2026-05-01T12:00:00Z`.
pub(crate) fn stamp(moment: Timestamp) -> String {
    let seconds = i64::try_from(moment.as_millis() / 1_000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| "later than any clock tells".to_owned(), |moment| moment.to_string())
}

/// A span in its two largest units: `13 days 4 hours`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 && parts.len() < 2 {
            let plural = if count == 1 { "" } else { "s" };
            parts.push(format!("{count} {unit}{plural}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { "less than a second".to_owned() } else { parts.join(" ") }
}

/// A moment, and how far away it is.
pub(crate) fn from_now(moment: Timestamp, now: Timestamp) -> String {
    if moment > now {
        format!("{} (in {})", stamp(moment), span(moment.since(now)))
    } else {
        format!("{} ({} ago)", stamp(moment), span(now.since(moment)))
    }
}

const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_are_read_by_people() {
        let table = [
            (0, "less than a second"),
            (1, "1 second"),
            (61, "1 minute 1 second"),
            (7_200, "2 hours"),
            (90_061, "1 day 1 hour"),
            (1_209_600, "14 days"),
        ];
        for (seconds, expected) in table {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
        let (now, then) = (Timestamp::from_millis(0), Timestamp::from_millis(60_500));
        assert_eq!(from_now(then, now), "1970-01-01T00:01:00Z (in 1 minute)");
        assert_eq!(from_now(now, then), "1970-01-01T00:00:00Z (1 minute ago)");
    }
}
