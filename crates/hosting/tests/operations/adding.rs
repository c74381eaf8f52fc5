//! Domains that others asked for, and policies that are there already.

use crate::place::{Place, add, on_both, policy, steps};
use ironpost_hosting::delegation::{FoundElsewhere, LeadsTo, NothingElsewhere};
use ironpost_hosting::operations::add::{Elsewhere, First, NotAdded, Undecided, Wish};
use ironpost_net::policy_source::NoPolicy;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, ELSEWHERE, MARGIN, State, Version, held_until};
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::tls_rpt::result_type::FetchFailure;
use ironpost_proto::visible::Visible;
use std::time::Duration;

on_both!(
    who_only_asked_gives_way_after_an_hour,
    who_only_asked_to_take_over_gives_way_after_a_week,
    who_has_shown_that_a_name_is_theirs_keeps_it,
    what_is_replaced_counts_until_nobody_holds_it,
);

fn first() -> First {
    First::New(policy("testing", 86_400))
}

async fn who_only_asked_gives_way_after_an_hour(place: Place) {
    let (asks, owns) = (place.desk("asks").await, place.desk("owns").await);
    let asked = add(&asks, first()).await.unwrap();
    place.clock.advance(Duration::from_hours(1));
    let error = add(&owns, first()).await.unwrap_err();
    assert!(matches!(error, NotAdded::Taken(_)), "for an hour it is kept: {error}");
    let again = asks.may_add(&asked.name).await.unwrap_err();
    assert!(matches!(again, NotAdded::Hosted(_)), "{again}");
    let error = owns.may_add(&asked.name).await.unwrap_err();
    assert!(matches!(error, NotAdded::Taken(_)), "{error}");
    place.clock.advance(Duration::from_millis(1));
    let again = add(&asks, first()).await.unwrap_err();
    assert!(matches!(again, NotAdded::Hosted(_)), "from the same organisation it is not: {again}");

    let owned = add(&owns, first()).await.unwrap();
    assert_ne!(owned.token, asked.token);
    let gone = asks.last_hosted(&asked.name).await.unwrap();
    let events = asks.events(&gone).await.unwrap();
    assert_eq!((gone.id, gone.life.state), (asked.id, State::Gone));
    assert_eq!(events[0].author.why.as_deref(), Some("another organisation asked for the name"));
    let error = add(&asks, first()).await.unwrap_err();
    assert!(matches!(error, NotAdded::Taken(_)), "{error}");
}

/// Anybody may ask to take over what anybody can fetch.
async fn who_only_asked_to_take_over_gives_way_after_a_week(place: Place) {
    let (asks, owns) = (place.desk("asks").await, place.desk("owns").await);
    let elsewhere = Elsewhere { id: None, policy: policy("enforce", 86_400) };
    let asked = add(&asks, First::Adopted(elsewhere)).await.unwrap();
    steps(&asks, &asked, &[Change::Everywhere(1), Change::Announce(1)]).await;
    place.clock.advance(Duration::from_hours(7 * 24));
    let error = add(&owns, first()).await.unwrap_err();
    assert!(matches!(error, NotAdded::Taken(_)), "{error}");
    place.clock.advance(Duration::from_millis(1));
    let owned = add(&owns, first()).await.unwrap();
    assert_ne!(owned.token, asked.token);
}

async fn who_has_shown_that_a_name_is_theirs_keeps_it(place: Place) {
    let (has, asks) = (place.desk("has").await, place.desk("asks").await);
    let hosted = add(&has, first()).await.unwrap();
    steps(&has, &hosted, &[Change::Enter(State::Delegated)]).await;
    place.clock.advance(Duration::from_hours(9_000));
    let error = add(&asks, first()).await.unwrap_err();
    assert!(matches!(error, NotAdded::Taken(_)), "{error}");
    assert_eq!(has.hosted(&hosted.name).await.unwrap().life.state, State::Delegated);
}

async fn what_is_replaced_counts_until_nobody_holds_it(place: Place) {
    let desk = place.desk("default").await;
    let old = policy("enforce", 1_209_600);
    for id in [Some("there"), None] {
        let elsewhere = Elsewhere { id: id.map(|id| id.parse().unwrap()), policy: old.clone() };
        let new = policy("testing", 86_400);
        let hosted = add(&desk, First::Replacing(elsewhere, new.clone())).await.unwrap();
        let life = &hosted.life;
        let policies: Vec<_> = life.versions.iter().map(|v| (&v.policy, v.elsewhere)).collect();
        assert_eq!(policies, [(&old, true), (&new, false)]);
        assert_eq!(life.shown, Some(1), "what senders know is served until the names lead here");
        assert_ne!(life.versions[0].id, life.versions[1].id);
        assert!(id.is_none_or(|id| life.versions[0].id.as_str() == id));
        assert_eq!(held_until(life, Version::asks), None, "it is served elsewhere");

        let moved = [Change::Enter(State::Delegated), Change::Show(2), Change::Replace(2)];
        steps(&desk, &hosted, &moved).await;
        let life = desk.hosted(&hosted.name).await.unwrap().life;
        let enforces = |version: &Version| version.policy == old;
        let until = desk.clock.now().after(ELSEWHERE).after(old.max_age.duration()).after(MARGIN);
        assert_eq!(held_until(&life, enforces), Some(until), "its max_age counts");
        steps(&desk, &hosted, &[Change::Cease, Change::Enter(State::Gone)]).await;
    }
}

fn found(policy: Policy) -> FoundElsewhere {
    let leads_to = || LeadsTo { name: "old.test".parse().unwrap(), ttl: 60 };
    FoundElsewhere {
        policy,
        id: Some("there".parse().unwrap()),
        record: leads_to(),
        policy_host: leads_to(),
        addresses: Vec::new(),
        reports: None,
    }
}

#[test]
fn what_becomes_of_a_policy_elsewhere_is_decided_by_a_person() {
    let name: Domain = "a.test".parse().unwrap();
    let why =
        || NoPolicy { failure: FetchFailure::Dns, detail: Visible::from("nobody"), address: None };
    let none = "version: STSv1\nmode: none\nmax_age: 86400\n";
    let none = ironpost_proto::mta_sts::policy::parse(none.as_bytes()).verdict.unwrap();
    let enforce = || Ok(found(policy("enforce", 1_209_600)));
    let neither = || Err(NothingElsewhere::Neither(why()));
    let broken = || Err(NothingElsewhere::NoPolicy(why()));
    let taken = "Ok(Some(Elsewhere";
    let table = [
        (enforce(), Wish::None, "Err(Published", "somebody has to say what is to become of it"),
        (enforce(), Wish::TakenOver, taken, "as it is"),
        (enforce(), Wish::Replaced, taken, "and then replaced"),
        (Ok(found(none.clone())), Wish::None, "Ok(None)", "mode none asks nothing of senders"),
        (Ok(found(none)), Wish::TakenOver, "Err(Withdrawn", "nothing to take over"),
        (neither(), Wish::None, "Ok(None)", "there is none"),
        (neither(), Wish::Replaced, "Ok(None)", "there is none"),
        (neither(), Wish::TakenOver, "Err(Nothing", "there is none to take over"),
        (broken(), Wish::None, "Err(Unfetched", "what senders hold is not known"),
        (broken(), Wish::Replaced, "Ok(None)", "somebody takes that upon them"),
        (broken(), Wish::TakenOver, "Err(Nothing", "there is none to take over"),
    ];
    for (found, wish, expected, reason) in table {
        let settled = format!("{:?}", Elsewhere::settle(&name, found, wish));
        assert!(settled.starts_with(expected), "{wish:?}, {reason}: {settled}");
    }
    let told = Elsewhere::settle(&name, enforce(), Wish::None).unwrap_err();
    assert_eq!(
        told,
        Undecided::Published { name, policy: policy("enforce", 1_209_600) },
        "with what it says"
    );
}
