//! What a CA answered: good, or refused with a problem document (RFC 7807, RFC 8555 §6.7).

use super::failure::{Failure, Refusal};
use super::problem::{self, ProblemType};
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderName, StatusCode, header};
use instant_acme::Problem;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::{Duration, UNIX_EPOCH};

/// An answer of HTTP.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

impl Answer {
    /// The answer, unless it refuses. A nonce that was not good is left to the library, which tries
    /// another.
    pub(super) fn judged(self, retry_after: Option<Duration>) -> Result<Self, Failure> {
        let status = self.head.status;
        if status.is_success() {
            return Ok(self);
        }
        let problem = serde_json::from_slice::<Problem>(&self.body).ok();
        let refusal = Refusal {
            status: status.as_u16(),
            problem: problem.as_ref().map(ProblemType::of),
            detail: problem.as_ref().map(problem::words).unwrap_or_default(),
            retry_after,
        };
        match refusal.problem {
            Some(ProblemType::BadNonce) if status == StatusCode::BAD_REQUEST => Ok(self),
            _ => Err(Failure::Refused(refusal)),
        }
    }
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. A date is taken against the date of the
/// answer, so that clocks need not agree.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // More digits than fit are more than any limit.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)).min(MAX_RETRY_AFTER));
    }
    let then = date(value)?;
    let now = time(headers).unwrap_or(now);
    Some(then.since(now).min(MAX_RETRY_AFTER))
}

/// What time it is where the answer comes from.
pub(super) fn time(headers: &HeaderMap) -> Option<Timestamp> {
    dated(headers, &header::DATE)
}

fn dated(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    date(headers.get(name)?.to_str().ok()?)
}

/// RFC 9110 §5.6.7, in any of its three forms.
fn date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok().map(Timestamp::from_millis)
}

/// No limit of a CA looks further back than a week.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(8 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn seconds_and_dates_are_read() {
        let table: [(&str, Option<&str>, Option<u64>, &str); 12] = [
            ("120", None, Some(120), "seconds"),
            (" 0 ", None, Some(0), "at once"),
            ("99999999999999999999999999", None, Some(691_200), "more digits than fit"),
            ("18446744073709551615", None, Some(691_200), "more than a clock can bear"),
            (
                "Thu, 01 Jan 1970 01:00:00 GMT",
                Some("Thu, 01 Jan 1970 00:30:00 GMT"),
                Some(1_800),
                "by its own clock",
            ),
            ("Thu, 01 Jan 1970 01:00:00 GMT", None, Some(3_540), "by ours"),
            ("Thu, 01 Jan 1970 00:00:00 GMT", None, Some(0), "past"),
            (
                "Thursday, 01-Jan-70 01:00:00 GMT",
                Some("Thursday, 01-Jan-70 00:30:00 GMT"),
                Some(1_800),
                "as RFC 850 has it",
            ),
            (
                "Thu Jan  1 01:00:00 1970",
                Some("Thu Jan  1 00:30:00 1970"),
                Some(1_800),
                "as asctime has it",
            ),
            ("Thu, 01 Jan 1970 25:00:00 GMT", None, None, "no time of day"),
            ("soon", None, None, "neither"),
            ("-1", None, None, "no count"),
        ];
        for (value, date, expected, reason) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
            if let Some(date) = date {
                headers.insert(header::DATE, HeaderValue::from_static(date));
            }
            let found = retry_after(&headers, Timestamp::from_millis(60_000));
            assert_eq!(found, expected.map(Duration::from_secs), "{reason}");
        }
    }
}
