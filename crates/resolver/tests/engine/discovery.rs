//! First contact, and what is remembered of it (REQUIREMENTS table 7.1 in the code's words:
//! RFC 8461 §3.1 to §3.3, §5.1).

use crate::world::{DAY, Domain, World, ask, ask_in};
use ironpost_proto::mta_sts::discovery::WithoutDns;
use ironpost_resolver::answer::Dialect;
use ironpost_resolver::engine::{Engine, Parts};
use ironpost_resolver::settings::{Override, OverridePolicy, Settings, Testing};
use std::time::Duration;

#[tokio::test]
async fn a_policy_is_fetched_once_and_enforced_to_its_end() {
    let sound = Domain { max_age: 86_400, ..Domain::sound("a") };
    let mut world = World::new(std::slice::from_ref(&sound)).await;
    let engine = world.engine().await;
    let enforced = "OK secure match=mx1.a.example servername=hostname";
    assert_eq!(ask(&engine, "a.example").await, enforced);
    let mut text = String::new();
    assert!(engine.answer_now(Dialect::Postfix34, b"a.example", &mut text).is_some());
    assert_eq!(format!("OK {text}"), enforced, "from memory");
    for key in ["A.EXAMPLE", "a.example.", "a.example:25", "a.example:smtp"] {
        assert_eq!(ask(&engine, key).await, enforced, "{key} is the same next-hop");
    }
    assert_eq!((world.record_lookups("a"), world.fetches("a")), (1, 1));
    // Whatever becomes of record and policy host, the policy holds until its time is over.
    let gone = Domain { record: None, peers: "[https.policy]\nclosed = true\n", ..sound };
    world.change(&gone).await;
    world.clock.advance(DAY.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(ask(&engine, "a.example").await, enforced, "a second before its end");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND", "mail goes on");
}

#[tokio::test]
async fn what_makes_no_policy_makes_no_request() {
    let with = |name, record: Option<&str>| Domain {
        record: record.map(str::to_owned),
        ..Domain::sound(name)
    };
    let several = Domain {
        zone: "@ MX 10 mx1\nmx1 A {mx1}\n_mta-sts TXT \"v=STSv1; id=2;\"\n",
        ..Domain::sound("several")
    };
    let world = World::new(&[
        with("none", None),
        with("malformed", Some("v=STSv1; id=;")),
        with("other", Some("v=spf1 -all")),
        several,
    ])
    .await;
    let engine = world.engine().await;
    for name in ["none", "malformed", "other", "several"] {
        assert_eq!(ask(&engine, &format!("{name}.example")).await, "NOTFOUND", "{name}");
        assert_eq!(world.fetches(name), 0, "{name}");
        assert_eq!(ask(&engine, &format!("{name}.example")).await, "NOTFOUND", "{name}");
        assert_eq!(world.record_lookups(name), 1, "{name}: that there is none is remembered");
    }
}

#[tokio::test]
async fn a_failed_fetch_holds_up_no_mail_and_is_not_repeated_at_once() {
    let mut world = World::new(&[Domain {
        peers: "[https.policy]\nstatus = 500\n",
        ttl: 60,
        ..Domain::sound("a")
    }])
    .await;
    let engine = world.engine().await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
    world.clock.advance(Duration::from_mins(4));
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
    assert_eq!(world.fetches("a"), 1, "five minutes for the same id");
    world.change(&Domain { ttl: 60, ..Domain::sound("a").with_id("2") }).await;
    world.clock.advance(Duration::from_secs(61));
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "another id at once");
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_is_a_matter_of_settings() {
    let faults = "[dns.faults]\n\"_mta-sts\" = \"servfail\"\n";
    let world = World::new(&[Domain { peers: faults, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND", "as RFC 8461 §5.1 reads");
    let mut settings = Settings::default();
    settings.discovery.without_dns = WithoutDns::Defer;
    let cautious = Engine::start(Parts { settings, ..world.parts().await });
    assert_eq!(ask(&cautious, "a.example").await, "TEMP");
}

#[tokio::test]
async fn many_ask_and_one_fetches() {
    let slow = "[https.policy]\nanswer_after_ms = 300\n";
    let world = World::new(&[Domain { peers: slow, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    let asking = (0..200).map(|_| {
        let engine = engine.clone();
        tokio::spawn(async move { ask(&engine, "a.example").await })
    });
    let asking: Vec<_> = asking.collect();
    for answer in asking {
        assert!(answer.await.unwrap().starts_with("OK secure"));
    }
    assert_eq!((world.record_lookups("a"), world.fetches("a")), (1, 1));
}

#[tokio::test]
async fn the_fetch_goes_on_when_the_asker_leaves() {
    let slow = "[https.policy]\nanswer_after_ms = 300\n";
    let world = World::new(&[Domain { peers: slow, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    let asker = ask(&engine, "a.example");
    assert!(tokio::time::timeout(Duration::from_millis(100), asker).await.is_err(), "it leaves");
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    assert_eq!(world.fetches("a"), 1);
}

#[tokio::test]
async fn keys_without_a_policy_ask_nobody() {
    let world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    for key in [".a.example", ".example", "[192.0.2.1]", "[192.0.2.1]:25", "[IPv6:2001:db8::1]"] {
        assert_eq!(ask(&engine, key).await, "NOTFOUND", "{key}");
    }
    assert_eq!(ask(&engine, "a.example:nonsense").await, "PERM");
    assert_eq!(ask(&engine, "").await, "PERM");
    assert_eq!(world.questions("example"), 0);
}

#[tokio::test]
async fn a_subdomain_inherits_nothing() {
    let world = World::new(&[Domain::sound("a")]).await;
    let engine = world.engine().await;
    assert_eq!(ask(&engine, "mail.a.example").await, "NOTFOUND");
    assert_eq!(world.fetches("a"), 0);
}

#[tokio::test]
async fn the_mode_decides() {
    let mode = |name, mode| Domain { mode, ..Domain::sound(name) };
    let world = World::new(&[mode("testing", "testing"), mode("none", "none")]).await;
    let engine = world.engine().await;
    assert_eq!(ask(&engine, "testing.example").await, "NOTFOUND", "nothing is overstated");
    assert_eq!(ask_in(&engine, Dialect::Postfix310, "testing.example").await, "NOTFOUND");
    assert_eq!(ask(&engine, "none.example").await, "NOTFOUND");
    engine.set_settings(Settings { testing: Testing::May, ..Settings::default() });
    let told = ask_in(&engine, Dialect::Postfix310, "testing.example").await;
    assert!(told.starts_with("OK may policy_type=sts"), "{told}");
    assert_eq!(ask(&engine, "testing.example").await, "NOTFOUND", "no words for it before 3.10");
}

#[tokio::test]
async fn a_policy_that_may_not_be_kept_serves_one_delivery() {
    let world = World::new(&[Domain { max_age: 0, ..Domain::sound("a") }]).await;
    let engine = world.engine().await;
    for times in 1..=2 {
        assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
        assert_eq!(world.fetches("a"), times);
    }
}

#[tokio::test]
async fn local_rules_outrank_what_is_published() {
    let world = World::new(&[Domain::sound("a"), Domain::sound("b")]).await;
    let engine = world.engine().await;
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    let rule = |policy| Override { policy: Some(policy), without_dane: false };
    let patterns = vec!["*.elsewhere.example".parse().unwrap()];
    for (policy, expected) in [
        (OverridePolicy::Off, "NOTFOUND"),
        (OverridePolicy::May, "OK may"),
        (OverridePolicy::Encrypt, "OK encrypt"),
        (
            OverridePolicy::Enforce(patterns),
            "OK secure match=.elsewhere.example servername=hostname",
        ),
    ] {
        let overrides = [("a.example".parse().unwrap(), rule(policy))].into();
        engine.set_settings(Settings { overrides, ..Settings::default() });
        assert_eq!(ask(&engine, "a.example").await, expected);
        assert!(ask(&engine, "b.example").await.starts_with("OK secure match=mx1.b.example"));
    }
    engine.set_settings(Settings::default());
    assert!(ask(&engine, "a.example").await.starts_with("OK secure match=mx1.a.example"));
    assert_eq!(world.fetches("a"), 1, "memory was kept");
}
