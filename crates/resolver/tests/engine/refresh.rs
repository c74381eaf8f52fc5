//! What is looked at again, by itself (RFC 8461 §3.3, §10.2).

use crate::world::{DAY, Domain, World, ask, eventually};
use std::time::Duration;

const TTL: Duration = Duration::from_secs(601);

#[tokio::test]
async fn a_change_is_seen_when_the_record_is_due() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "mail goes there");
    world.change(&Domain { mode: "testing", ..Domain::sound("a").with_id("2") }).await;
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "not before its time");
    world.clock.advance(TTL);
    eventually("mode testing, without a question", async || {
        engine.policy(&"a.example".parse().unwrap()).is_some_and(|policy| policy.mode == "testing")
    })
    .await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
    world.change(&Domain::sound("a").with_id("3")).await;
    world.clock.advance(TTL);
    eventually("mode enforce", async || ask(&engine, "a.example").await.starts_with("OK secure"))
        .await;
    assert_eq!(world.fetches("a"), 3);
}

#[tokio::test]
async fn an_unchanged_id_is_no_fetch_and_no_new_lease_of_life() {
    let mut world = World::new(&[Domain { max_age: 4_000, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    ask(&engine, "a.example").await;
    ask(&engine, "a.example").await;
    world.clock.advance(TTL);
    eventually("a second look", async || world.record_lookups("a") == 2).await;
    assert_eq!(world.fetches("a"), 1);
    world
        .change(&Domain {
            record: None,
            peers: "[https.policy]\nclosed = true\n",
            ..Domain::sound("a")
        })
        .await;
    world.clock.advance(Duration::from_secs(4_000 - 601 - 1));
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "until max_age");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND", "counted from the fetch");
}

#[tokio::test]
async fn an_update_that_cannot_be_fetched_changes_nothing_and_is_tried_again() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    let listed = || engine.policy(&"a.example".parse().unwrap()).unwrap();
    ask(&engine, "a.example").await;
    ask(&engine, "a.example").await;
    let broken = Domain {
        peers: "[https.policy.certificate]\nkind = \"expired\"\n",
        ..Domain::sound("a").with_id("2")
    };
    world.change(&broken).await;
    world.clock.advance(TTL);
    eventually("the failure", async || listed().failure.is_some()).await;
    assert_eq!((listed().id.as_str(), listed().mode.as_str()), ("1", "enforce"));
    assert_eq!(listed().failure.as_deref(), Some("sts-webpki-invalid"));
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "the cached one goes on");
    assert!(!engine.status().alerts.is_empty(), "somebody hears of it");
    world.change(&Domain::sound("a").with_id("2")).await;
    world.clock.advance(TTL);
    eventually("the update", async || listed().id == "2").await;
    assert_eq!((listed().failure, engine.status().alerts), (None, vec![]), "all clear");
}

#[tokio::test]
async fn a_policy_is_fetched_daily_whatever_its_record_says() {
    let mut world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    ask(&engine, "a.example").await;
    let before = engine.policy(&"a.example".parse().unwrap()).unwrap();
    world.change(&Domain { record: None, ..Domain::sound("a") }).await;
    world.clock.advance(DAY);
    let report = engine.refresh(&"a.example".parse().unwrap()).await;
    assert!(report.fetched, "{report:?}");
    let after = report.policy.unwrap();
    assert!(after.expires > before.expires && after.id == "1", "max_age counts anew (A5)");
    assert!(
        engine.status().alerts.iter().any(|alert| alert.contains("a.example")),
        "a record that is gone is told of: {:?}",
        engine.status().alerts
    );
}

#[tokio::test]
async fn a_clock_set_back_neither_loses_nor_lengthens() {
    let world = World::new(&[Domain { max_age: 86_400, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    ask(&engine, "a.example").await;
    world.clock.set_back(30 * DAY);
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    let report = engine.refresh(&"a.example".parse().unwrap()).await;
    let fetched = report.policy.unwrap().fetched;
    let now = jiff::Timestamp::from_millisecond(
        i64::try_from(ironpost_net::clock::Clock::now(&*world.clock).as_millis()).unwrap(),
    )
    .unwrap();
    assert!(fetched.parse::<jiff::Timestamp>().unwrap() <= now, "counted in the time there is");
}
