//! What would be answered in the lab, and why.

use crate::{NOW, lab, resolver, source};
use ironpost_lab::Lab;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_proto::next_hop::Key;
use ironpost_resolver::admin::ListedPolicy;
use ironpost_resolver::explain::{Explanation, explain};
use ironpost_resolver::settings::{Override, OverridePolicy, Settings, Testing};

async fn explained(lab: &Lab, settings: &Settings, key: &str) -> Explanation {
    let resolver = resolver(lab, Dnssec::TrustAd).await;
    let source = source(lab, &resolver);
    let key = Key::parse(key.as_bytes()).unwrap();
    explain(&resolver, &source, settings, &key, None, NOW).await
}

fn reply<'a>(explanation: &'a Explanation, map: &str) -> &'a str {
    &explanation.replies.iter().find(|reply| reply.map == map).unwrap().text
}

#[tokio::test]
async fn replies_are_those_of_a_resolver_that_knows_nothing_yet() {
    let lab = lab().await;
    let table = [
        ("sound-enforce", "OK secure match=mx1.sound-enforce.example", "a policy"),
        ("sound-testing", "NOTFOUND ", "mode testing"),
        ("sound-opted-out", "NOTFOUND ", "mode none"),
        ("sound-dane", "OK dane-only", "DANE first"),
        ("dane-partial", "OK dane-only", "DANE for one host, and a policy that is enforced"),
        ("dane-unusable", "OK secure match=", "TLSA records of no use: the policy (S68)"),
        ("dane-bogus", "TEMP ", "S67: nothing can be told"),
        ("host-expired", "NOTFOUND ", "S34: no policy, no delay"),
        ("record-multiple", "NOTFOUND ", "two records are none"),
        ("record-none", "NOTFOUND ", "no record"),
    ];
    for (scenario, expected, reason) in table {
        let key = format!("{scenario}.example");
        let explanation = explained(&lab, &Settings::default(), &key).await;
        assert_eq!(explanation.key, key);
        let found = reply(&explanation, "ironpost-3.0");
        assert!(found.starts_with(expected), "{scenario}, {reason}: {found}");
    }
}

#[tokio::test]
async fn every_step_is_told() {
    let lab = lab().await;
    let explanation = explained(&lab, &Settings::default(), "dane-partial.example").await;
    let steps: Vec<_> = explanation.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        steps,
        [
            "key",
            "MX of dane-partial.example",
            "TLSA of mx1.dane-partial.example",
            "TLSA of mx2.dane-partial.example",
            "DANE",
            "TXT of _mta-sts.dane-partial.example",
            "policy from mta-sts.dane-partial.example",
            "servers within the policy",
            "demand",
        ]
    );
    let told = |what: &str| {
        let step = explanation.steps.iter().find(|step| step.what.starts_with(what)).unwrap();
        format!("{}\n{}", step.seen.join("\n"), step.so)
    };
    assert!(told("MX of").contains("10 mx1.dane-partial.example\n20 mx2"), "{}", told("MX of"));
    assert!(told("MX of").contains("DNSSEC: secure"), "{}", told("MX of"));
    assert!(told("TLSA of mx2").contains("no secure TLSA"), "{}", told("TLSA of mx2"));
    assert!(told("TXT").contains("id 20260101T000000Z"), "{}", told("TXT"));
    assert!(told("policy").contains("mode: enforce"), "{}", told("policy"));
    assert!(told("servers").contains("it covers every server"), "{}", told("servers"));
}

#[tokio::test]
async fn local_decisions_come_first() {
    let lab = lab().await;
    let name = "sound-dane.example";
    let with = |policy, without_dane| {
        let domain = ironpost_proto::domain::Domain::from_a_labels(name.as_bytes()).unwrap();
        let overrides = [(domain, Override { policy, without_dane })].into();
        Settings { overrides, ..Settings::default() }
    };
    let own = OverridePolicy::Enforce(vec!["mx.other.example".parse().unwrap()]);
    let table = [
        (with(Some(OverridePolicy::Off), false), "NOTFOUND ", "off"),
        (with(Some(OverridePolicy::May), false), "OK may", "may"),
        (with(Some(OverridePolicy::Encrypt), false), "OK encrypt", "encrypt"),
        (with(Some(own.clone()), true), "OK secure match=mx.other.example", "a policy of our own"),
        (with(Some(own), false), "OK dane-only", "DANE comes before it"),
        (with(None, true), "OK secure match=mx1.sound-dane.example", "without DANE"),
    ];
    for (settings, expected, reason) in table {
        let explanation = explained(&lab, &settings, name).await;
        let found = reply(&explanation, "ironpost-3.0");
        assert!(found.starts_with(expected), "{reason}: {found}");
        assert!(explanation.steps.iter().any(|step| step.what == "local rule"), "{reason}");
    }
    let reporting = Settings { testing: Testing::May, ..Settings::default() };
    let explanation = explained(&lab, &reporting, "sound-testing.example").await;
    assert!(reply(&explanation, "ironpost-3.10").starts_with("OK may policy_type=sts"));
    assert_eq!(reply(&explanation, "ironpost"), "NOTFOUND ");
}

#[tokio::test]
async fn keys_without_a_policy_need_no_network() {
    let lab = lab().await;
    for key in ["[192.0.2.1]", ".example.com", "my_relay"] {
        let explanation = explained(&lab, &Settings::default(), key).await;
        assert_eq!(reply(&explanation, "ironpost"), "NOTFOUND ", "{key}");
        assert_eq!(explanation.steps.len(), 1, "{key}");
    }
}

#[tokio::test]
async fn what_is_remembered_is_told_and_made_visible() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    let source = source(&lab, &resolver);
    let key = Key::parse(b"record-none.example").unwrap();
    let remembered = ListedPolicy {
        domain: "record-none.example".into(),
        mode: "enforce".into(),
        id: "1".into(),
        mx: vec!["mx.example\x1b[2J".into()],
        max_age: 86_400,
        fetched: "2026-06-29T22:30:00Z".into(),
        expires: "2026-07-08T00:00:00Z".into(),
        recheck: "2026-07-01T00:05:00Z".into(),
        failure: Some("sts-policy-fetch-error".into()),
    };
    let explanation =
        explain(&resolver, &source, &Settings::default(), &key, Some(&remembered), NOW).await;
    let step = explanation.steps.iter().find(|step| step.what.contains("running")).unwrap();
    let seen = step.seen.join("\n");
    assert!(seen.contains("fetched 2026-06-29T22:30:00Z, 1 d 1 h ago"), "{seen}");
    assert!(seen.contains("mx.example\\x1b[2J"), "{seen}");
    assert!(step.so.contains("until 2026-07-08"), "{}", step.so);
}
