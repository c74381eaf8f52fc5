use super::body_hash;
use crate::bulk::previous::PreviousRun;
use crate::check::report;
use crate::evidence::Evidence;
use crate::evidence::sample::{POLICY, fetch, found, host, mx, nothing, sound};
use crate::finding::Severity;
use crate::report::{Grade, PolicyStatus, Verdict};
use ironpost_proto::mta_sts::record::evaluate;

/// What a run the day before saw of the sound domain.
fn yesterday() -> PreviousRun {
    PreviousRun {
        checked_at: "2026-05-31T12:00:00Z".parse().unwrap(),
        verdict: Verdict::Protected,
        status: PolicyStatus::Valid,
        mode: Some("enforce".into()),
        max_age: Some(1_209_600),
        id: Some("20260501T000000Z".into()),
        body_sha256: Some(body_hash(POLICY.as_bytes()).into()),
        mx: ["mx1.example.com", "mx2.example.com"].map(Into::into).into(),
    }
}

fn ids(evidence: &Evidence, previous: &PreviousRun) -> Vec<String> {
    let report = report(evidence, Some(previous), false);
    let ids = report.findings.into_iter().map(|finding| finding.id);
    ids.filter(|id| id != "N-NOSIGN").collect()
}

fn without_record() -> Evidence {
    let mut evidence = sound();
    evidence.record.lookup = nothing("_mta-sts.example.com");
    evidence.record.set = evaluate(&[]);
    evidence.policy_host.fetches.clear();
    evidence.policy_host.ipv4 = nothing("mta-sts.example.com");
    evidence
}

#[test]
fn nothing_changed_is_nothing_found() {
    assert_eq!(ids(&sound(), &yesterday()), Vec::<String>::new());
}

#[test]
fn id_and_body_change_together() {
    let mut edited = sound();
    edited.policy_host.fetches = vec![fetch(&POLICY.replace("1209600", "2592000"))];
    assert_eq!(ids(&edited, &yesterday()), ["Y-SAMEID"], "a new body under the old id");

    let older = PreviousRun { id: Some("20260401T000000Z".into()), ..yesterday() };
    assert_eq!(ids(&sound(), &older), ["Y-IDONLY"], "a new id over the old body");
    assert_eq!(ids(&edited, &older), Vec::<String>::new(), "both are new");
}

#[test]
fn a_policy_must_not_vanish_while_it_may_be_cached() {
    assert_eq!(ids(&without_record(), &yesterday()), ["Y-VANISH"], "thirteen days too early");
    let long_ago = PreviousRun { max_age: Some(3_600), ..yesterday() };
    assert_eq!(ids(&without_record(), &long_ago), ["D-NONE"], "every copy has expired");
    let opted_out = PreviousRun { mode: Some("none".into()), ..yesterday() };
    assert_eq!(ids(&without_record(), &opted_out), ["D-NONE"], "mode none may go at any time");
}

#[test]
fn the_policy_follows_the_mx_records() {
    let mut moved = sound();
    moved.mx = found("example.com", vec![mx(10, "mx1.example.com"), mx(20, "in.provider.example")]);
    moved.hosts = vec![host(10, "mx1.example.com"), host(20, "in.provider.example")];
    assert_eq!(ids(&moved, &yesterday()), ["Y-MXDRIFT", "Y-OLDMX"], "mx2 was replaced");

    let already = PreviousRun {
        mx: ["mx1.example.com", "in.provider.example"].map(Into::into).into(),
        ..yesterday()
    };
    assert_eq!(ids(&moved, &already), ["M-UNMATCHED"], "no change since then");
}

#[test]
fn testing_for_more_than_sixty_days_weighs_more() {
    let mut testing = sound();
    testing.policy_host.fetches = vec![fetch(&POLICY.replace("enforce", "testing"))];
    let since = |time: &str| PreviousRun {
        checked_at: time.parse().unwrap(),
        mode: Some("testing".into()),
        body_sha256: None,
        ..yesterday()
    };
    let judge = |previous: &PreviousRun| {
        let report = report(&testing, Some(previous), false);
        let finding = report.findings.into_iter().find(|finding| finding.id == "P-TESTING");
        (finding.unwrap().severity, report.grade)
    };
    assert_eq!(judge(&since("2026-05-31T12:00:00Z")), (Severity::Medium, Some(Grade::B)));
    assert_eq!(judge(&since("2026-03-01T12:00:00Z")), (Severity::High, Some(Grade::C)));
    let enforced = PreviousRun { mode: Some("enforce".into()), ..since("2026-03-01T12:00:00Z") };
    assert_eq!(judge(&enforced), (Severity::Medium, Some(Grade::B)), "a step back, not a halt");
}
