//! What the installation does by itself.

use super::*;

fn wait(waiting: Waiting) -> Step {
    Step::Wait { waiting, until: None }
}

fn change(changes: &[Change]) -> Step {
    Step::Change(changes.to_vec())
}

#[test]
fn a_domain_goes_from_nothing_to_testing_step_by_step() {
    let mut life = Life::new(Way::Cname, day(0));
    let mut now = seen(&life);
    (now.policy_host, now.record, now.certificate) = (Sight::Unknown, Sight::Elsewhere, false);
    assert_eq!(next_step(&life, &now, day(0)), Step::LookAtDns);
    now.policy_host = Sight::Ours;
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Records), "the record is missing");
    now.record = Sight::Ours;
    let go = |life: &mut Life, now: &Observed, changes: &[Change], reason: &str| {
        assert_eq!(next_step(life, now, day(0)), change(changes), "{reason}");
        life.apply(changes, day(0));
    };
    go(&mut life, &now, &[Change::Enter(State::Delegated)], "both names lead here");
    assert_eq!(next_step(&life, &now, day(0)), Step::OrderCertificate);
    now.certificate = true;
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Publication));
    let testing = policy(Mode::Testing, &["mx.a.test"]);
    life.apply(&[Change::Add { number: 1, id: id("a"), policy: testing }], day(0));
    go(&mut life, &now, &[Change::Show(1)], "there is a certificate");
    now.nodes = Nodes::Behind;
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Nodes));
    now.nodes = Nodes::LiveAgree;
    go(&mut life, &now, &[Change::Everywhere(1)], "a silent node holds nothing up");
    assert_eq!(next_step(&life, &now, day(0)), Step::FetchOwn);
    now.fetched = Some(1);
    go(&mut life, &now, &[Change::Enter(State::Certified)], "the fetch passed");
    let announce = [Change::Announce(1), Change::Enter(State::Testing)];
    go(&mut life, &now, &announce, "the id comes last");
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Nothing));
}

/// The state is as old as its mode, whichever version came last.
#[test]
fn a_new_version_in_the_same_mode_is_no_new_state() {
    let table = [
        (Mode::Testing, vec![], day(1), "the same state goes on"),
        (Mode::Enforce, vec![Change::Enter(State::Enforce)], day(5), "another begins"),
    ];
    for (mode, entered, since, reason) in table {
        let mut life = published(Mode::Testing);
        let next = policy(mode, &["mx.a.test"]);
        life.apply(&[Change::Add { number: 2, id: id("b"), policy: next }], day(5));
        life.apply(&[Change::Show(2), Change::Everywhere(2), Change::Replace(2)], day(5));
        let announced = [vec![Change::Announce(2)], entered].concat();
        let now = seen(&life);
        assert_eq!(next_step(&life, &now, day(5)), change(&announced), "{reason}");
        life.apply(&announced, day(5));
        assert_eq!(life.since, since, "{reason}");
    }
}

#[test]
fn a_record_in_foreign_hands_is_asked_for() {
    let table =
        [(Way::Pasted, wait(Waiting::Paste(id("a")))), (Way::Updated, Step::WriteRecord(id("a")))];
    for (way, asked) in table {
        let mut life = published(Mode::Testing);
        (life.way, life.announced, life.state) = (way, None, State::Certified);
        let mut now = seen(&life);
        now.record = Sight::Unknown;
        assert_eq!(next_step(&life, &now, day(1)), Step::LookAtDns, "is it there?");
        now.record = Sight::Elsewhere;
        assert_eq!(next_step(&life, &now, day(1)), asked, "it is not");
        now.id = Some(id("a"));
        let announce = change(&[Change::Announce(1), Change::Enter(State::Testing)]);
        assert_eq!(next_step(&life, &now, day(1)), announce, "it is there: that is a fact");
        life.apply(&[Change::Announce(1), Change::Enter(State::Testing)], day(1));
        (now.id, now.record) = (Some(id("z")), Sight::Elsewhere);
        assert_eq!(next_step(&life, &now, day(1)), asked, "another id stands there");
        (now.id, now.record) = (None, Sight::Unknown);
        assert_eq!(next_step(&life, &now, day(1)), wait(Waiting::Nothing), "a look that failed");
    }
}

#[test]
fn a_silent_node_keeps_older_versions_in_doubt() {
    let mut life = published(Mode::Enforce);
    let next = policy(Mode::Enforce, &["*.a.test"]);
    life.apply(&[Change::Add { number: 2, id: id("b"), policy: next }, Change::Show(2)], day(2));
    let mut now = seen(&life);
    now.nodes = Nodes::LiveAgree;
    assert_eq!(next_step(&life, &now, day(2)), change(&[Change::Everywhere(2)]));
    now.nodes = Nodes::AllAgree;
    let both = [Change::Everywhere(2), Change::Replace(2)];
    assert_eq!(next_step(&life, &now, day(2)), change(&both));
    life.apply(&both, day(2));
    assert_eq!(life.version(1).unwrap().replaced, Some(day(2)));
    assert_eq!(life.version(2).unwrap().replaced, None);
}

#[test]
fn a_withdrawal_ends_by_itself() {
    let mut life = published(Mode::Enforce);
    life.versions[0].last_served = Some(day(2));
    let none = Policy { mode: Mode::None, ..policy(Mode::None, &[]) };
    life.apply(&[Change::Add { number: 2, id: id("b"), policy: none }], day(3));
    publish(&mut life, day(3));
    assert_eq!(life.state, State::Withdrawing);
    let end = day(9).after(MARGIN);
    let before = Timestamp::from_millis(end.as_millis() - 1);
    let wait = Step::Wait { waiting: Waiting::Senders, until: Some(end) };
    let gone = change(&[Change::Cease, Change::Enter(State::Gone)]);
    let mut now = seen(&life);
    assert_eq!(next_step(&life, &now, before), wait);
    assert_eq!(next_step(&life, &now, end), gone);
    (now.policy_host, now.record, now.certificate) = (Sight::Elsewhere, Sight::Elsewhere, false);
    assert_eq!(next_step(&life, &now, end), gone, "whoever took the names away already");
}

#[test]
fn mx_records_that_are_switched_are_noticed() {
    let mut life = published(Mode::Enforce);
    let from = MxSet { hosts: vec![host("mx.a.test")], ttl: 60 };
    let migration = Migration { from, to: vec![host("new.test")], wide: 1, switched: None };
    life.migration = Some(migration.clone());
    let mut now = seen(&life);
    let longer = MxSet { ttl: 3_600, ..migration.from.clone() };
    let longer = Migration { from: longer, ..migration.clone() };
    let step = change(&[Change::Migrate(Some(longer.clone()))]);
    assert_eq!(next_step(&life, &now, day(2)), step, "a longer TTL is remembered");
    life.migration = Some(longer.clone());
    assert_eq!(next_step(&life, &now, day(2)), wait(Waiting::Senders));
    now.mx = Some(MxSet { hosts: vec![host("new.test")], ttl: 3_600 });
    let switched = Migration { switched: Some(day(2)), ..longer.clone() };
    let step = change(&[Change::Migrate(Some(switched.clone()))]);
    assert_eq!(next_step(&life, &now, day(2)), step);
    life.migration = Some(switched);
    let until = Some(day(2).after(LEAST_MX_TTL).after(MARGIN));
    let caches = Step::Wait { waiting: Waiting::MxCaches, until };
    assert_eq!(next_step(&life, &now, day(2)), caches);
    assert_eq!(next_step(&life, &now, day(3)), wait(Waiting::Narrowing));
    now.mx = Some(MxSet { hosts: vec![host("new.test"), host("mx.a.test")], ttl: 60 });
    let back = change(&[Change::Migrate(Some(longer))]);
    assert_eq!(next_step(&life, &now, day(3)), back, "an old host is back");
}

#[test]
fn a_policy_from_elsewhere_is_announced_before_anything_leads_here() {
    let mut life = Life::new(Way::Cname, day(0));
    let adopt = Command::Adopt { id: id("x1"), policy: policy(Mode::Enforce, &["mx.a.test"]) };
    life.apply(&permit(&life, &adopt, &Checks::default(), None, day(0)).unwrap(), day(0));
    let mut now = seen(&life);
    (now.policy_host, now.record, now.certificate) = (Sight::Elsewhere, Sight::Elsewhere, false);
    let changes = [Change::Everywhere(1), Change::Announce(1)];
    assert_eq!(next_step(&life, &now, day(0)), change(&changes));
    life.apply(&changes, day(0));
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Records));
    let withdraw = Command::Withdraw { id: id("x2") };
    let refused = permit(&life, &withdraw, &Checks::default(), None, day(0)).unwrap_err();
    assert_eq!(refused.0, [Refusal::NotTakenOver]);
    (now.policy_host, now.record, now.certificate) = (Sight::Ours, Sight::Ours, true);
    for state in [State::Delegated, State::Certified, State::Enforce] {
        let step = change(&[Change::Enter(state)]);
        assert_eq!(next_step(&life, &now, day(0)), step, "{state:?}");
        life.apply(&[Change::Enter(state)], day(0));
    }
    assert_eq!(next_step(&life, &now, day(0)), wait(Waiting::Nothing));
}
