//! Domains that exist to do harm.

use crate::world::{Domain, World, ask, eventually};
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
