//! Memory that outlives the process (S46).

use crate::world::{DAY, Domain, World, ask, eventually};
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::CachedPolicy;
use ironpost_proto::mta_sts::policy;
use ironpost_store::sender::{Change, StoredPolicy, StoredRoute};

const BLOCKED: &str = "[https.policy]\nclosed = true\n[dns.faults]\n\"_mta-sts\" = \"timeout\"\n\
    \"@\" = \"timeout\"\n\"mx1\" = \"timeout\"\n\"mta-sts\" = \"timeout\"\n";

#[tokio::test]
async fn a_restart_answers_before_the_network_is_up() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine_with_store().await;
    let enforced = ask(&engine, "a.example").await;
    assert!(enforced.starts_with("OK secure"));
    engine.stop().await;
    drop(engine);
    world.change(&Domain { peers: BLOCKED, ..Domain::sound("a") }).await;
    let engine = world.engine_with_store().await;
    let answering = ask(&engine, "a.example");
    let at_once = tokio::time::timeout(std::time::Duration::from_secs(1), answering).await;
    assert_eq!(at_once.expect("no lookup is waited for"), enforced);
}

#[tokio::test]
async fn a_clock_that_was_wrong_for_a_while_forgets_nothing() {
    let mut world = World::new(&[Domain::sound("a"), Domain::sound("b")]).await;
    let engine = world.engine_with_store().await;
    for domain in ["a.example", "b.example", "b.example"] {
        assert!(ask(&engine, domain).await.starts_with("OK secure"));
    }
    world.change(&Domain { record: None, ..Domain::sound("a") }).await;
    world.clock.advance(20 * DAY);
    eventually("b is renewed, as mail goes there", async || world.fetches("b") == 2).await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND", "by this clock it has expired");
    world.clock.set_back(20 * DAY);
    eventually("the policy is in force again", async || {
        ask(&engine, "a.example").await.starts_with("OK secure")
    })
    .await;
}

#[tokio::test]
async fn what_was_purged_does_not_come_back() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine_with_store().await;
    ask(&engine, "a.example").await;
    assert!(engine.purge(&"a.example".parse().unwrap()).await);
    assert!(!engine.purge(&"b.example".parse().unwrap()).await, "never heard of");
    engine.stop().await;
    world.change(&Domain { record: None, ..Domain::sound("a") }).await;
    let engine = world.engine_with_store().await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
}

#[tokio::test]
async fn what_is_of_no_use_any_more_does_not_stay_on_the_disk() {
    let world = World::new(&[]).await;
    let store = world.store().await;
    let now = world.clock.now();
    let domain: ironpost_proto::domain::Domain = "old.example".parse().unwrap();
    let body = b"version: STSv1\nmode: enforce\nmx: mx1.old.example\nmax_age: 60\n";
    let cached = CachedPolicy {
        policy: policy::parse(body).verdict.unwrap(),
        id: "1".parse().unwrap(),
        fetched_at: now,
    };
    let policy = StoredPolicy { domain: domain.clone(), cached, recheck_at: now };
    let route = StoredRoute { next_hop: "old.example".to_owned(), dane: 1, fresh_until: now };
    store.write(&[Change::Policy(policy), Change::Route(route)]).await.unwrap();
    world.clock.advance(DAY);
    let engine = world.engine_with_store().await;
    world.clock.advance(2 * DAY);
    eventually("a route of old is gone", async || {
        store.route("old.example").await.unwrap().is_none()
    })
    .await;
    assert!(store.policy(&domain).await.unwrap().is_some(), "the clock may be wrong");
    world.clock.advance(40 * DAY);
    eventually("a policy of old is gone", async || store.policy(&domain).await.unwrap().is_none())
        .await;
    engine.stop().await;
}
