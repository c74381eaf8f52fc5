use crate::check::report;
use crate::evidence::sample::{fetch, found, host, mx, nothing, sound};
use crate::finding::Severity;
use crate::report::Report;

/// The sound domain with these MX hosts and this policy.
fn checked(hosts: &[&str], patterns: &[&str], mode: &str) -> Report {
    let mut evidence = sound();
    evidence.mx = if hosts.is_empty() {
        nothing("example.com")
    } else {
        found("example.com", hosts.iter().map(|name| mx(10, name)).collect())
    };
    let taking = hosts.iter().filter(|name| **name != ".");
    evidence.hosts = taking.map(|name| host(10, name)).collect();
    if hosts.is_empty() {
        let mut implicit = host(0, "example.com");
        implicit.preference = None;
        evidence.hosts = vec![implicit];
    }
    let lines: Vec<_> = patterns.iter().map(|pattern| format!("mx: {pattern}\n")).collect();
    let body = format!("version: STSv1\nmode: {mode}\n{}max_age: 1209600\n", lines.concat());
    evidence.policy_host.fetches = vec![fetch(&body)];
    report(&evidence, None, true)
}

fn matching(report: &Report) -> Vec<(&str, &str)> {
    let of_section = report.findings.iter().filter(|finding| finding.id.starts_with("M-"));
    of_section.map(|finding| (finding.id.as_str(), finding.subject.as_str())).collect()
}

#[test]
fn every_mismatch_is_told_once_and_by_its_cause() {
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let table: &[Row<'_>] = &[
        (&["mx1.example.com"], &["mx1.example.com"], &[], "sound"),
        (&["MX1.example.com"], &["mx1.EXAMPLE.com"], &[], "case does not matter"),
        (
            &["mx1.example.com", "mx2.example.com"],
            &["mx1.example.com"],
            &[("M-UNMATCHED", "mx2.example.com")],
            "one is left out",
        ),
        (
            &["a.example.com", "b.example.com"],
            &["mail.provider.example"],
            &[("M-NOMATCH", "example.com")],
            "none is listed",
        ),
        (&["mx1.example.com"], &["mx1.exmaple.com"], &[("M-TYPO", "mx1.exmaple.com")], "a slip"),
        (
            &["example.com"],
            &["*.example.com"],
            &[("M-WILD", "*.example.com"), ("M-WEAK", "*.example.com")],
            "* is not the name itself",
        ),
        (
            &["a.mx.example.com"],
            &["*.example.com"],
            &[("M-WILD", "*.example.com"), ("M-WEAK", "*.example.com")],
            "* is one label",
        ),
        (
            &["a.b.mx.example.com"],
            &["*.mx.example.com"],
            &[("M-WILD", "*.mx.example.com")],
            "* is one label",
        ),
        (
            &["mx1.example.com"],
            &["mta-sts.example.com"],
            &[("M-STSLABEL", "mta-sts.example.com")],
            "the policy host",
        ),
        (
            &["mx1.example.com"],
            &["mx1.example.com", "old.example.com"],
            &[("M-UNUSED", "old.example.com")],
            "a leftover",
        ),
        (
            &["mx1.example.com"],
            &["mx1.example.com", "*.mail.provider.example"],
            &[],
            "a provider's wildcard may be idle",
        ),
        (
            &["mx1.example.com"],
            &["*.com", "mx1.example.com"],
            &[("M-WEAK", "*.com")],
            "a public suffix",
        ),
        (
            &["192.0.2.1"],
            &["mx1.example.com"],
            &[("M-IPLIT", "192.0.2.1"), ("M-UNUSED", "mx1.example.com")],
            "an address is no host",
        ),
        (&["."], &["mx1.example.com"], &[("M-NULL", "example.com")], "null MX"),
    ];
    for (hosts, patterns, expected, why) in table {
        let report = checked(hosts, patterns, "enforce");
        assert_eq!(matching(&report), *expected, "{hosts:?} against {patterns:?}: {why}");
    }
}

#[test]
fn severity_follows_the_mode() {
    let of =
        |mode| checked(&["mx9.example.com"], &["mail.provider.example"], mode).findings[0].severity;
    assert_eq!(of("enforce"), Severity::Critical);
    let testing = checked(&["mx1.example.com", "b.example.com"], &["mx1.example.com"], "testing");
    let unmatched = testing.findings.iter().find(|finding| finding.id == "M-UNMATCHED");
    assert_eq!(unmatched.map(|finding| finding.severity), Some(Severity::High));
}

#[test]
fn without_mx_records_the_domain_is_the_host() {
    let covered = checked(&[], &["example.com"], "enforce");
    assert_eq!(
        covered.findings.iter().find(|f| f.id == "M-IMPLICIT").map(|f| f.severity),
        Some(Severity::Info)
    );
    let uncovered = checked(&[], &["mx.example.com"], "enforce");
    assert_eq!(matching(&uncovered), [("M-IMPLICIT", "example.com")]);
    assert_eq!(uncovered.verdict, crate::report::Verdict::AtRisk);
}
