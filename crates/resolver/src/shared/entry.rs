//! A policy as the shared cache holds it: when it was fetched, in milliseconds, a space, its id, a
//! line end, and the policy file.
//!
//! An entry is read as if it came from outside, for so it does: another resolver, perhaps of
//! another version, wrote it, or whoever else may.

use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::{self, MAX_BODY};
use std::time::Duration;

/// The entry for a policy.
pub(super) fn write(cached: &CachedPolicy) -> String {
    let (at, id) = (cached.fetched_at.as_millis(), cached.id.as_str());
    format!("{at} {id}\n{}", cached.policy.compact())
}

/// The policy of an entry, if it is sound and holds at `now`.
pub(super) fn read(entry: &[u8], now: Timestamp) -> Option<CachedPolicy> {
    if entry.len() > MAX_ENTRY {
        return None;
    }
    let end = entry.iter().position(|octet| *octet == b'\n')?;
    let (head, body) = entry.split_at(end);
    let (at, id) = std::str::from_utf8(head).ok()?.split_once(' ')?;
    let cached = CachedPolicy {
        policy: policy::parse(body.get(1..)?).verdict.ok()?,
        id: id.parse().ok()?,
        fetched_at: Timestamp::from_millis(at.parse().ok()?),
    };
    (cached.fetched_at <= latest_fetch(now) && cached.is_valid(now)).then_some(cached)
}

/// The latest time of a fetch that is believed. One from further ahead would outlive its max_age
/// (RFC 8461 §3.2).
pub(super) fn latest_fetch(now: Timestamp) -> Timestamp {
    now.after(CLOCK_SKEW)
}

/// Digits of a time, a space, an id (RFC 8461 §3.1), a line end, and a policy.
pub(super) const MAX_ENTRY: usize = 20 + 1 + 32 + 1 + MAX_BODY;

/// How far the clocks of two resolvers may be apart.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "version:STSv1\nmode:enforce\nmx:mx.a.test\nmax_age:1000";
    const FETCHED: u64 = 5_000_000;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn what_is_written_is_read() {
        let entry = format!("{FETCHED} id1\n{BODY}");
        let cached = read(entry.as_bytes(), at(FETCHED)).unwrap();
        assert_eq!(cached.id.as_str(), "id1");
        assert_eq!(cached.fetched_at, at(FETCHED));
        assert_eq!(write(&cached), entry);
    }

    #[test]
    fn only_a_policy_that_holds_is_read() {
        let entry = format!("{FETCHED} id1\n{BODY}");
        let table = [
            (FETCHED - 300_001, false, "fetched further ahead than clocks are apart"),
            (FETCHED - 300_000, true, "fetched by a clock that is five minutes ahead"),
            (FETCHED + 999_999, true, "the last moment"),
            (FETCHED + 1_000_000, false, "expired"),
        ];
        for (now, expected, what) in table {
            assert_eq!(read(entry.as_bytes(), at(now)).is_some(), expected, "{what}");
        }
    }

    #[test]
    fn what_is_no_entry_is_none() {
        let long_id = format!("{FETCHED} {}\n{BODY}", "a".repeat(33));
        let long_body = format!("{FETCHED} a\n{BODY}\nx:{}", "y".repeat(MAX_BODY));
        let table: &[(&[u8], &str)] = &[
            (b"", "nothing"),
            (b"\n", "a line end"),
            (b"5000000 id1", "no policy"),
            (b"5000000 id1\n", "an empty policy"),
            (b"5000000\nversion:STSv1\nmode:none\nmax_age:1", "no id"),
            (b" id1\nversion:STSv1\nmode:none\nmax_age:1000", "no time"),
            (b"-5 id1\nversion:STSv1\nmode:none\nmax_age:1000", "a negative time"),
            (b"99999999999999999999 id1\nversion:STSv1\nmode:none\nmax_age:1000", "an overflow"),
            (b"5000000 i;d\nversion:STSv1\nmode:none\nmax_age:1000", "an id that is none"),
            (b"5000000 \xff\nversion:STSv1\nmode:none\nmax_age:1000", "no UTF-8"),
            (b"5000000 id1\nversion:STSv1\nmode:enforce\nmax_age:1000", "a policy without mx"),
            (b"5000000 id1\nmx:mx1.x servername=evil", "a policy that is none"),
            (long_id.as_bytes(), "an id too long"),
            (long_body.as_bytes(), "a policy too long"),
        ];
        for (entry, what) in table {
            assert_eq!(read(entry, at(FETCHED)), None, "{what}");
        }
    }
}
