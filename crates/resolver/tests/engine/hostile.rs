//! Domains that exist to do harm.

use crate::world::{Domain, World, ask, eventually};
use futures_util::future::join_all;
use ironpost_resolver::answer::Dialect;
use ironpost_resolver::engine::{Engine, Parts};

/// Takes the request and never answers.
const SILENT: &str = "[https.policy]\nsilent = true\n";

#[tokio::test]
async fn a_policy_host_that_never_answers_holds_up_no_domain_without_a_policy() {
    let world = World::new(&[
        Domain { peers: SILENT, ..Domain::sound("hostile") },
        Domain { record: None, ..Domain::sound("honest") },
    ])
    .await;
    let engine = Engine::start(Parts { in_flight: 1, ..world.parts().await });
    let hostile = tokio::spawn({
        let engine = engine.clone();
        async move { ask(&engine, "hostile.example").await }
    });
    eventually("the only place is taken", async || world.fetches("hostile") == 1).await;
    assert_eq!(ask(&engine, "honest.example").await, "NOTFOUND");
    assert!(!hostile.is_finished(), "it is still waited for");
    hostile.abort();
}

#[tokio::test]
async fn lookups_without_end_are_put_off_before_memory_runs_out() {
    let silent = "[dns.faults]\n\"@ MX\" = \"timeout\"\n";
    let world = World::new(&[Domain { peers: silent, ..Domain::sound("hostile") }]).await;
    let engine = Engine::start(Parts { in_flight: 1, ..world.parts().await });
    let asking = (1..=1_100).map(async |port| {
        let (key, mut text) = (format!("hostile.example:{port}"), String::new());
        engine.answer(Dialect::Postfix34, key.as_bytes(), &mut text).await;
        text
    });
    let answers = join_all(asking).await;
    let put_off = answers.iter().filter(|text| text.contains("too much")).count();
    assert_eq!(put_off, 1_100 - 1_024);
}
