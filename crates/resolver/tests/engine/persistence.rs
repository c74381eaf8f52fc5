//! Memory that outlives the process (S46).

use crate::world::{Domain, World, ask};

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
