use crate::check::report;
use crate::evidence::sample::{POLICY, fetch, found, host_evidence, nothing, sound};
use crate::evidence::{Evidence, Host};
use crate::report::{Grade, Report, Verdict};
use ironpost_net::dns::answer::{Answer, DnsError, Outcome, Security};
use ironpost_net::policy_fetch::FetchFailure;
use ironpost_net::smtp::ProbeFailure;
use ironpost_net::tls::facts::{Trust, Validity};
use ironpost_proto::dane::Tlsa;
use ironpost_proto::mta_sts::record::evaluate;
use ironpost_proto::tls_rpt;
use std::sync::Arc;

/// The sound domain with one thing changed.
fn changed(change: impl FnOnce(&mut Evidence)) -> Report {
    let mut evidence = sound();
    change(&mut evidence);
    report(&evidence, None, true)
}

fn ids(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.id.as_str()).collect()
}

fn break_host(evidence: &mut Evidence, at: usize, failure: ProbeFailure) {
    let host = &evidence.hosts[at];
    let mut seen = host_evidence(host.seen.name.as_str());
    seen.probes[0].tls = None;
    seen.probes[0].failure = Some(failure);
    seen.without_sni = None;
    evidence.hosts[at] = Host { preference: host.preference, seen: Arc::new(seen) };
}

fn serve(evidence: &mut Evidence, body: &str) {
    evidence.policy_host.fetches = vec![fetch(body)];
}

fn without_record(evidence: &mut Evidence) {
    evidence.record.lookup = nothing("_mta-sts.example.com");
    evidence.record.set = evaluate(&[]);
    evidence.policy_host.fetches.clear();
    evidence.policy_host.ipv4 = nothing("mta-sts.example.com");
}

#[test]
fn a_sound_domain_gets_the_best_grade() {
    let report = changed(|_| {});
    assert_eq!(report.verdict, Verdict::Protected);
    assert_eq!(
        (report.grade, report.points, report.partial),
        (Some(Grade::APlus), Some(100), false)
    );
    assert_eq!(ids(&report), ["N-NOSIGN"], "an unsigned zone is worth knowing, and costs nothing");
}

#[test]
fn points_follow_from_the_findings() {
    for report in [
        changed(|e| break_host(e, 0, ProbeFailure::NoStartTls)),
        changed(|e| serve(e, &POLICY.replace("1209600", "3600"))),
        changed(without_record),
        changed(|e| e.skip.smtp = true),
    ] {
        let (mut kept, mut of) = (0.0, 0.0);
        for section in &report.score.sections {
            let lost: f64 = section.deductions.iter().map(|deduction| deduction.points).sum();
            let Some(points) = section.points else { continue };
            assert!((points - (f64::from(section.of) - lost).max(0.0)).abs() < 0.01, "{section:?}");
            kept += points;
            of += f64::from(section.of);
        }
        let share = (kept / of * 100.0).round();
        assert!((f64::from(report.points.unwrap()) - share).abs() < 0.5, "{kept} of {of}");
    }
}

#[test]
fn each_cap_holds_the_grade_down() {
    let secure = |e: &mut Evidence| {
        if let Ok(answer) = &mut e.mx {
            answer.security = Security::Secure;
        }
        for host in &mut e.hosts {
            let mut seen = host_evidence(host.seen.name.as_str());
            if let Some(tlsa) = &mut seen.tlsa {
                tlsa.lookup = found("_25._tcp", vec![Tlsa::for_key(b"key")]);
                if let Ok(answer) = &mut tlsa.lookup {
                    answer.security = Security::Secure;
                }
            }
            host.seen = Arc::new(seen);
        }
    };
    let table: Vec<(Report, Grade, Verdict, &str)> = vec![
        (
            changed(|e| break_host(e, 0, ProbeFailure::NoStartTls)),
            Grade::F,
            Verdict::AtRisk,
            "enforce, and an MX without STARTTLS",
        ),
        (
            changed(|e| serve(e, "mode: enforce\n")),
            Grade::D,
            Verdict::IgnoredBySenders,
            "a policy that senders ignore",
        ),
        (changed(without_record), Grade::D, Verdict::Absent, "no policy"),
        (
            changed(|e| {
                without_record(e);
                break_host(e, 0, ProbeFailure::NoStartTls);
            }),
            Grade::F,
            Verdict::Absent,
            "no policy and no STARTTLS",
        ),
        (
            changed(|e| {
                without_record(e);
                secure(e);
            }),
            Grade::B,
            Verdict::Absent,
            "no policy, but DANE everywhere",
        ),
        (
            changed(|e| serve(e, &POLICY.replace("enforce", "testing"))),
            Grade::B,
            Verdict::Testing,
            "testing",
        ),
        (
            changed(|e| serve(e, "version: STSv1\nmode: none\nmax_age: 86400\n")),
            Grade::D,
            Verdict::OptedOut,
            "mode none",
        ),
        (
            changed(|e| {
                let seen = e.tls_rpt.as_mut().unwrap();
                seen.lookup = nothing("_smtp._tls.example.com");
                seen.set = tls_rpt::record::evaluate(&[]);
                seen.targets.clear();
            }),
            Grade::AMinus,
            Verdict::Protected,
            "no TLS-RPT",
        ),
        (
            changed(|e| serve(e, &POLICY.replace("1209600", "1209599"))),
            Grade::A,
            Verdict::Protected,
            "max_age below two weeks",
        ),
    ];
    for (report, grade, verdict, why) in &table {
        assert_eq!(
            (report.grade, report.verdict),
            (Some(*grade), *verdict),
            "{why}: {:?}",
            ids(report)
        );
    }
}

#[test]
fn what_was_not_tested_leaves_the_sum_and_the_best_grade() {
    let report = changed(|e| e.tls_rpt = None);
    assert!(report.partial);
    assert_eq!((report.grade, report.points), (Some(Grade::A), Some(100)));
    assert!(report.not_tested.iter().any(|gap| gap.what.starts_with("_smtp._tls")));
    assert!(report.findings.iter().all(|finding| !finding.id.starts_with("R-")));
}

#[test]
fn a_fault_behind_the_resolver_gives_no_verdict() {
    let timeout = || DnsError::Timeout {
        server: "192.0.2.53:53".parse().unwrap(),
        after: std::time::Duration::from_secs(5),
    };
    let report = changed(|e| {
        e.record.lookup = Err(timeout());
        e.record.set = evaluate(&[]);
        e.mx = Err(timeout());
        e.hosts.clear();
    });
    assert_eq!((report.verdict, report.grade), (Verdict::CouldNotTell, None));
    assert!(report.findings.iter().all(|f| !f.id.starts_with("D-")), "{:?}", ids(&report));
}

#[test]
fn one_cause_gives_one_finding() {
    let self_signed = |e: &mut Evidence| {
        let mut seen = host_evidence("mx1.example.com");
        let tls = seen.probes[0].tls.as_mut().unwrap();
        (tls.trust, tls.name_matches) = (Trust::SelfSigned, false);
        e.hosts[0].seen = Arc::new(seen);
    };
    let expired_and_misnamed = |e: &mut Evidence| {
        let mut seen = host_evidence("mx1.example.com");
        let tls = seen.probes[0].tls.as_mut().unwrap();
        (tls.validity, tls.name_matches) = (Validity::Expired, false);
        e.hosts[0].seen = Arc::new(seen);
    };
    let refused = |e: &mut Evidence| {
        let fetch = &mut e.policy_host.fetches[0];
        (fetch.tls, fetch.response, fetch.failure) = (None, None, Some(FetchFailure::Refused));
    };
    let bogus = |e: &mut Evidence| {
        e.mx = Ok(Answer {
            name: "example.com".parse().unwrap(),
            aliases: Vec::new(),
            outcome: Outcome::Found(vec![]),
            ttl: 0,
            security: Security::Bogus("the signature has expired".to_owned()),
        });
    };
    for (report, expected, why) in [
        (
            changed(self_signed),
            vec!["S-CERT-UNTRUSTED", "N-NOSIGN"],
            "a new certificate mends both",
        ),
        (
            changed(expired_and_misnamed),
            vec!["S-CERT-EXPIRED", "S-CERT-NAME", "N-NOSIGN"],
            "two faults",
        ),
        (changed(refused), vec!["H-CONNECT", "N-NOSIGN"], "no body is no fault of the body"),
        (changed(bogus), vec!["N-BOGUS"], "nothing else can be said"),
    ] {
        assert_eq!(ids(&report), expected, "{why}");
    }
}
