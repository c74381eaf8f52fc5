//! What attempts of the past hold back (RFC 8461 §3.3), whatever ids a TXT record goes through.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use ironpost_proto::mta_sts::discovery::{
    Attempt, Attempts, BACK_OFF, CachedPolicy, MAX_IDS, Occasion, Outcome, Settings, Timestamp,
    TxtLookup, conclude, next_refresh, next_step,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::PolicyId;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

fn id(number: usize) -> PolicyId {
    format!("id{number}").parse().unwrap()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_millis(secs * 1000)
}

fn fetched(secs: u64) -> Outcome {
    Outcome::Fetched(MaxAge::from_secs(secs))
}

fn tried(number: usize, secs: u64, outcome: Outcome) -> Attempt {
    Attempt { id: id(number), at: at(secs), outcome }
}

fn attempts(list: impl IntoIterator<Item = Attempt>) -> Attempts {
    let mut attempts = Attempts::default();
    list.into_iter().for_each(|attempt| attempts.record(attempt));
    attempts
}

#[test]
fn an_id_waits_for_its_own_last_attempt() {
    const WEEK: u64 = 7 * 24 * 3600;
    let failed = Outcome::Failed;
    let table = [
        (failed, 1000, true, false, "at once"),
        (failed, 1299, true, false, "a second too soon"),
        (failed, 1300, true, true, "five minutes later"),
        (fetched(WEEK), 1299, true, false, "a success holds back as well"),
        (fetched(WEEK), 1300, true, true, "no longer than a failure"),
        (fetched(60), 1059, true, false, "a policy of a minute holds"),
        (fetched(60), 1060, true, true, "and is over"),
        (fetched(0), 1000, true, true, "a policy that may not be kept at all"),
        (failed, 1000, false, true, "another id is another matter"),
        (failed, 701, true, false, "a clock set back by a little"),
        (failed, 700, true, true, "a clock set back by five minutes: the future counts as none"),
        (fetched(0), 999, true, false, "what was fetched in the future is not over"),
    ];
    for (outcome, now, same, allowed, reason) in table {
        let attempts = attempts([tried(1, 1000, outcome)]);
        assert_eq!(attempts.allow(&id(if same { 1 } else { 2 }), at(now)), allowed, "{reason}");
    }
}

#[test]
fn ids_that_alternate_are_each_held_back() {
    let attempts = attempts([
        tried(1, 0, Outcome::Failed),
        tried(2, 1, fetched(86_400)),
        tried(3, 2, Outcome::Failed),
    ]);
    for number in 1..=3 {
        assert!(!attempts.allow(&id(number), at(299)), "id{number}");
    }
    assert!(attempts.allow(&id(1), at(300)) && !attempts.allow(&id(2), at(300)));
    assert_eq!(attempts.last(&id(2)), Some(&tried(2, 1, fetched(86_400))));
    let order: Vec<_> = attempts.newest_first().map(|attempt| attempt.id.clone()).collect();
    assert_eq!(order, [id(3), id(2), id(1)]);
}

#[test]
fn a_full_table_lets_no_further_id_through() {
    let full = attempts((0..MAX_IDS).map(|n| tried(n, n as u64, Outcome::Failed)));
    assert!(!full.allow(&id(99), at(299)), "so many ids in five minutes are an attack");
    assert!(full.allow(&id(99), at(300)), "the oldest of them is five minutes old");
    let short = attempts((0..MAX_IDS).map(|n| tried(n, 0, fetched(0))));
    assert!(short.allow(&id(0), at(1)), "an id that is among them takes no further place");
    assert!(!short.allow(&id(99), at(1)), "a short max_age does not make room for another");
}

#[test]
fn only_the_last_attempt_for_an_id_is_remembered() {
    let attempts = attempts([tried(1, 0, fetched(0)), tried(1, 1, Outcome::Failed)]);
    assert_eq!(attempts.newest_first().count(), 1);
    assert!(!attempts.allow(&id(1), at(2)));
}

#[test]
fn what_holds_nothing_back_is_forgotten() {
    let mut past = attempts([tried(1, 0, Outcome::Failed), tried(2, 200, Outcome::Failed)]);
    past.forget_old(at(300));
    assert_eq!(past.newest_first().count(), 1);
    past.forget_old(at(500));
    assert_eq!(past, Attempts::default());
    let mut ahead = attempts([tried(1, 5000, Outcome::Failed)]);
    ahead.forget_old(at(100));
    assert!(ahead.allow(&id(1), at(5000)), "nor does it come back with its moment");
}

#[test]
fn no_attempts_cost_a_word() {
    assert_eq!(size_of::<Attempts>(), size_of::<usize>());
}

/// What an attacker makes a sender look at: after how many seconds, which id, and what comes of
/// the fetch if there is one.
fn lookups() -> impl Strategy<Value = Vec<(u64, usize, Outcome)>> {
    let max_age = prop_oneof![Just(0), 1_u64..400, Just(86_400)];
    let outcome = prop_oneof![Just(Outcome::Failed), max_age.prop_map(fetched)];
    vec((0_u64..90, 0_usize..24, outcome), 1..120)
}

fn attempt() -> impl Strategy<Value = (u64, usize, Outcome)> {
    let max_age = prop_oneof![Just(0), 1_u64..400, Just(86_400)];
    let outcome = prop_oneof![Just(Outcome::Failed), max_age.prop_map(fetched)];
    (0_u64..900, 0_usize..4, outcome)
}

proptest! {
    #[test]
    fn no_id_is_fetched_too_soon_and_never_too_many(lookups in lookups()) {
        let mut attempts = Attempts::default();
        let mut last: HashMap<usize, (u64, Outcome)> = HashMap::new();
        let mut now = 1000;
        for (gap, number, outcome) in lookups {
            now += gap;
            if !attempts.allow(&id(number), at(now)) {
                continue;
            }
            if let Some((before, outcome)) = last.insert(number, (now, outcome)) {
                let hold = match outcome {
                    Outcome::Failed => BACK_OFF,
                    Outcome::Fetched(max_age) => BACK_OFF.min(max_age.duration()),
                };
                prop_assert!(at(now) >= at(before).after(hold), "id{number} at {before} and {now}");
            }
            attempts.record(tried(number, now, outcome));
            let recent = last.values().filter(|(before, _)| now - before < BACK_OFF.as_secs());
            prop_assert!(recent.count() <= MAX_IDS);
            prop_assert!(attempts.newest_first().count() <= MAX_IDS);
        }
    }

    #[test]
    fn forgetting_allows_nothing_new(
        mut list in vec(attempt(), 0..12),
        later in 0_u64..600,
        number in 0_usize..4,
    ) {
        list.sort_by_key(|(secs, ..)| *secs);
        let now = list.last().map_or(0, |(secs, ..)| *secs) + later;
        let known = attempts(list.into_iter().map(|(secs, n, outcome)| tried(n, secs, outcome)));
        let mut kept = known.clone();
        kept.forget_old(at(now));
        for then in [now, now + 100, now + 300] {
            prop_assert_eq!(kept.allow(&id(number), at(then)), known.allow(&id(number), at(then)));
        }
    }

    /// Decisions depend on distances in time alone, on which the search for an attack relies.
    #[test]
    fn decisions_do_not_depend_on_the_date(
        mut list in vec(attempt(), 0..6),
        (age, max_age, number) in (0_u64..1200, 0_u64..1200, 0_usize..4),
        (looked, shift) in (0_usize..6, 0_u64..4_000_000_000),
    ) {
        list.sort_by_key(|(secs, ..)| *secs);
        let mx = vec!["mx.a.test".parse().unwrap()];
        let max_age = MaxAge::from_secs(max_age);
        let policy = Policy { mode: Mode::Enforce, max_age, mx, extensions: Vec::new() };
        let txt = match looked {
            4 => TxtLookup::Unusable,
            5 => TxtLookup::Failed,
            number => TxtLookup::Found(id(number)),
        };
        let decide = |shift: u64| {
            let now = at(2000 + shift);
            let cached = CachedPolicy {
                policy: policy.clone(),
                id: id(number),
                fetched_at: at(2000 + shift - age),
            };
            let tried = |&(secs, n, outcome): &_| tried(n, 1000 + shift + secs, outcome);
            let attempts = attempts(list.iter().map(tried));
            let settings = Settings::default();
            (
                next_step(&txt, Some(&cached), &attempts, settings, now),
                next_refresh(&txt, &cached, &attempts, settings, now),
                conclude(Occasion::Delivery, &id(9), None, Some(&cached), now).applied,
            )
        };
        prop_assert_eq!(decide(0), decide(shift));
    }

    #[test]
    fn a_policy_never_outlives_its_max_age_from_the_moment_the_jump_is_noticed(
        (fetched_at, now, max_age) in (0_u64..9999, 0_u64..9999, 0_u64..9999),
    ) {
        let mx = vec!["mx.a.test".parse().unwrap()];
        let max_age = MaxAge::from_secs(max_age);
        let policy = Policy { mode: Mode::Enforce, max_age, mx, extensions: Vec::new() };
        let cached = CachedPolicy { policy, id: id(1), fetched_at: at(fetched_at) };
        let clamped = cached.clone().clamped(at(now));
        prop_assert!(clamped.expires_at() <= at(now).after(max_age.duration()));
        prop_assert!(clamped.expires_at() <= cached.expires_at());
        // What was valid is not lost by it.
        prop_assert!(!cached.is_valid(at(now)) || max_age.duration() == Duration::ZERO
            || clamped.is_valid(at(now)));
    }
}
