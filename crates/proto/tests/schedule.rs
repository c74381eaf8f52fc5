//! When a sender looks again: at the record, and at the policy (RFC 8461 §3.3, §10.2).
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use ironpost_proto::mta_sts::discovery::{
    BACK_OFF, CachedPolicy, Timestamp, TxtLookup, negative_ttl, recheck_after,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use proptest::prelude::*;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A policy fetched at the epoch.
fn cached(max_age: u64) -> CachedPolicy {
    let mx = vec!["mx.a.test".parse().unwrap()];
    let max_age = MaxAge::from_secs(max_age);
    let policy = Policy { mode: Mode::Enforce, max_age, mx, extensions: Vec::new() };
    CachedPolicy { policy, id: "a".parse().unwrap(), fetched_at: Timestamp::from_millis(0) }
}

fn secs(moment: Timestamp) -> u64 {
    moment.as_millis() / 1000
}

#[test]
fn the_record_of_a_cached_policy_is_looked_at_again_by_its_ttl() {
    let table = [
        (0, 5 * MINUTE, "a TTL of nothing"),
        (MINUTE, 5 * MINUTE, "a short one"),
        (HOUR, HOUR, "as DNS has it"),
        (30 * DAY, DAY, "a month does not hide an update"),
    ];
    for (ttl, expected, reason) in table {
        assert_eq!(recheck_after(Duration::from_secs(ttl)).as_secs(), expected, "{reason}");
    }
    assert_eq!(recheck_after(Duration::MAX).as_secs(), DAY);
}

#[test]
fn the_absence_of_a_policy_is_remembered_within_bounds() {
    let found = TxtLookup::Found("a".parse().unwrap());
    let table = [
        (TxtLookup::Unusable, 0, MINUTE, "no query for each message"),
        (TxtLookup::Unusable, 10 * MINUTE, 10 * MINUTE, "as DNS has it"),
        (TxtLookup::Unusable, DAY, HOUR, "a domain that begins is seen within the hour"),
        (TxtLookup::Failed, 0, 5, "a dead server is spared"),
        (TxtLookup::Failed, HOUR, MINUTE, "but a failure says nothing of the domain"),
        (found.clone(), 0, MINUTE, "the id has to wait, another has not"),
        (found.clone(), 2 * MINUTE, 2 * MINUTE, "nor longer than the record"),
        (found, DAY, 5 * MINUTE, "and then the id is tried again"),
    ];
    for (txt, ttl, expected, reason) in table {
        assert_eq!(negative_ttl(&txt, Duration::from_secs(ttl)).as_secs(), expected, "{reason}");
    }
}

#[test]
fn a_policy_is_refreshed_daily_and_well_before_it_expires() {
    let table = [
        (MaxAge::MAX.as_secs().into(), 18 * HOUR, DAY, "a year: once a day"),
        (7 * DAY, 18 * HOUR, DAY, "a week: once a day"),
        (2 * DAY, 18 * HOUR, DAY, "two days: the same"),
        (DAY, 9 * HOUR, 12 * HOUR, "a day: half-way"),
        (HOUR, 1350, 1800, "an hour: half-way"),
        (10 * MINUTE, 300, 300, "ten minutes: the id may not be fetched sooner"),
        (MINUTE, 300, 300, "a minute: it has expired by then"),
        (0, 300, 300, "nothing to keep"),
    ];
    for (max_age, earliest, latest, reason) in table {
        let cached = cached(max_age);
        assert_eq!(secs(cached.refresh_at(0.0)), earliest, "{reason}");
        assert_eq!(secs(cached.refresh_at(1.0)), latest, "{reason}");
        let due = cached.refresh_at(0.0);
        assert!(cached.is_refresh_due(due), "{reason}");
        let before = Timestamp::from_millis(due.as_millis() - 1);
        assert!(!cached.is_refresh_due(before), "{reason}");
    }
}

#[test]
fn a_refresh_that_failed_is_repeated_the_sooner_the_less_is_left() {
    let cached = cached(7 * DAY);
    let table = [
        (DAY, HOUR, "days are left"),
        (7 * DAY - 4 * HOUR, HOUR / 2, "four hours are left"),
        (7 * DAY - 20 * MINUTE, 5 * MINUTE, "twenty minutes are left: no sooner than this"),
        (8 * DAY, 5 * MINUTE, "nothing is left"),
    ];
    for (secs_now, wait, reason) in table {
        let now = Timestamp::from_millis(secs_now * 1000);
        assert_eq!(cached.retry_at(now, 0.0).since(now).as_secs(), wait, "{reason}");
        assert_eq!(cached.retry_at(now, 1.0).since(now).as_secs(), wait * 5 / 4, "{reason}");
    }
}

#[test]
fn a_clock_that_is_set_back_neither_ends_nor_prolongs_a_policy() {
    let at = |secs: u64| Timestamp::from_millis(secs * 1000);
    let table = [
        (1000, 1000, "now"),
        (1500, 1000, "the past is as it was"),
        (500, 500, "the future is now"),
    ];
    for (now, fetched_at, reason) in table {
        let cached = CachedPolicy { fetched_at: at(1000), ..cached(HOUR) };
        let clamped = cached.clone().clamped(at(now));
        assert_eq!(clamped.fetched_at, at(fetched_at), "{reason}");
        assert_eq!(clamped.policy, cached.policy, "{reason}");
        assert!(clamped.is_valid(at(now)), "{reason}");
    }
}

proptest! {
    #[test]
    fn every_schedule_keeps_its_bounds(
        (max_age, now) in (0_u64..40_000_000, 0_u64..40_000_000),
        jitter in prop_oneof![0.0..=1.0, any::<f64>()],
        ttl in any::<u64>(),
    ) {
        let cached = cached(max_age);
        let refresh = cached.refresh_at(jitter).since(cached.fetched_at);
        prop_assert!(BACK_OFF <= refresh && refresh <= Duration::from_hours(24));
        // Half of its life is left, where that life is longer than two back-offs.
        prop_assert!(max_age < 600 || refresh.as_secs() <= max_age / 2);
        let now = Timestamp::from_millis(now * 1000);
        let retry = cached.retry_at(now, jitter).since(now);
        prop_assert!(BACK_OFF <= retry && retry <= Duration::from_mins(75));
        let ttl = Duration::from_secs(ttl);
        prop_assert!((BACK_OFF..=Duration::from_hours(24)).contains(&recheck_after(ttl)));
        for txt in [TxtLookup::Unusable, TxtLookup::Failed] {
            prop_assert!(negative_ttl(&txt, ttl) <= Duration::from_hours(1));
        }
    }
}
