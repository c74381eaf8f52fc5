//! Broken files and records against what is said of them.

use super::*;
use ironpost_proto::mta_sts::policy::MAX_BODY;
use proptest::prelude::*;

const ID: &str = "20260501T120000Z";

fn lint(body: &[u8]) -> LintResult {
    let domain = "example.com".parse().unwrap();
    let hosts = ["mx1.example.com".parse().unwrap()];
    policy(body, &BodyContext { domain: Some(&domain), hosts: &hosts, suggested_id: Some(ID) })
}

fn ids(result: &LintResult) -> Vec<&'static str> {
    result.findings.iter().map(|finding| finding.entry.id).collect()
}

/// A result as a person reads it.
fn shown(result: &LintResult) -> String {
    let mut lines = vec![result.summary.clone()];
    lines.extend(result.fields.iter().map(|(name, value)| format!("  {name}: {value}")));
    for finding in &result.findings {
        lines.push(format!("{:?} {} {}", finding.severity, finding.entry.id, finding.subject));
        lines.push(format!("  {}", finding.detail));
        lines.extend(finding.evidence.iter().map(|line| format!("  seen: {line}")));
        lines
            .extend(finding.fix.iter().map(|step| format!("  - {}", step.replace('\n', "\n    "))));
    }
    let note = |n: &Note| format!("{}:{} {}: {}", n.line, n.column, n.message, n.excerpt);
    lines.extend(result.deviations.iter().map(note));
    lines.join("\n")
}

#[test]
fn broken_policies() {
    let table: &[(&str, &[u8])] = &[
        ("sound", b"version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1209600\n"),
        ("misnamed", b"Version: STSv1\nmode: enforce\nMX: mx1.example.com\nmax-age: 1209600\n"),
        ("one_line", b"version: STSv1 mode: enforce mx: mx1.example.com max_age: 1209600"),
        ("written_line_ends", b"version: STSv1\\nmode: enforce\\nmx: mx1.example.com\\nmax_age: 86400\\n"),
        ("comments", b"# policy\n# of ours\nversion: STSv1\nmode : testing\nmx: mx1.example.com\nmax_age: 86400\n"),
        ("mx_list", b"version: STSv1\nmode: enforce\nmx: mx1.example.com, mx2.example.com\nmx: 10 mx3.example.com\nmax_age: 604800\n"),
        ("repeated", b"version: STSv1\nmode: testing\nmode: enforce\nmode: none\nmx: mx1.example.com\nmax_age: 3600\nmax_age: 7200\n"),
        ("web_page", b"<!DOCTYPE html>\n<title>Welcome</title>\n"),
        ("empty", b""),
        ("leaving", b"version: STSv1\nmode: none\nmax_age: 86400\n"),
        ("blank_and_late", b"mode: enforce\n\nmx: *.example.com\nmx: mta-sts.example.com\nmax_age: 99999999\nversion: STSv1\n"),
        ("hostile", b"version: STSv1\nmode: \x1b[31menforce\xff\nmx: \xe2\x80\xaeevil\nmax_age: 1\n"),
    ];
    for (name, body) in table {
        insta::assert_snapshot!(format!("policy_{name}"), shown(&lint(body)));
    }
}

#[test]
fn broken_records() {
    let domain: Domain = "example.com".parse().unwrap();
    let table: &[(&str, &[u8])] = &[
        ("sound", b"v=STSv1; id=1;"),
        ("hyphens", b"v=STSv1; id=2026-05-01;"),
        ("quotes", b"\"v=STSv1; id=1;\""),
        ("upper_case_id", b"v=STSv1; ID=1;"),
        ("blank_and_extra", b"v=STSv1 ; id=1; id=2; mode=enforce"),
        ("empty_field", b"v=STSv1;; id=1"),
    ];
    for (name, txt) in table {
        let result = sts_record(txt, Some(&domain), ID);
        insta::assert_snapshot!(format!("record_{name}"), shown(&result));
    }
    let table: &[(&str, &[u8])] = &[
        ("sound", b"v=TLSRPTv1; rua=mailto:a@example.com,https://r.example.net/x"),
        ("bare_address", b"v=TLSRPTv1; rua=tls@example.com"),
        ("size_suffix", b"v=TLSRPTv1; rua=mailto:tls@example.com!10m"),
        ("semicolon", b"v=TLSRPTv1; rua=mailto:a@example.com; mailto:b@example.net"),
        ("upper_case", b"v=TLSRPTv1; RUA=mailto:a@example.com"),
        ("nothing", b"v=TLSRPTv1; rua="),
    ];
    for (name, txt) in table {
        let result = tls_rpt_record(txt, Some(&domain));
        insta::assert_snapshot!(format!("tls_rpt_{name}"), shown(&result));
    }
}

#[test]
fn one_cause_gives_one_finding() {
    let table: &[(&[u8], &[&str], &str)] = &[
        (b"", &["P-EMPTY"], "an empty file lacks no fields as well"),
        (b"<html>\n\n</html>", &["P-HTML"], "a page has no lines to fault"),
        (
            b"Version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 1209600",
            &["P-VERSION"],
            "a misnamed field is not unknown and missing",
        ),
        (
            b"version: STSv1\nmode: enforce\nmx: a.example.com\nmaxage: 1209600",
            &["P-MAXAGE"],
            "a misspelt field is not unknown and missing",
        ),
        (
            b"version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 1209600\nmaxage: 1",
            &["P-EXT"],
            "where nothing is missing it is unknown",
        ),
        (
            b"version: STSv1\rmode: enforce\rmx: a.example.com\rmax_age: 1209600\r",
            &["P-EOL"],
            "every line is wrong in the same way",
        ),
        (
            b"version: STSv1\nmode: enforce\nmx: a b.example.com\nmx: c_d\nmx: .e\nmax_age: 1209600",
            &["P-MX-SYNTAX"],
            "three bad patterns",
        ),
        (
            b"version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 1209600\n\n\n",
            &["P-BLANK"],
            "a run of blank lines",
        ),
    ];
    for (body, expected, reason) in table {
        assert_eq!(ids(&lint(body)), *expected, "{reason}");
    }
}

#[test]
fn blank_lines_are_judged_by_where_they_stand() {
    let fields = "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 1209600\n";
    let table = [
        (format!("{fields}\n\r\n"), Severity::Low, "after the last field, is blank"),
        (format!("{fields}x\n\n"), Severity::Low, "after the last field, is blank"),
        (format!("{fields}\n \n"), Severity::High, "spaces or tabs stand after the last field"),
        (format!("{fields}\t"), Severity::High, "spaces or tabs stand after the last field"),
        (format!("\n{fields}"), Severity::High, "before a field"),
        (fields.replace("mx:", "\r\nmx:"), Severity::High, "before a field"),
    ];
    for (body, severity, expected) in table {
        let result = lint(body.as_bytes());
        let found = result.findings.iter().find(|finding| finding.entry.id == "P-BLANK").unwrap();
        assert_eq!(found.severity, severity, "{body:?}");
        assert!(found.detail.contains(expected), "{body:?}: {}", found.detail);
    }
}

#[test]
fn a_record_whose_addresses_lead_nowhere_is_accepted_and_useless() {
    let summary = |txt: &str| tls_rpt_record(txt.as_bytes(), None).summary;
    let useless = "Senders accept this record, but none of its addresses can receive reports.";
    assert_eq!(summary("v=TLSRPTv1; rua=ftp://b.c/,mailto:a@"), useless);
    let useful = "Senders accept this record.";
    assert_eq!(summary("v=TLSRPTv1; rua=ftp://b.c/,mailto:a@b.c"), useful);
}

#[test]
fn a_sound_record_keeps_its_id() {
    for record in ["v=STSv1 ; id=own;", "v=STSv1; id=own; a=1; b=2; c=3; d=4; e=5; f=6; a=7; b=8"] {
        let result = sts_record(record.as_bytes(), None, ID);
        for finding in &result.findings {
            assert!(finding.fix.iter().all(|step| step.ends_with("\"v=STSv1; id=own;\"")));
        }
        assert_eq!(result.findings.len(), 1);
    }
    let many = sts_record(b"v=STSv1; id=1; a=1; b=2; c=3; d=4; e=5; f=6; a=7; b=8", None, ID);
    assert_eq!(
        many.findings.first().map(|finding| finding.detail.as_str()),
        Some(
            "_mta-sts has the unknown fields `a`, `b`, `c`, `d`, `e` and 1 more, which senders \
             ignore, and the fields `a` and `b` more than once; the first of each counts"
        )
    );
}

#[test]
fn short_lives_are_judged_by_mode() {
    let table = [
        ("enforce", 604_799, Some(Severity::Medium)),
        ("enforce", 604_800, Some(Severity::Low)),
        ("enforce", 1_209_599, Some(Severity::Low)),
        ("enforce", 1_209_600, None),
        ("testing", 86_399, Some(Severity::Low)),
        ("testing", 86_400, None),
        ("none", 0, Some(Severity::Low)),
        ("none", 86_400, None),
    ];
    for (mode, max_age, expected) in table {
        let body = format!("version: STSv1\nmode: {mode}\nmx: a.example.com\nmax_age: {max_age}\n");
        let result = lint(body.as_bytes());
        let found = result.findings.iter().find(|finding| finding.entry.id == "P-MAXAGE-SHORT");
        assert_eq!(found.map(|finding| finding.severity), expected, "{mode} {max_age}");
    }
}

#[test]
fn an_rrset_is_judged_as_a_whole() {
    let name = "_mta-sts.example.com".parse().unwrap();
    let table: &[(&[&str], &[&str], &str)] = &[
        (&[], &[], "absence is for the caller to explain"),
        (&["v=STSv1; id=1", "v=STSv1; id="], &["D-MULTI"], "counted before they are read"),
        (&["v=STSv1; id=1", "v=spf1 -all"], &["D-UNRELATED"], "an SPF record beside the right one"),
        (&["v=spf1 -all"], &["D-WILDCARD"], "an SPF record alone"),
        (&["hello"], &["D-UNRELATED"], "anything else alone"),
        (&["v=spf1 -all", "v=stsv1; id=1"], &["D-VERSION"], "what was meant comes first"),
        (&["v=STSv1 ; id=1", "hello"], &["D-VERSION"], "beside others the literal prefix counts"),
        (&["v=STSv1 ; id=1"], &["D-WSP"], "alone the grammar counts"),
    ];
    for (records, expected, reason) in table {
        let rrset: Vec<_> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
        let findings = txt_findings(&record::evaluate(&rrset), &name, ID);
        let found: Vec<_> = findings.iter().map(|finding| finding.entry.id).collect();
        assert_eq!(found, *expected, "{reason}");
    }
    let name = "_smtp._tls.example.com".parse().unwrap();
    let table: &[(&[&str], &[&str], &str)] = &[
        (&[], &[], "absence is for the caller to explain"),
        (&["v=TLSRPTv1; rua=mailto:a@b.c", "v=TLSRPTv1;"], &["R-MULTI"], "counted, not read"),
        (&["v=TLSRPTv1; rua=mailto:a@b.c", "hello"], &["R-UNRELATED"], "other text"),
        (&["v=tlsrptv1; rua=mailto:a@b.c"], &["R-VERSION"], "case counts"),
        (&["v=TLSRPTv1; rua=http://b.c/"], &["R-SCHEME"], "a scheme reports do not use"),
        (&["v=TLSRPTv1; rua=mailto:a@"], &["R-SYNTAX"], "a scheme with nothing behind it"),
        (&["v=TLSRPTv1; rua=https://b.c:99999/"], &["R-SYNTAX"], "a port that cannot be"),
        (&["v=TLSRPTv1; rua=mailto:?to=a@b.c"], &[], "the address as a header field"),
        (&["v=TLSRPTv1; rua=mailto:%22a%20b%22@b.c"], &[], "a blank in quotation marks"),
        (&["v=TLSRPTv1; rua=mailto:a@b.c; x=y; rua=mailto:d@b.c"], &[], "several rua add up"),
        (&["v=TLSRPTv1; rua=mailto:a@b.c,"], &["R-SYNTAX"], "a comma with nothing behind it"),
    ];
    for (records, expected, reason) in table {
        let rrset: Vec<_> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
        let findings = tls_rpt_findings(&tls_rpt_record::evaluate(&rrset), &name);
        let found: Vec<_> = findings.iter().map(|finding| finding.entry.id).collect();
        assert_eq!(found, *expected, "{reason}");
    }
}

/// No finding may carry what a terminal would act on; line ends separate what is to be
/// pasted, in steps alone.
fn assert_harmless(result: &LintResult) {
    for finding in &result.findings {
        let prose = [&finding.subject, &finding.detail].into_iter().chain(&finding.evidence);
        for text in prose {
            assert_eq!(Visible::from(text.as_str()).as_str(), text);
        }
        for line in finding.fix.iter().flat_map(|step| step.split('\n')) {
            assert_eq!(Visible::from(line).as_str(), line);
        }
    }
}

/// Text in which the words of policies and records are frequent.
fn likely_text() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "version",
        "STSv1",
        "mode",
        "enforce",
        "testing",
        "none",
        "mx",
        "max_age",
        "max-age",
        ":",
        ": ",
        "=",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "\\n",
        "; ",
        ", ",
        " ",
        "*.",
        "mail.example.com",
        "86400",
        "99999999999",
        "v=STSv1",
        "id=",
        "v=TLSRPTv1",
        "rua=",
        "mailto:a@b.c",
        "!10m",
        "\u{feff}",
        "\u{2028}",
        "\u{202e}",
        "\x1b[2J",
        "é",
        "#",
        "<",
        "info: caf\u{e9}",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes())
}

proptest! {
    #[test]
    fn what_is_rejected_is_explained_and_nothing_acts(
        text in prop_oneof![likely_text(), prop::collection::vec(any::<u8>(), 0..200)]
    ) {
        for result in [lint(&text), sts_record(&text, None, ID), tls_rpt_record(&text, None)] {
            prop_assert!(result.accepted || !result.findings.is_empty(), "{}", result.summary);
            assert_harmless(&result);
        }
    }

    #[test]
    fn a_correction_is_sound(text in likely_text()) {
        let hosts = ["mx1.example.com".parse().unwrap()];
        let corrected = corrected_policy(&text, &hosts).expect("a host is known");
        prop_assert_eq!(policy::parse(corrected.to_string().as_bytes()).verdict, Ok(corrected));
    }
}

#[test]
fn the_largest_inputs_come_to_an_end() {
    for unit in [&b"a"[..], b"\n", b"mx:\n", b"x: y\n", b"version:", b":=", b"\xff", b"\\n"] {
        let body: Vec<u8> = unit.iter().copied().cycle().take(MAX_BODY).collect();
        let result = lint(&body);
        assert!(!result.findings.is_empty() && result.findings.len() < 20);
        sts_record(&body, None, ID);
        tls_rpt_record(&body, None);
    }
}

#[test]
fn examples_of_the_catalogue_show_what_they_say() {
    use crate::catalogue::{body, tls_rpt, txt};
    let quoted = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split('"').nth(1));
        lines.map(str::to_owned).collect()
    };
    let mut shown = 0;
    for entry in [&txt::D_SYNTAX, &txt::D_ID, &txt::D_WSP, &tls_rpt::R_RUA, &tls_rpt::R_SYNTAX] {
        let read = |record: &str| {
            if entry.id.starts_with('D') {
                sts_record(record.as_bytes(), None, ID)
            } else {
                tls_rpt_record(record.as_bytes(), None)
            }
        };
        let (faulty, sound) = entry.example.split_once("Sound:").unwrap();
        for record in quoted(faulty) {
            assert_eq!(ids(&read(&record)), [entry.id], "{record}");
            shown += 1;
        }
        for record in quoted(sound) {
            assert_eq!(ids(&read(&record)), [""; 0], "{record}");
        }
    }
    for entry in [&body::P_VERSION, &body::P_MODE, &body::P_MAXAGE, &body::P_MX_SYNTAX] {
        let (faulty, _) = entry.example.split_once("Sound:").unwrap();
        for line in faulty.lines().skip(1).map(str::trim) {
            let others =
                ["version: STSv1", "mode: enforce", "mx: a.example.com", "max_age: 1209600"];
            let name = |line: &str| line.split(':').next().unwrap().to_ascii_lowercase();
            let kept = others.into_iter().filter(|other| name(other) != name(line));
            let body = kept.chain([line]).collect::<Vec<_>>().join("\n");
            assert_eq!(ids(&lint(body.as_bytes())), [entry.id], "{line}");
            shown += 1;
        }
    }
    assert!(shown > 20, "examples are there to be read");
}
