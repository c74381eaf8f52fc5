//! What an administrator can do.

use crate::world::{Domain, World, ask, eventually};
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::CachedPolicy;
use ironpost_proto::mta_sts::policy;
use std::time::Duration;

#[tokio::test]
async fn a_refresh_fetches_now_but_never_twice_in_five_minutes() {
    let world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    let domain = "a.example".parse().unwrap();
    let report = engine.refresh(&domain).await;
    assert!(report.fetched && report.policy.is_some(), "{report:?}");
    let report = engine.refresh(&domain).await;
    assert!(!report.fetched && report.policy.is_some(), "{report:?}");
    world.clock.advance(Duration::from_mins(5));
    assert!(engine.refresh(&domain).await.fetched);
    assert_eq!(world.fetches("a"), 2);
    let report = engine.refresh(&"nowhere.example".parse().unwrap()).await;
    assert!(!report.fetched && report.policy.is_none(), "{report:?}");
}

#[tokio::test]
async fn what_is_taken_over_holds_from_its_own_fetch() {
    let world = World::new(&[Domain { record: None, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    let text = b"version: STSv1\nmode: enforce\nmx: mx1.a.example\nmax_age: 3600\n";
    let cached = |fetched_at| CachedPolicy {
        policy: policy::parse(text).verdict.unwrap(),
        id: "elsewhere".parse().unwrap(),
        fetched_at,
    };
    let domain = "a.example".parse().unwrap();
    let now = world.clock.now();
    assert!(engine.import(&domain, &cached(now)));
    assert!(!engine.import(&domain, &cached(now)), "there is one");
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    world.clock.advance(Duration::from_hours(1));
    assert!(!engine.import(&domain, &cached(now)), "expired");
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
}

#[tokio::test]
async fn listings_show_every_policy_once() {
    let names = ["a", "b", "c", "d", "e"];
    let domains: Vec<_> = names.into_iter().map(Domain::sound).collect();
    let world = World::new(&domains).await;
    let engine = world.engine().await;
    for name in names {
        ask(&engine, &format!("{name}.example")).await;
    }
    ask(&engine, "nothing.example").await;
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = engine.list(last.as_ref(), 2);
        let Some(end) = page.last() else { break };
        last = Some(end.domain.parse().unwrap());
        found.extend(page.into_iter().map(|policy| policy.domain));
    }
    found.sort_unstable();
    assert_eq!(found, names.map(|name| format!("{name}.example")));
    let status = engine.status();
    assert_eq!((status.enforce, status.without_policy), (5, 1));
    assert_eq!((status.lookups, status.from_memory, status.fetches), (6, 0, 5));
}

#[tokio::test]
async fn what_is_purged_while_a_fetch_fails_is_looked_for_anew() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    let slow = "[https.policy]\nanswer_after_ms = 300\nstatus = 503\n";
    world.change(&Domain { peers: slow, ..Domain::sound("a").with_id("2") }).await;
    let domain: ironpost_proto::domain::Domain = "a.example".parse().unwrap();
    let refreshing = tokio::spawn({
        let (engine, domain) = (engine.clone(), domain.clone());
        async move { engine.refresh(&domain).await }
    });
    eventually("a fetch under way", async || world.fetches("a") == 2).await;
    assert!(engine.purge(&domain).await);
    assert!(!refreshing.await.unwrap().fetched);
    world.change(&Domain::sound("a").with_id("3")).await;
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "not known to have none");
}
