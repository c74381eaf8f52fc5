//! The scenarios of the repository as a whole.

use crate::catalogue::LIVE;
use crate::client::{ask, whole_lab};
use domain::base::iana::{Rcode, Rtype};
use std::collections::BTreeSet;

#[tokio::test]
async fn scenarios_are_many_and_distinct() {
    let lab = whole_lab().await;
    let scenarios = lab.scenarios();
    assert!(scenarios.len() >= 60, "{}", scenarios.len());
    let names: BTreeSet<_> = scenarios.iter().map(|scenario| &scenario.name).collect();
    let domains: BTreeSet<_> = scenarios.iter().map(|scenario| &scenario.domain).collect();
    let summaries: BTreeSet<_> = scenarios.iter().map(|scenario| &scenario.summary).collect();
    assert_eq!(names.len(), scenarios.len());
    assert_eq!(domains.len(), scenarios.len());
    assert_eq!(summaries.len(), scenarios.len());
    assert!(scenarios.iter().filter(|scenario| scenario.expect.sound).count() >= 18);
    lab.stop().await;
}

#[tokio::test]
async fn every_domain_is_in_dns() {
    let lab = whole_lab().await;
    for scenario in lab.scenarios() {
        let reply = ask(&lab, &scenario.domain, Rtype::MX).await;
        let bogus = scenario.name == "zone-bogus";
        let expected = if bogus { Rcode::SERVFAIL } else { Rcode::NOERROR };
        assert_eq!(reply.rcode, expected, "{}", scenario.domain);
    }
    lab.stop().await;
}

#[tokio::test]
async fn every_check_that_one_look_can_make_has_a_scenario() {
    let lab = whole_lab().await;
    let known: BTreeSet<_> = LIVE.iter().map(|(id, _)| *id).collect();
    let mut covered = BTreeSet::new();
    for scenario in lab.scenarios() {
        for id in scenario.expect.findings.iter().chain(&scenario.expect.info) {
            assert!(known.contains(id.as_str()), "{}: no such check: {id}", scenario.name);
            covered.insert(id.as_str());
        }
    }
    let missing: Vec<_> = LIVE.iter().filter(|(id, _)| !covered.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    lab.stop().await;
}

#[tokio::test]
async fn expectations_agree_with_themselves() {
    let lab = whole_lab().await;
    for scenario in lab.scenarios() {
        let expect = &scenario.expect;
        let name = &scenario.name;
        let status = match expect.verdict.as_str() {
            "Protected" | "Testing" | "Opted out" => &["valid"][..],
            "Absent" | "Could not tell" => &["none"],
            "Ignored by senders" => &["invalid"],
            // A policy that parking has made pointless; a zone in which nothing can be found.
            "Parked" | "At risk" => &["none", "valid"],
            other => panic!("{name}: {other}"),
        };
        assert!(status.contains(&expect.policy_status.as_str()), "{name}: {expect:?}");
        let refused = expect.simulate.values().any(|outcome| outcome == "refuse");
        let at_risk = expect.verdict == "At risk";
        assert!(at_risk || !refused, "{name}: {expect:?}");
        assert!(refused || !at_risk || expect.policy_status == "none", "{name}: {expect:?}");
        let blemishes: Vec<_> = expect
            .findings
            .iter()
            .filter(|id| !["P-TESTING", "P-NONE"].contains(&id.as_str()))
            .collect();
        if expect.sound {
            assert!(blemishes.is_empty(), "{name}: {blemishes:?}");
        }
    }
    lab.stop().await;
}
