//! The decision table of a sender, row by row (RFC 8461 §3.3, §5.1, §10.2).
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use ironpost_proto::mta_sts::discovery::{
    Alert, Applied, Attempt, Attempts, BACK_OFF, CachedPolicy, Decision, Occasion, Outcome,
    RefreshScope, Settings, Step, Store, Timestamp, TxtLookup, WithoutDns, conclude, next_refresh,
    next_step,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::{self, PolicyId};
use std::time::Duration;

const WEEK: u64 = 7 * 24 * 3600;

fn id(text: &str) -> PolicyId {
    text.parse().unwrap()
}

fn found(text: &str) -> TxtLookup {
    TxtLookup::Found(id(text))
}

fn policy(mode: Mode, max_age: u64) -> Policy {
    let mx = vec!["mx.a.test".parse().unwrap()];
    Policy { mode, max_age: MaxAge::from_secs(max_age), mx, extensions: Vec::new() }
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_millis(secs * 1000)
}

/// A week's policy under id `old`, fetched at 0.
fn cached(mode: Mode) -> CachedPolicy {
    CachedPolicy { policy: policy(mode, WEEK), id: id("old"), fetched_at: at(0) }
}

fn fetch(text: &str) -> Step {
    Step::Fetch(id(text))
}

/// One failed attempt.
fn failed(text: &str, secs: u64) -> Attempts {
    let mut attempts = Attempts::default();
    attempts.record(Attempt { id: id(text), at: at(secs), outcome: Outcome::Failed });
    attempts
}

#[test]
fn what_to_do_on_delivery() {
    const VALID: u64 = 3600;
    const EXPIRED: u64 = WEEK;
    let table = [
        (found("old"), Some(VALID), Step::UseCached, None, "the id is known: no HTTPS"),
        (found("new"), Some(VALID), fetch("new"), None, "a new id"),
        (found("OLD"), Some(VALID), fetch("OLD"), None, "ids are compared with their case"),
        (found("old"), None, fetch("old"), None, "nothing is cached"),
        (found("old"), Some(EXPIRED), fetch("old"), None, "what was cached has expired"),
        (
            TxtLookup::Unusable,
            Some(VALID),
            Step::UseCached,
            Some(Alert::RecordUnusable),
            "a record that is gone does not take the policy with it",
        ),
        (TxtLookup::Unusable, None, Step::NoPolicy, None, "no MTA-STS"),
        (TxtLookup::Unusable, Some(EXPIRED), Step::NoPolicy, None, "no MTA-STS any more"),
        (
            TxtLookup::Failed,
            Some(VALID),
            Step::UseCached,
            Some(Alert::DnsFailure),
            "a DNS failure is not an absence",
        ),
        (
            TxtLookup::Failed,
            None,
            Step::NoPolicy,
            Some(Alert::DnsFailure),
            "deliver, as the RFC reads",
        ),
    ];
    for (txt, age, step, alert, reason) in table {
        let entry = age.map(|_| cached(Mode::Enforce));
        let now = at(age.unwrap_or_default());
        let decision =
            next_step(&txt, entry.as_ref(), &Attempts::default(), Settings::default(), now);
        assert_eq!(decision, Decision { step, alert }, "{reason}");
    }
}

#[test]
fn an_administrator_may_rather_defer_than_deliver_blind() {
    let settings = Settings { without_dns: WithoutDns::Defer, ..Settings::default() };
    let step = |entry: Option<&CachedPolicy>| {
        next_step(&TxtLookup::Failed, entry, &Attempts::default(), settings, at(1)).step
    };
    assert_eq!(step(None), Step::Defer);
    assert_eq!(step(Some(&cached(Mode::Testing))), Step::UseCached);
}

#[test]
fn mode_none_raises_no_alert() {
    for txt in [TxtLookup::Unusable, TxtLookup::Failed] {
        let entry = cached(Mode::None);
        let decision =
            next_step(&txt, Some(&entry), &Attempts::default(), Settings::default(), at(1));
        assert_eq!(decision, Decision { step: Step::UseCached, alert: None });
        let settings = Settings { refresh: RefreshScope::ValidRecord, ..Settings::default() };
        assert_eq!(next_refresh(&txt, &entry, &Attempts::default(), settings, at(1)).alert, None);
    }
}

#[test]
fn a_failed_fetch_is_not_repeated_for_five_minutes_per_id() {
    let failed = failed("new", 100);
    let almost = Timestamp::from_millis(100_000 + 300_000 - 1);
    let after = at(100).after(BACK_OFF);
    let entry = cached(Mode::Enforce);
    let table = [
        ("new", None, almost, Step::NoPolicy, "too soon, and mail does not wait"),
        ("new", Some(&entry), almost, Step::UseCached, "too soon, and a policy is cached"),
        ("new", None, after, fetch("new"), "five minutes later"),
        ("new", Some(&entry), after, fetch("new"), "the update is not forgotten"),
        ("newer", None, almost, fetch("newer"), "another id is another matter"),
        ("newer", Some(&entry), almost, fetch("newer"), "with a cached policy too"),
    ];
    for (txt, entry, now, expected, reason) in table {
        let decision = next_step(&found(txt), entry, &failed, Settings::default(), now);
        assert_eq!(decision, Decision { step: expected, alert: None }, "{reason}");
    }
}

#[test]
fn what_follows_from_a_fetch() {
    let now = at(3600);
    let new = policy(Mode::Testing, WEEK);
    let kept =
        || Store::Replace(CachedPolicy { policy: new.clone(), id: id("new"), fetched_at: now });
    let back_off = || Store::Keep;
    let entry = cached(Mode::Enforce);
    let opted_out = cached(Mode::None);
    let expired = CachedPolicy { policy: policy(Mode::Enforce, 60), ..cached(Mode::Enforce) };
    let failed = Some(Alert::FetchFailed);
    let mail = Occasion::Delivery;
    let refresh = Occasion::Refresh;
    let table = [
        (mail, true, Some(&entry), Applied::New(new.clone()), kept(), None, false, "an update"),
        (mail, true, None, Applied::New(new.clone()), kept(), None, false, "a discovery"),
        (mail, true, Some(&expired), Applied::New(new.clone()), kept(), None, false, "a renewal"),
        (refresh, true, Some(&entry), Applied::New(new.clone()), kept(), None, false, "a refresh"),
        (mail, false, Some(&entry), Applied::Cached, back_off(), failed, true, "the cache holds"),
        (mail, false, Some(&opted_out), Applied::Cached, back_off(), None, false, "mode none"),
        (mail, false, None, Applied::Nothing, back_off(), None, true, "deliver, and report"),
        (mail, false, Some(&expired), Applied::Nothing, back_off(), None, true, "expired"),
        (refresh, false, Some(&entry), Applied::Cached, back_off(), failed, false, "no mail"),
        (refresh, false, Some(&opted_out), Applied::Cached, back_off(), None, false, "opted out"),
    ];
    for (occasion, ok, entry, applied, store, alert, report, reason) in table {
        let fetched = ok.then(|| new.clone());
        let conclusion = conclude(occasion, &id("new"), fetched, entry, now);
        assert_eq!(conclusion.applied, applied, "{reason}");
        assert_eq!(conclusion.store, store, "{reason}");
        assert_eq!(conclusion.alert, alert, "{reason}");
        assert_eq!(conclusion.report, report, "{reason}");
    }
}

#[test]
fn max_age_counts_from_the_fetch_to_the_millisecond() {
    let entry = cached(Mode::Enforce);
    let last = Timestamp::from_millis(WEEK * 1000 - 1);
    assert!(entry.is_valid(last) && !entry.is_valid(at(WEEK)));
    // The same id half-way is no fetch: nothing is stored, so nothing is prolonged.
    let decision = next_step(
        &found("old"),
        Some(&entry),
        &Attempts::default(),
        Settings::default(),
        at(WEEK / 2),
    );
    assert_eq!(decision.step, Step::UseCached);
    assert!(!entry.is_valid(at(WEEK)));
}

#[test]
fn a_max_age_of_zero_serves_one_delivery() {
    let fleeting = policy(Mode::Enforce, 0);
    let entry = cached(Mode::Enforce);
    let conclusion =
        conclude(Occasion::Delivery, &id("new"), Some(fleeting.clone()), Some(&entry), at(1));
    assert_eq!(conclusion.applied, Applied::New(fleeting));
    assert_eq!(conclusion.store, Store::Forget, "and the older policy goes with it");
}

#[test]
fn a_policy_that_expired_during_the_fetch_is_not_applied() {
    let entry = cached(Mode::Enforce);
    let conclusion = conclude(Occasion::Delivery, &id("new"), None, Some(&entry), at(WEEK));
    assert_eq!(conclusion.applied, Applied::Nothing);
}

#[test]
fn the_largest_times_do_not_overflow() {
    let mut entry = cached(Mode::Enforce);
    entry.fetched_at = Timestamp::from_millis(u64::MAX - 1);
    entry.policy.max_age = MaxAge::MAX;
    assert_eq!(entry.expires_at().as_millis(), u64::MAX);
    assert!(entry.is_valid(Timestamp::from_millis(u64::MAX - 1)));
    assert_eq!(at(0).after(Duration::MAX).as_millis(), u64::MAX);
}

#[test]
fn a_refresh_fetches_daily_whatever_the_record_says() {
    let day = 24 * 3600;
    let any = Settings::default();
    let valid = Settings { refresh: RefreshScope::ValidRecord, ..any };
    let gone = TxtLookup::Unusable;
    let dns = TxtLookup::Failed;
    let unusable = Some(Alert::RecordUnusable);
    let dns_failure = Some(Alert::DnsFailure);
    let table = [
        (found("old"), any, day, fetch("old"), None, "unchanged: heals an old body under this id"),
        (found("old"), any, day * 3 / 4 - 1, Step::UseCached, None, "not yet due"),
        (found("new"), any, 1, fetch("new"), None, "a new id is due at once"),
        (gone.clone(), any, day, fetch("old"), None, "the record is gone, the policy is not"),
        (dns.clone(), any, day, fetch("old"), None, "nor if DNS fails"),
        (gone.clone(), any, day * 3 / 4 - 1, Step::UseCached, None, "not yet due either"),
        (gone, valid, day, Step::UseCached, unusable, "if so set, only with its record"),
        (dns, valid, day, Step::UseCached, dns_failure, "and with DNS"),
        (found("old"), valid, day, fetch("old"), None, "as here"),
        (found("old"), any, WEEK, Step::NoPolicy, None, "expired: only its record brings it back"),
    ];
    for (txt, settings, now, step, alert, reason) in table {
        let decision =
            next_refresh(&txt, &cached(Mode::Enforce), &Attempts::default(), settings, at(now));
        assert_eq!(decision, Decision { step, alert }, "{reason}");
    }
}

#[test]
fn a_refresh_waits_out_the_back_off_too() {
    let failed = failed("old", 24 * 3600);
    let entry = cached(Mode::Enforce);
    let step = |now| next_refresh(&found("old"), &entry, &failed, Settings::default(), now).step;
    assert_eq!(step(at(24 * 3600 + 299)), Step::UseCached);
    assert_eq!(step(at(24 * 3600 + 300)), fetch("old"));
}

#[test]
fn a_short_lived_policy_is_refreshed_at_half_its_life() {
    let entry = CachedPolicy { policy: policy(Mode::Enforce, 3600), ..cached(Mode::Enforce) };
    assert!(!entry.is_refresh_due(at(1349)) && entry.is_refresh_due(at(1350)));
}

#[test]
fn one_valid_record_is_the_only_usable_answer() {
    let table: &[(&[&str], TxtLookup)] = &[
        (&["v=STSv1; id=a1;"], found("a1")),
        (&[], TxtLookup::Unusable),
        (&["v=STSv1; id=a1", "v=STSv1; id=b2"], TxtLookup::Unusable),
        (&["v=STSv1; id=a-1"], TxtLookup::Unusable),
    ];
    for (records, expected) in table {
        let rrset: Vec<Vec<u8>> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
        assert_eq!(TxtLookup::from(&record::evaluate(&rrset).outcome), *expected, "{records:?}");
    }
}
