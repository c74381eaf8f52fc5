//! Until when senders hold what.

use super::*;
use crate::mta_sts::discovery::CachedPolicy;
use proptest::prelude::*;

/// A version that was replaced on day 10.
fn replaced(last_served: Option<Timestamp>, elsewhere: bool) -> Life {
    let mut life = published(Mode::Enforce);
    life.versions[0].elsewhere = elsewhere;
    life.versions[0].last_served = last_served;
    life.versions[0].replaced = Some(day(10));
    life
}

#[test]
fn a_version_is_held_from_its_last_fetch() {
    let table = [
        (Some(day(8)), false, day(15), "seven days from the last fetch"),
        (Some(day(1)), false, day(10), "long expired, but the log is settled after that"),
        (None, false, day(10), "nobody fetched it, and the log is settled after that"),
        (Some(day(12)), false, day(19), "a node that was given up for lost served on"),
        (None, true, day(18), "elsewhere it may have been fetched for another day"),
        (Some(day(2)), true, day(18), "our log does not know of fetches elsewhere"),
    ];
    for (last_served, elsewhere, until, reason) in table {
        let life = replaced(last_served, elsewhere);
        assert_eq!(held_until(&life, Version::asks), Some(until.after(MARGIN)), "{reason}");
    }
}

#[test]
fn what_may_still_be_served_has_no_date() {
    let mut life = published(Mode::Enforce);
    assert_eq!(held_until(&life, Version::asks), None, "it is served");
    life.versions[0].shown = None;
    assert_eq!(held_until(&life, Version::asks), Some(day(0)), "it was never shown");
    life.versions[0].shown = Some(day(1));
    assert_eq!(held_until(&life, |_| false), Some(day(0)), "it is not asked for");
}

#[test]
fn what_is_gone_was_served_until_its_end() {
    let mut life = published(Mode::Enforce);
    life.versions[0].last_served = Some(day(8));
    life.apply(&[Change::Cease, Change::Enter(State::Gone)], day(9));
    assert_eq!(held_until(&life, Version::asks), Some(day(15).after(MARGIN)), "by the log");
    life.versions[0].last_served = None;
    assert_eq!(held_until(&life, Version::asks), Some(day(9).after(MARGIN)), "nobody fetched it");
}

#[test]
fn the_longest_lived_of_all_versions_counts() {
    let mut life = replaced(Some(day(8)), false);
    let short = Policy { max_age: MaxAge::from_days(1), ..policy(Mode::Testing, &["mx.a.test"]) };
    life.apply(&[Change::Add { number: 2, id: id("b"), policy: short }], day(10));
    publish(&mut life, day(10));
    life.versions[1].replaced = Some(day(11));
    life.versions[1].last_served = Some(day(11));
    assert_eq!(held_until(&life, Version::asks), Some(day(15).after(MARGIN)));
}

#[test]
fn a_change_of_mx_hosts_has_its_dates() {
    let mut life = published(Mode::Enforce);
    life.versions[0].last_served = Some(day(2));
    let command = Command::Migrate {
        id: id("b"),
        to: vec![host("new.a.test")],
        from: MxSet { hosts: vec![host("mx.a.test")], ttl: 7_200 },
    };
    life.apply(&permit(&life, &command, &sound(), None, day(2)).unwrap(), day(2));
    let stages = |life: &Life, now| {
        let stages = plan(life, life.migration.as_ref().unwrap(), now);
        stages.iter().map(|stage| (stage.date, stage.done)).collect::<Vec<_>>()
    };
    assert_eq!(stages(&life, day(2)), [(None, false); 4], "nothing is known yet");
    publish(&mut life, day(3));
    let switch = day(9).after(MARGIN);
    let expected = [(Some(day(3)), true), (Some(switch), false), (None, false), (None, false)];
    assert_eq!(stages(&life, day(4)), expected, "a week from the last fetch");
    life.migration.as_mut().unwrap().switched = Some(day(12));
    let narrow = day(12).after(hours(2)).after(MARGIN);
    let expected =
        [(Some(day(3)), true), (Some(switch), true), (Some(day(12)), true), (Some(narrow), false)];
    assert_eq!(stages(&life, day(12)), expected, "two hours for the old MX records");
}

/// Nobody ever held a policy, so that there is nobody to wait for: since ever, and not since 1970.
#[test]
fn what_holds_since_ever_has_no_date() {
    let mut life = Life::new(Way::Cname, day(0));
    let first = policy(Mode::Testing, &["mx.a.test"]);
    life.apply(&[Change::Add { number: 1, id: id("a"), policy: first }], day(0));
    let from = MxSet { hosts: vec![host("mx.a.test")], ttl: 60 };
    let migrate = Command::Migrate { id: id("b"), to: vec![host("new.a.test")], from };
    life.apply(&permit(&life, &migrate, &sound(), None, day(2)).unwrap(), day(2));
    let switch = plan(&life, life.migration.as_ref().unwrap(), day(2))[1];
    assert_eq!(switch, Milestone { what: Stage::MaySwitch, date: None, done: true });
}

/// From, to, what is seen, whether that is it, and why.
type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], bool, &'a str);

/// Where hosts are added, those from before do not say that it is done.
#[test]
fn mx_records_are_switched_once_a_new_host_is_named() {
    let seen = |hosts: &[&str]| MxSet { hosts: hosts.iter().map(|n| host(n)).collect(), ttl: 60 };
    let (adding, moving, less) =
        (&["old.test", "new.test"][..], &["new.test"][..], &["a.test"][..]);
    let table: [Row<'_>; 8] = [
        (&["old.test"], adding, &["old.test"], false, "as before"),
        (&["old.test"], adding, &["old.test", "new.test"], true, "added"),
        (&["old.test"], adding, &["new.test"], true, "alone"),
        (&["old.test"], moving, &["old.test", "new.test"], false, "the old one is there"),
        (&["old.test"], moving, &["new.test"], true, "moved"),
        (&["old.test"], moving, &[], false, "none at all"),
        (&["a.test", "b.test"], less, &["a.test", "b.test"], false, "both are there"),
        (&["a.test", "b.test"], less, &["a.test"], true, "one has gone"),
    ];
    for (from, to, now, is_switched, reason) in table {
        let (from, to) = (seen(from), seen(to).hosts);
        let migration = Migration { from, to, wide: 2, switched: None };
        let seeing = migration.seeing(&seen(now), day(3));
        assert_eq!(seeing.and_then(|seeing| seeing.switched).is_some(), is_switched, "{reason}");
    }
}

#[test]
fn a_proposal_covers_old_and_new_and_keeps_the_rest() {
    let old = policy(Mode::Enforce, &["*.a.test", "other.test"]);
    let hosts = ["mx.a.test", "new.test", "under_score.test", "new.test"].map(host);
    let wide = proposal(&old, &hosts);
    assert_eq!(wide, policy(Mode::Enforce, &["*.a.test", "other.test", "new.test"]));
    assert_eq!(
        migration::narrowed(&wide, &[host("new.test")]),
        policy(Mode::Enforce, &["new.test"])
    );
}

proptest! {
    /// To the millisecond: nobody holds it from then on, and somebody may until then.
    #[test]
    fn dates_are_exact(
        last in 0_u64..1_000_000,
        later in 0_u64..1_000_000,
        max_age in 0_u64..2_000,
        delay in 0_u64..=300_000,
    ) {
        let max_age = MaxAge::from_secs(max_age);
        let mut life = published(Mode::Enforce);
        let version = &mut life.versions[0];
        version.policy.max_age = max_age;
        version.last_served = Some(Timestamp::from_millis(last));
        version.replaced = Some(Timestamp::from_millis(last + later));
        let held = |delay| CachedPolicy {
            policy: version.policy.clone(),
            id: version.id.clone(),
            fetched_at: Timestamp::from_millis(last + delay),
        };
        let (held, slowest) = (held(delay), held(u64::try_from(MARGIN.as_millis()).unwrap()));
        let free = held_until(&life, Version::asks).unwrap();
        prop_assert!(!held.is_valid(free));
        let before = Timestamp::from_millis(free.as_millis() - 1);
        let is_settled = free > Timestamp::from_millis(last + later).after(MARGIN);
        prop_assert_eq!(slowest.is_valid(before), is_settled || later == 0 && max_age.as_secs() > 0);
    }
}
