//! Changes that others get in the way of.

use crate::place::{Place, add, on_both, policy, steps};
use futures_util::future::join_all;
use ironpost_hosting::operations::add::{Elsewhere, First};
use ironpost_hosting::operations::publish::Wanted;
use ironpost_hosting::operations::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{
    Change, Checks, FormerMx, MARGIN, MxSet, Override, Refusal, State,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode};
use ironpost_store::hosting::mx::StoredMx;
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    what_nodes_do_meanwhile_is_in_nobodys_way,
    of_many_at_once_each_is_made,
    what_would_come_to_something_else_is_not_made,
    a_host_that_caches_may_name_is_not_dropped,
);

fn name() -> Domain {
    "a.test".parse().unwrap()
}

async fn publish(desk: &Desk, days: u32, mode: Option<Mode>) -> Result<Prepared, OperationError> {
    let max_age = Some(MaxAge::from_days(days));
    let wanted = Wanted { mode, max_age, mx: Vec::new() };
    let said = Said { why: None, overriding: Override::new("a test") };
    desk.publish(&name(), wanted, &said, &Checks::default()).await
}

async fn what_nodes_do_meanwhile_is_in_nobodys_way(place: Place) {
    let desk = place.desk("default").await;
    let hosted = add(&desk, First::New(policy("testing", 86_400))).await.unwrap();
    let prepared = publish(&desk, 3, None).await.unwrap();
    steps(&desk, &hosted, &[Change::Enter(State::Delegated)]).await;
    steps(&desk, &hosted, &[Change::Show(1), Change::Everywhere(1)]).await;
    let made = desk.carry_out(prepared).await.unwrap();
    assert_eq!(made, desk.hosted(&name()).await.unwrap(), "what was made is what there is");
    assert_eq!(made.life.state, State::Delegated, "and what nodes did stays");
    let latest = made.life.latest().unwrap();
    assert_eq!((latest.number, latest.policy.max_age), (2, MaxAge::from_days(3)));
}

async fn of_many_at_once_each_is_made(place: Place) {
    let desk = place.desk("default").await;
    add(&desk, First::New(policy("testing", 86_400))).await.unwrap();
    let prepared = join_all((2..8).map(|days| publish(&desk, days, None))).await;
    let made = prepared.into_iter().map(|prepared| desk.carry_out(prepared.unwrap()));
    for made in join_all(made).await {
        made.unwrap();
    }
    let life = desk.hosted(&name()).await.unwrap().life;
    let numbers: Vec<_> = life.versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, (1..=7).collect::<Vec<_>>());
    let ids: BTreeSet<_> = life.versions.iter().map(|version| version.id.as_str()).collect();
    assert_eq!(ids.len(), 7, "each has an id of its own");
    let ages: BTreeSet<_> = life.versions.iter().map(|v| v.policy.max_age.as_secs()).collect();
    assert_eq!(ages, (1..8).map(|days| days * 86_400).collect());
}

async fn what_would_come_to_something_else_is_not_made(place: Place) {
    let desk = place.desk("default").await;
    let hosted = add(&desk, First::New(policy("testing", 86_400))).await.unwrap();
    // In mode testing, as it was shown.
    let prepared = publish(&desk, 3, None).await.unwrap();
    let enforce = publish(&desk, 2, Some(Mode::Enforce)).await.unwrap();
    let enforced = desk.carry_out(enforce).await.unwrap();
    let error = desk.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, OperationError::Overtaken(_)), "{error}");
    assert_eq!(desk.hosted(&name()).await.unwrap(), enforced, "nothing of it is written");

    let prepared = publish(&desk, 4, None).await.unwrap();
    steps(&desk, &hosted, &[Change::Cease, Change::Enter(State::Gone)]).await;
    let error = desk.carry_out(prepared.clone()).await.unwrap_err();
    assert!(matches!(error, OperationError::NotHosted(_)), "{error}");
    let anew = add(&desk, First::New(policy("enforce", 86_400))).await;
    assert!(anew.is_err(), "mode enforce is tested first");
    let anew = add(&desk, First::New(policy("testing", 86_400))).await.unwrap();
    let error = desk.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, OperationError::Overtaken(_)), "another hosting: {error}");
    assert_eq!(desk.hosted(&name()).await.unwrap(), anew);
}

/// R11: the MX records were switched in DNS, and now the policy is to follow at once.
async fn a_host_that_caches_may_name_is_not_dropped(place: Place) {
    let desk = place.desk("default").await;
    let enforced = Elsewhere { id: "a".parse().ok(), policy: policy("enforce", 604_800) };
    let (old, new): (DnsName, DnsName) =
        ("mx.a.test".parse().unwrap(), "new.a.test".parse().unwrap());
    assert!(enforced.policy.covers(&old) && !enforced.policy.covers(&new));
    let hosted = add(&desk, First::Adopted(enforced)).await.unwrap();
    steps(&desk, &hosted, &[Change::Everywhere(1), Change::Announce(1)]).await;
    let start = desk.clock.now();
    let seen = |host: &DnsName, former: Vec<FormerMx>| {
        let mx = MxSet { hosts: vec![host.clone()], ttl: 7_200 };
        StoredMx { mx, changed: start, seen: start, former }
    };
    desk.database.put_mx_set(hosted.id, &seen(&old, Vec::new()), None).await.unwrap();

    let wanted = Wanted { mx: vec!["new.a.test".parse().unwrap()], ..Wanted::default() };
    let checks = Checks { mx: Some(vec![new.clone()]), ..Checks::default() };
    let (name, said) = (name(), Said::default());
    let publish = || desk.publish(&name, wanted.clone(), &said, &checks);
    let until = start.after(Duration::from_hours(2)).after(MARGIN);
    let cached = [Refusal::CachedMx { host: old.clone(), until }];
    let is_cached = |error: &OperationError| matches!(error, OperationError::Refused(refused) if refused.0 == cached);
    let error = publish().await.unwrap_err();
    assert!(is_cached(&error), "no node has looked yet: {error}");

    let former = vec![FormerMx { host: old, until }];
    desk.database.put_mx_set(hosted.id, &seen(&new, former), None).await.unwrap();
    place.clock.advance(Duration::from_hours(2));
    let error = publish().await.unwrap_err();
    assert!(is_cached(&error), "a node has: {error}");
    place.clock.advance(MARGIN);
    publish().await.unwrap();
}
