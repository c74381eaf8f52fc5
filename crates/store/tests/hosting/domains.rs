//! Domains and their lives.

use crate::place::{Place, added, at, author, first, new_domain, on_both};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Former, Life, MARGIN, Migration, MxSet, State, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::{self, Policy};
use ironpost_store::database::Database;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::domains::{AddError, ChangeError, Hosted};
use ironpost_store::hosting::fetches::LastServed;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::time::Duration;

on_both!(
    a_domain_is_added_and_read_back,
    a_name_is_hosted_once,
    a_name_that_is_gone_is_free_and_its_token_is_not,
    what_was_held_before_is_not_forgotten,
    hostings_that_are_over_can_be_looked_at,
    many_are_added_all_or_none,
    lists_are_pages_in_the_order_of_names,
    a_change_is_what_life_applies,
    of_two_changes_one_is_made,
    what_happened_is_kept,
    reports_go_elsewhere,
);

fn policy(mode: &str, hosts: &[&str]) -> Policy {
    let mx: Vec<_> = hosts.iter().map(|host| format!("mx: {host}")).collect();
    let body = format!("version: STSv1\nmode: {mode}\n{}\nmax_age: 86400\n", mx.join("\n"));
    policy::parse(body.as_bytes()).verdict.unwrap()
}

fn served(domain: DomainId, version: u32, at: Timestamp) -> LastServed {
    LastServed { domain, version, at }
}

fn add(number: u32) -> Change {
    let id = format!("id{number}").parse().unwrap();
    Change::Add { number, id, policy: policy("testing", &["mx.a.test"]) }
}

async fn a_domain_is_added_and_read_back(place: Place) {
    let database = place.open().await;
    let organisation = first(&database).await;
    let mut new = new_domain(organisation, "a.test", 1);
    new.rua = Some("mailto:tls@a.test".into());
    new.way = Way::Pasted;
    let hosted = database.add_domain(&new, &author(), at(7)).await.unwrap();
    assert_eq!(hosted.name, new.name);
    assert_eq!(hosted.token, new.token);
    assert_eq!(hosted.rua, new.rua);
    assert_eq!(hosted.added, at(7));
    assert_eq!(hosted.life, Life::new(Way::Pasted, at(7)));
    assert_eq!(hosted.seq, database.feed().await.unwrap());
    assert_eq!(database.domain(organisation, &new.name).await.unwrap(), Some(hosted.clone()));
    assert_eq!(database.domain_by_id(hosted.id).await.unwrap(), Some(hosted.clone()));
    database.close().await;
    let database = place.open().await;
    assert_eq!(database.domain_by_id(hosted.id).await.unwrap(), Some(hosted));
}

async fn what_was_held_before_is_not_forgotten(place: Place) {
    let database = place.open().await;
    let organisation = first(&database).await;
    let gone = added(&database, "a.test", 1).await;
    let end = [add(1), Change::Show(1), Change::Announce(1), Change::Cease];
    let end = [&end[..], &[Change::Enter(State::Gone)]].concat();
    database.change(&gone, &end, &author(), at(1_000)).await.unwrap();
    database.record_served(&[served(gone.id, 1, at(900))]).await.unwrap();
    let new = new_domain(organisation, "a.test", 2);
    let anew = database.add_domain(&new, &author(), at(2_000)).await.unwrap();
    let former = &anew.life.former;
    assert_eq!(former.ids, ["id1".parse().unwrap()], "R2: never again");
    let held = at(900).after(Duration::from_hours(24)).after(MARGIN);
    assert_eq!(former.held_until, Some(held), "what was served last, its max_age, the margin");
    assert_eq!(database.holder(&new.name).await.unwrap().map(|held| held.id), Some(anew.id));
    let other = added(&database, "b.test", 3).await;
    assert_eq!(other.life.former, Former::default(), "another name");
}

async fn a_name_is_hosted_once(place: Place) {
    let database = place.open().await;
    let ours = first(&database).await;
    let theirs = database.organisation("other", true).await.unwrap().unwrap();
    assert_eq!(database.organisation("unknown", false).await.unwrap(), None);
    added(&database, "a.test", 1).await;
    let again = database.add_domain(&new_domain(ours, "a.test", 2), &author(), at(2)).await;
    assert!(matches!(again, Err(AddError::Hosted)), "{again:?}");
    let taken = database.add_domain(&new_domain(theirs, "a.test", 3), &author(), at(2)).await;
    assert!(matches!(taken, Err(AddError::Taken)), "{taken:?}");
    assert_eq!(database.domain(theirs, &"a.test".parse().unwrap()).await.unwrap(), None);
    let reused = database.add_domain(&new_domain(ours, "b.test", 1), &author(), at(2)).await;
    assert!(matches!(reused, Err(AddError::Store(_))), "a token is used once: {reused:?}");
    assert_eq!(place.sql("SELECT count(*) FROM events").await, "1");
}

async fn a_name_that_is_gone_is_free_and_its_token_is_not(place: Place) {
    let database = place.open().await;
    let theirs = database.organisation("other", true).await.unwrap().unwrap();
    let old = added(&database, "a.test", 1).await;
    database.change(&old, &[Change::Enter(State::Gone)], &author(), at(2)).await.unwrap();
    let name = old.name.clone();
    assert_eq!(database.domain(old.organisation, &name).await.unwrap(), None);
    assert_eq!(database.domain_by_id(old.id).await.unwrap().unwrap().life.state, State::Gone);
    assert_eq!(database.former_tokens(&name).await.unwrap(), [old.token]);
    let again = database.add_domain(&new_domain(theirs, "a.test", 1), &author(), at(3)).await;
    assert!(again.is_err(), "its token belongs to nobody else");
    let new = new_domain(theirs, "a.test", 2);
    let new = database.add_domain(&new, &author(), at(3)).await.unwrap();
    assert_ne!(new.id, old.id);
    let mine = |state| database.domains(old.organisation, state, None, 9);
    assert_eq!(mine(None).await.unwrap(), []);
    assert_eq!(mine(Some(State::Gone)).await.unwrap()[0].id, old.id);
}

async fn many_are_added_all_or_none(place: Place) {
    let database = place.open().await;
    let ours = first(&database).await;
    let many = |count: u64| -> Vec<_> {
        (0..count).map(|n| new_domain(ours, &format!("d{n:05}.test"), n)).collect()
    };
    let before = database.feed().await.unwrap();
    let mut twice = many(5_000);
    twice.push(new_domain(ours, "d00003.test", 9_999));
    let error = database.add_domains(&twice, &author(), at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "d00003.test: the domain is hosted already");
    assert_eq!(database.feed().await.unwrap(), before);
    let ids = database.add_domains(&many(5_000), &author(), at(1)).await.unwrap();
    for place in [0, 1_777, 4_999] {
        let hosted = database.domain_by_id(ids[place]).await.unwrap().unwrap();
        assert_eq!(hosted.name.as_str(), format!("d{place:05}.test"));
        assert_eq!(database.events(hosted.id, 9).await.unwrap()[0].what, "added");
    }
    assert_eq!(database.count_domains(ours).await.unwrap(), [(State::Pending, 5_000)]);
    assert_eq!(database.add_domains(&[], &author(), at(1)).await.unwrap(), []);
}

async fn lists_are_pages_in_the_order_of_names(place: Place) {
    let database = place.open().await;
    let names = ["b.test", "a-z.test", "a.test", "a0.test", "aa.test", "xn--zca.test"];
    for (token, name) in (1..).zip(names) {
        added(&database, name, token).await;
    }
    let organisation = first(&database).await;
    let mut after: Option<Domain> = None;
    let mut listed = Vec::new();
    loop {
        let page = database.domains(organisation, None, after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        listed.extend(page.into_iter().map(|hosted| hosted.name.to_string()));
    }
    let mut expected = names.map(String::from);
    expected.sort();
    assert_eq!(listed, expected, "octets, whatever the locale of a server");
    let name = "aa.test".parse().unwrap();
    let mut hosted = database.domain(organisation, &name).await.unwrap().unwrap();
    for number in 1..=4 {
        let mut changes = vec![add(number), Change::Enter(State::Testing)];
        if number < 3 {
            changes.extend([Change::Show(number), Change::Announce(1)]);
        }
        change(&database, &mut hosted, &changes, u64::from(number)).await;
    }
    let listed = database.domains(organisation, Some(State::Testing), None, 9).await.unwrap();
    let numbers: Vec<_> = listed[0].life.versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [1, 2, 4], "announced, shown, newest");
}

/// Makes changes in the database and in memory.
async fn change(database: &Database, hosted: &mut Hosted, changes: &[Change], now: u64) {
    hosted.seq = database.change(hosted, changes, &author(), at(now)).await.unwrap();
    hosted.life.apply(changes, at(now));
}

/// Lists of changes: any, but that versions are counted and have ids of their own.
fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let number = 1_u32..6;
    let migration = (1_u32..6, any::<Option<u32>>(), any::<u32>()).prop_map(|(wide, at, ttl)| {
        let hosts = vec!["mx.a.test".parse().unwrap(), "mx\\.odd.b.test".parse().unwrap()];
        let switched = at.map(|at| super::place::at(u64::from(at)));
        Migration { from: MxSet { hosts: hosts.clone(), ttl }, to: hosts, wide, switched }
    });
    let change = prop_oneof![
        (0_usize..7).prop_map(|state| Change::Enter(State::ALL[state])),
        Just(add(0)),
        Just(match add(0) {
            Change::Add { number, id, policy } => Change::Adopt { number, id, policy },
            other => other,
        }),
        number.clone().prop_map(Change::Show),
        number.clone().prop_map(Change::Everywhere),
        number.clone().prop_map(Change::Replace),
        number.prop_map(Change::Announce),
        proptest::option::of(migration).prop_map(Change::Migrate),
        Just(Change::Cease),
    ];
    let lists = prop::collection::vec(prop::collection::vec(change, 0..6), 1..6);
    lists.prop_map(|mut lists| {
        let mut next = 1;
        for change in lists.iter_mut().flatten() {
            if let Change::Add { number, id, .. } | Change::Adopt { number, id, .. } = change {
                *number = next;
                *id = format!("id{next}").parse().unwrap();
                next += 1;
            }
        }
        lists
    })
}

/// Whatever the changes, the database says what memory says.
async fn a_change_is_what_life_applies(place: Place) {
    let database = place.open().await;
    let mut runner = TestRunner::deterministic();
    for token in 0..60 {
        let lists = changes().new_tree(&mut runner).unwrap().current();
        let mut hosted = added(&database, &format!("d{token}.test"), token).await;
        for (now, changes) in (10..).zip(&lists) {
            change(&database, &mut hosted, changes, now).await;
            let stored = database.domain_by_id(hosted.id).await.unwrap().unwrap();
            assert_eq!(stored, hosted, "{lists:?}");
        }
    }
}

async fn of_two_changes_one_is_made(place: Place) {
    let database = place.open().await;
    let other = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    let (changes, author) = ([Change::Enter(State::Delegated)], author());
    let outcomes = tokio::join!(
        database.change(&hosted, &changes, &author, at(2)),
        other.change(&hosted, &changes, &author, at(2)),
    );
    let made = match outcomes {
        (Ok(seq), Err(ChangeError::Conflict)) | (Err(ChangeError::Conflict), Ok(seq)) => Some(seq),
        _ => None,
    };
    let feed = database.feed().await.unwrap();
    assert_eq!(Some(feed), made, "one is made, and the other takes no number");
    let late = database.change_rua(&hosted, None, &author, at(3)).await;
    assert!(matches!(late, Err(ChangeError::Conflict)), "{late:?}");
    assert_eq!(database.events(hosted.id, 9).await.unwrap().len(), 2);
}

async fn what_happened_is_kept(place: Place) {
    let database = place.open().await;
    let mut hosted = added(&database, "a.test", 1).await;
    change(&database, &mut hosted, &[add(1), Change::Show(1)], 2).await;
    change(&database, &mut hosted, &[Change::Enter(State::Testing)], 3).await;
    let events = database.events(hosted.id, 3).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.at, &*event.what, event.version)).collect();
    let expected =
        [(at(3), "testing", None), (at(2), "shown", Some(1)), (at(2), "version", Some(1))];
    assert_eq!(told, expected);
    assert!(events.iter().all(|event| event.author == author()));
}

async fn reports_go_elsewhere(place: Place) {
    let database = place.open().await;
    let mut hosted = added(&database, "a.test", 1).await;
    for (now, rua) in [(2, Some("mailto:tls@b.test")), (3, None)] {
        hosted.seq = database.change_rua(&hosted, rua, &author(), at(now)).await.unwrap();
        hosted.rua = rua.map(str::to_owned);
        assert_eq!(database.domain_by_id(hosted.id).await.unwrap(), Some(hosted.clone()));
    }
}

/// What was is told, to whom it belonged.
async fn hostings_that_are_over_can_be_looked_at(place: Place) {
    let database = place.open().await;
    let ours = first(&database).await;
    let theirs = database.organisation("other", true).await.unwrap().unwrap();
    let name: Domain = "a.test".parse().unwrap();
    let gone = [add(1), Change::Show(1), Change::Cease, Change::Enter(State::Gone)];
    let mut expected = Vec::new();
    for (token, organisation) in [(1, ours), (2, theirs), (3, ours)] {
        let new = new_domain(organisation, "a.test", token);
        let hosted = database.add_domain(&new, &author(), at(token)).await.unwrap();
        database.change(&hosted, &gone, &author(), at(10 + token)).await.unwrap();
        expected.insert(0, (organisation, hosted.id));
    }
    let now = database.add_domain(&new_domain(ours, "a.test", 4), &author(), at(20)).await.unwrap();
    expected.insert(0, (ours, now.id));
    added(&database, "b.test", 5).await;
    for organisation in [ours, theirs] {
        let hostings = database.hostings(organisation, &name).await.unwrap();
        let ids: Vec<_> = hostings.iter().map(|hosted| hosted.id).collect();
        let of = expected.iter().filter(|(of, _)| *of == organisation);
        assert_eq!(ids, of.map(|(_, id)| *id).collect::<Vec<_>>(), "the latest first");
        for hosted in hostings {
            let alone = database.domain_by_id(hosted.id).await.unwrap().unwrap();
            assert_eq!(hosted, alone, "with its versions and what was before");
        }
    }
    assert_eq!(database.hostings(ours, &"c.test".parse().unwrap()).await.unwrap(), []);
}
