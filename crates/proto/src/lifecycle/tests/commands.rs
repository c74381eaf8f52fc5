//! What an administrator may do, and what speaks against it.

use super::*;

fn refused(life: &Life, command: &Command, checks: &Checks, now: Timestamp) -> Vec<Refusal> {
    permit(life, command, checks, None, now).err().map_or_else(Vec::new, |refused| refused.0)
}

fn publish_as(mode: Mode, mx: &[&str]) -> Command {
    Command::Publish { id: id("b"), policy: policy(mode, mx) }
}

#[test]
fn enforcement_is_tested_first() {
    let enforce = publish_as(Mode::Enforce, &["mx.a.test"]);
    let never = Refusal::NotTested { from: None };
    let soon = Refusal::NotTested { from: Some(day(2)) };
    let mut empty = Life::new(Way::Cname, day(0));
    assert_eq!(refused(&empty, &enforce, &sound(), day(9)), [never], "nothing was announced");
    let testing = published(Mode::Testing);
    assert_eq!(refused(&testing, &enforce, &sound(), day(1)), [soon], "announced just now");
    assert_eq!(refused(&testing, &enforce, &sound(), day(2)), [], "announced for a day");
    let enforced = published(Mode::Enforce);
    assert_eq!(refused(&enforced, &enforce, &sound(), day(1)), [], "it is enforced already");
    let reason = Override::new("a move from another installation");
    empty.state = State::Delegated;
    let changes = permit(&empty, &enforce, &sound(), reason.as_ref(), day(0)).unwrap();
    assert!(matches!(changes.as_slice(), [Change::Add { number: 1, .. }]), "with a reason");
}

/// What senders made of other hosts says nothing of these; how long they keep a policy does not matter.
#[test]
fn what_is_tested_are_the_mx_patterns() {
    let enforce = |mx: &[&str]| publish_as(Mode::Enforce, mx);
    let begun = |on: u64| vec![Refusal::NotTested { from: Some(day(on + 1)) }];
    let never = || vec![Refusal::NotTested { from: None }];
    let later = |mx: &[&str], days: u32| {
        let mut life = published(Mode::Testing);
        let next = Policy { max_age: MaxAge::from_days(days), ..policy(Mode::Testing, mx) };
        life.apply(&[Change::Add { number: 2, id: id("z"), policy: next }], day(5));
        publish(&mut life, day(5));
        life
    };
    let (one, both): (&[&str], &[&str]) = (&["mx.a.test"], &["mx.a.test", "*.a.test"]);
    let table = [
        (published(Mode::Testing), one, vec![], "the patterns that were tested"),
        (published(Mode::Testing), both, never(), "one more, which was not"),
        (later(one, 30), one, vec![], "a new version with another max_age tests on"),
        (later(both, 7), both, begun(5), "one with another pattern begins anew"),
        (later(&["*.a.test", "mx.a.test"], 7), both, begun(5), "in whatever order"),
        (later(both, 7), one, never(), "what is announced is not what is to be enforced"),
    ];
    for (life, mx, expected, reason) in table {
        assert_eq!(refused(&life, &enforce(mx), &sound(), day(5)), expected, "{reason}");
    }
}

/// What is tested is tested until mode testing ends, whichever way.
#[test]
fn a_withdrawal_ends_the_test() {
    let enforce = |mx: &str| publish_as(Mode::Enforce, &[mx]);
    let withdrawn = |mode| {
        let mut life = published(mode);
        let none = policy(Mode::None, &[]);
        life.apply(&[Change::Add { number: 2, id: id("y"), policy: none }], day(5));
        publish(&mut life, day(5));
        life
    };
    let again = |mode| {
        let mut life = withdrawn(mode);
        let testing = policy(Mode::Testing, &["mx.a.test"]);
        life.apply(&[Change::Add { number: 3, id: id("z"), policy: testing }], day(6));
        publish(&mut life, day(6));
        life
    };
    let never = || vec![Refusal::NotTested { from: None }];
    let from = |on| vec![Refusal::NotTested { from: Some(day(on)) }];
    let (same, other) = ("mx.a.test", "*.a.test");
    let table = [
        (withdrawn(Mode::Testing), same, never(), "what was tested before says nothing"),
        (again(Mode::Testing), same, from(7), "it is tested anew"),
        (withdrawn(Mode::Enforce), same, vec![], "taken back: who enforces it goes on"),
        (withdrawn(Mode::Enforce), other, never(), "this was not enforced before"),
        (again(Mode::Enforce), same, from(7), "testing again is a new test"),
    ];
    for (life, mx, expected, reason) in table {
        assert_eq!(refused(&life, &enforce(mx), &sound(), day(6)), expected, "{reason}");
    }
}

/// R11: a sender may have the MX records of before, and the policy of now.
#[test]
fn hosts_that_caches_may_name_are_kept() {
    let life = published(Mode::Enforce);
    let old = MxSet { hosts: vec![host("old.a.test")], ttl: 7_200 };
    let until = old.forgotten_from(day(5));
    assert_eq!(until, day(5).after(hours(2)).after(MARGIN));
    let former = vec![FormerMx { host: host("old.a.test"), until }];
    let checks = Checks { former, ..sound() };
    let cached = || vec![Refusal::CachedMx { host: host("old.a.test"), until }];
    let (new, both): (&[&str], &[&str]) = (&["mx.a.test"], &["mx.a.test", "old.a.test"]);
    let table = [
        (Mode::Enforce, new, day(5), cached(), "it is dropped at once"),
        (Mode::Enforce, new, until, vec![], "no cache has it any more"),
        (Mode::Enforce, both, day(5), vec![], "it is kept"),
        (Mode::Testing, new, day(5), vec![], "nobody refuses mail in mode testing"),
    ];
    for (mode, mx, now, expected, reason) in table {
        assert_eq!(refused(&life, &publish_as(mode, mx), &checks, now), expected, "{reason}");
    }
    let again = Command::Rollback { id: id("b"), number: 1 };
    assert_eq!(refused(&life, &again, &checks, day(5)), cached(), "nor by a rollback");
    let reason = Override::new("the old host is dead");
    let publish = publish_as(Mode::Enforce, new);
    assert!(permit(&life, &publish, &checks, reason.as_ref(), day(5)).is_ok(), "with a reason");
}

#[test]
fn the_checker_has_its_say() {
    let life = published(Mode::Testing);
    let (mx, bad) = (host("mx.a.test"), host("bad.a.test"));
    let base = sound();
    let unknown = Checks::default();
    let without = |answer| Checks { unknown: Some(answer), ..Checks::default() };
    let failed = without(NoAnswer::Failed("it is away".to_owned()));
    let absent = without(NoAnswer::NoSuchDomain);
    let uncovered = Checks { mx: Some(vec![mx.clone(), bad.clone()]), ..Checks::default() };
    let unsound = Checks { unsound: vec![mx.clone()], ..base.clone() };
    let untested = Checks { untested: vec![mx.clone()], ..base.clone() };
    let table = [
        (&base, vec![], vec![], "all is well"),
        (&unknown, vec![Refusal::MxUnknown(None)], vec![], "nobody says why"),
        (&failed, vec![Refusal::MxUnknown(Some("it is away".to_owned()))], vec![], "DNS failed"),
        (&absent, vec![Refusal::NoSuchDomain], vec![], "no such name"),
        (
            &uncovered,
            vec![Refusal::Uncovered(bad.clone())],
            vec![Refusal::Uncovered(bad)],
            "an MX host without a pattern",
        ),
        (&unsound, vec![Refusal::Unsound(mx.clone())], vec![], "no STARTTLS"),
        (&untested, vec![Refusal::Untested(mx)], vec![], "a host that does not answer"),
    ];
    for (checks, enforce, testing, reason) in table {
        let command = publish_as(Mode::Enforce, &["mx.a.test"]);
        assert_eq!(refused(&life, &command, checks, day(9)), enforce, "enforce: {reason}");
        let command = publish_as(Mode::Testing, &["mx.a.test"]);
        assert_eq!(refused(&life, &command, checks, day(9)), testing, "testing: {reason}");
    }
}

#[test]
fn some_things_no_reason_excuses() {
    let life = published(Mode::Testing);
    let mut gone = life.clone();
    gone.state = State::Gone;
    let good = policy(Mode::Testing, &["mx.a.test"]);
    let long = policy(Mode::Testing, &vec!["a-long-name-of-a-host.a.test"; 3_000]);
    let again = Command::Publish { id: id("a"), policy: good.clone() };
    let table = [
        (&gone, publish_as(Mode::Testing, &["mx.a.test"]), Refusal::Gone, "gone"),
        (&life, again, Refusal::IdUsed(id("a")), "R2"),
        (&life, publish_as(Mode::Testing, &[]), Refusal::NoMx, "no mx"),
        (&life, publish_as(Mode::None, &[]), Refusal::ModeNone, "that is a withdrawal"),
        (&life, Command::Publish { id: id("b"), policy: long }, Refusal::TooLong, "64 KiB"),
        (
            &life,
            Command::Rollback { id: id("b"), number: 7 },
            Refusal::NoSuchVersion(7),
            "no such version",
        ),
        (&life, Command::Narrow { id: id("b") }, Refusal::NotMigrating, "nothing to narrow"),
        (&life, Command::Adopt { id: id("b"), policy: good }, Refusal::TooLateToAdopt, "too late"),
    ];
    let reason = Override::new("because");
    for (life, command, expected, why) in table {
        let refused = permit(life, &command, &sound(), reason.as_ref(), day(9)).unwrap_err();
        assert!(refused.0.contains(&expected), "{why}: {refused}");
        assert!(!refused.may_be_overridden(), "{why}");
    }
    assert_eq!(Override::new(" \n"), None, "a reason that says nothing");
}

#[test]
fn a_withdrawal_is_as_long_as_it_must_be() {
    let withdraw = Command::Withdraw { id: id("b") };
    let empty = Life::new(Way::Cname, day(0));
    let gone = permit(&empty, &withdraw, &Checks::default(), None, day(0)).unwrap();
    assert_eq!(gone, [Change::Cease, Change::Enter(State::Gone)], "nothing was shown");
    let mut life = published(Mode::Enforce);
    let changes = permit(&life, &withdraw, &Checks::default(), None, day(9)).unwrap();
    let [Change::Add { policy, .. }] = changes.as_slice() else { panic!("one version") };
    assert_eq!((policy.mode, policy.max_age), (Mode::None, NONE_MAX_AGE));
    life.apply(&changes, day(9));
    publish(&mut life, day(9));
    let again = Command::Withdraw { id: id("c") };
    assert_eq!(refused(&life, &again, &sound(), day(9)), [Refusal::Withdrawing]);
    let back = Command::Rollback { id: id("c"), number: 1 };
    assert_eq!(refused(&life, &back, &sound(), day(9)), [], "it may come back, enforced");
    let until = Some(day(9).after(MARGIN));
    assert_eq!(
        refused(&life, &Command::Remove, &sound(), day(9)),
        [Refusal::StillHeld { from: until }]
    );
    assert_eq!(refused(&life, &Command::Remove, &sound(), day(10)), [], "nobody holds it");
}

#[test]
fn what_is_published_while_mx_hosts_change_covers_both() {
    let mut life = published(Mode::Testing);
    let from = MxSet { hosts: vec![host("mx.a.test")], ttl: 60 };
    let migrate = Command::Migrate { id: id("b"), to: vec![host("new.test")], from };
    life.apply(&permit(&life, &migrate, &sound(), None, day(2)).unwrap(), day(2));
    let publish = |mx: &[&str]| {
        let policy = policy(Mode::Testing, mx);
        Command::Publish { id: id("c"), policy }
    };
    let old = publish(&["mx.a.test"]);
    let missing = |name| vec![Refusal::Migrating(host(name))];
    assert_eq!(refused(&life, &old, &sound(), day(3)), missing("new.test"));
    assert_eq!(refused(&life, &publish(&["*.a.test", "new.test"]), &sound(), day(3)), []);
    let narrow = Command::Narrow { id: id("c") };
    let switched = Checks { mx: Some(vec![host("new.test")]), ..Checks::default() };
    let soon = |from| vec![Refusal::TooSoonToNarrow { from }];
    assert_eq!(refused(&life, &narrow, &switched, day(3)), soon(None), "not switched");
    life.migration.as_mut().unwrap().switched = Some(day(3));
    let from = day(3).after(LEAST_MX_TTL).after(MARGIN);
    assert_eq!(refused(&life, &narrow, &switched, day(3)), soon(Some(from)), "too soon");
    assert_eq!(refused(&life, &publish(&["new.test"]), &switched, day(3)), missing("mx.a.test"));
    assert_eq!(refused(&life, &publish(&["new.test"]), &switched, from), [], "as good as narrow");
    let changes = permit(&life, &narrow, &switched, None, from).unwrap();
    let narrowed = policy(Mode::Testing, &["new.test"]);
    let add = Change::Add { number: 3, id: id("c"), policy: narrowed };
    assert_eq!(changes, [add, Change::Migrate(None)]);
    let reason = Override::new("the move is off");
    let changes = permit(&life, &old, &sound(), reason.as_ref(), day(3)).unwrap();
    assert!(changes.contains(&Change::Migrate(None)), "an override ends the change");
}

/// A domain that enforces a policy, and changes its MX hosts.
fn migrating(from: &[&str], to: &[&str]) -> (Life, Result<Vec<Change>, Refused>) {
    let mut life = published(Mode::Enforce);
    let hosts = |names: &[&str]| names.iter().map(|name| host(name)).collect::<Vec<_>>();
    let from = MxSet { hosts: hosts(from), ttl: 60 };
    let command = Command::Migrate { id: id("b"), to: hosts(to), from };
    let changes = permit(&life, &command, &Checks::default(), None, day(2));
    life.apply(changes.as_deref().unwrap_or_default(), day(2));
    (life, changes)
}

#[test]
fn a_change_of_mx_hosts_changes_something() {
    let same = migrating(&["mx.a.test", "b.test"], &["b.test", "mx.a.test"]).1.unwrap_err();
    assert_eq!(same.0, [Refusal::NothingToMigrate], "in whatever order");
    for to in [&["mx.a.test", "b.test"][..], &["b.test"]] {
        assert!(migrating(&["mx.a.test"], to).1.is_ok(), "{to:?}");
    }
}

/// Hosts that senders would refuse are no place to move to.
#[test]
fn the_new_mx_hosts_are_checked() {
    let new = host("new.test");
    let from = MxSet { hosts: vec![host("mx.a.test")], ttl: 60 };
    let migrate = Command::Migrate { id: id("b"), to: vec![new.clone()], from };
    let unsound = Checks { unsound: vec![new.clone()], ..Checks::default() };
    let untested = Checks { untested: vec![new.clone()], ..Checks::default() };
    let table = [
        (Mode::Enforce, &unsound, vec![Refusal::Unsound(new.clone())]),
        (Mode::Enforce, &untested, vec![Refusal::Untested(new)]),
        (Mode::Testing, &unsound, vec![]),
    ];
    for (mode, checks, expected) in table {
        assert_eq!(refused(&published(mode), &migrate, checks, day(2)), expected, "{mode}");
    }
}

#[test]
fn a_change_of_mx_hosts_is_broken_off() {
    let (life, _) = migrating(&["mx.a.test"], &["new.test"]);
    let off = Command::BreakOff { id: id("c") };
    let changes = permit(&life, &off, &sound(), None, day(3)).unwrap();
    let before = policy(Mode::Enforce, &["mx.a.test"]);
    let add = Change::Add { number: 3, id: id("c"), policy: before };
    assert_eq!(changes, [add, Change::Migrate(None)]);
    let new = host("new.test");
    let switched = Checks { mx: Some(vec![new.clone()]), ..Checks::default() };
    assert_eq!(refused(&life, &off, &switched, day(3)), [Refusal::Uncovered(new.clone())]);
    let former = vec![FormerMx { host: new.clone(), until: day(4) }];
    let back = Checks { former, ..sound() };
    let cached = Refusal::CachedMx { host: new, until: day(4) };
    assert_eq!(refused(&life, &off, &back, day(3)), [cached], "they were switched, and back");
    assert_eq!(refused(&published(Mode::Enforce), &off, &sound(), day(3)), [Refusal::NotMigrating]);
}
