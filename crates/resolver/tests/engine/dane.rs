//! DANE first (RFC 7672 §2.2, RFC 8461 §2).

use crate::world::{Domain, World, ask, eventually};
use ironpost_resolver::settings::{Override, Settings};
use std::time::Duration;

const SECURE: &str = "[dns]\ndnssec = \"secure\"\n";
const BOGUS: &str = "[dns]\ndnssec = \"secure\"\n[dns.faults]\n\"_25._tcp.mx1\" = \"bogus\"\n";
const BOGUS_MX: &str = "[dns]\ndnssec = \"secure\"\n[dns.faults]\n\"@\" = \"bogus\"\n";

fn domain(name: &'static str, tlsa: &'static str, peers: &'static str) -> Domain {
    Domain { zone: tlsa, peers, ..Domain::sound(name) }
}

const SOUND_TLSA: &str = "@ MX 10 mx1\nmx1 A {mx1}\n_25._tcp.mx1 TLSA 3 1 1 {spki-sha256:mx1}\n";
const UNUSABLE_TLSA: &str = "@ MX 10 mx1\nmx1 A {mx1}\n_25._tcp.mx1 TLSA 1 1 1 {spki-sha256:mx1}\n";
const NO_TLSA: &str = "@ MX 10 mx1\nmx1 A {mx1}\n";

#[tokio::test]
async fn dane_comes_first() {
    let world = World::new(&[
        domain("both", SOUND_TLSA, SECURE),
        domain("unsigned", SOUND_TLSA, ""),
        domain("signed", NO_TLSA, SECURE),
        domain("unusable", UNUSABLE_TLSA, SECURE),
        domain("bogus", SOUND_TLSA, BOGUS),
        domain("bogus-mx", SOUND_TLSA, BOGUS_MX),
        Domain { record: None, ..domain("alone", SOUND_TLSA, SECURE) },
        Domain { mode: "testing", ..domain("tested", SOUND_TLSA, SECURE) },
    ])
    .await;
    let engine = world.engine().await;
    for (name, expected, reason) in [
        ("both", "OK dane-only", "every host has usable TLSA records"),
        ("unsigned", "OK secure", "TLSA records of an unsigned zone are none"),
        ("signed", "OK secure", "DANE is proven absent"),
        ("unusable", "OK secure", "TLS is mandatory, and the policy still holds (S68)"),
        ("bogus", "TEMP", "fail closed (S67)"),
        ("bogus-mx", "TEMP", "fail closed"),
        ("alone", "OK dane-only", "without a policy too"),
        ("tested", "OK dane-only", "DANE is not tested"),
    ] {
        let answer = ask(&engine, &format!("{name}.example")).await;
        assert!(answer.starts_with(expected), "{name}: {answer}: {reason}");
    }
    let off = Override { policy: None, without_dane: true };
    let overrides = [("both.example".parse().unwrap(), off)].into();
    engine.set_settings(Settings { overrides, ..Settings::default() });
    assert!(ask(&engine, "both.example").await.starts_with("OK secure"), "by local decision");
    engine.set_settings(Settings { dane: false, ..Settings::default() });
    assert!(ask(&engine, "bogus.example").await.starts_with("OK secure"), "switched off");
}

#[tokio::test]
async fn a_host_in_brackets_answers_for_itself() {
    let zone = "@ A {mx1}\n@ MX 10 mx1\nmx1 A {mx1}\n_25._tcp.@ TXT \"-\"\n";
    let world = World::new(&[domain("a", zone, SECURE)]).await;
    let engine = world.engine().await;
    assert!(ask(&engine, "[a.example]").await.starts_with("OK secure"));
    assert!(world.questions("_25._tcp.a.example") > 0, "its own TLSA records count");
    assert_eq!(world.questions("_25._tcp.mx1"), 0);
    assert!(ask(&engine, "[a.example]:587").await.starts_with("OK secure"));
    assert!(world.questions("_587._tcp.a.example") > 0, "the port is part of the name");
    assert_eq!(world.fetches("a"), 1, "the policy is that of the domain");
}

#[tokio::test]
async fn that_dane_did_not_apply_is_believed_for_as_long_as_dns_says() {
    let without = |zone| Domain { record: None, ..domain("a", zone, SECURE) };
    let mut world = World::new(&[without(NO_TLSA), domain("b", NO_TLSA, SECURE)]).await;
    let engine = world.engine().await;
    assert_eq!(ask(&engine, "a.example").await, "NOTFOUND");
    assert!(ask(&engine, "b.example").await.starts_with("OK secure"));
    world.change(&without(SOUND_TLSA)).await;
    world.change(&domain("b", SOUND_TLSA, SECURE)).await;
    world.clock.advance(Duration::from_hours(7));
    assert_eq!(ask(&engine, "a.example").await, "OK dane-only", "nothing else protects this mail");
    assert!(ask(&engine, "b.example").await.starts_with("OK secure"), "the policy does, at once");
    eventually("DANE", async || ask(&engine, "b.example").await == "OK dane-only").await;
}

#[tokio::test]
async fn when_dns_tells_nothing_somebody_hears_of_it() {
    let world = World::new(&[domain("bogus", SOUND_TLSA, BOGUS_MX), Domain::sound("a")]).await;
    let engine = world.engine().await;
    for port in 1..=5 {
        assert_eq!(engine.status().alerts, Vec::<String>::new(), "{port} is one domain's fault");
        assert_eq!(ask(&engine, &format!("bogus.example:{port}")).await, "TEMP");
    }
    let alerts = engine.status().alerts;
    assert!(
        alerts.iter().any(|alert| alert.contains("one next-hop after the other")),
        "{alerts:?}"
    );
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    assert_eq!(engine.status().alerts, Vec::<String>::new(), "all clear");
}
