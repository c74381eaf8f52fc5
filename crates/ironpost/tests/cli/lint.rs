//! `ironpost lint`.

use crate::program::{ironpost, ironpost_with};
use serde_json::Value;
use std::fs;

const SOUND: &str = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 1209600\n";

#[test]
fn a_sound_policy_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mta-sts.txt");
    fs::write(&path, SOUND).unwrap();
    let run = ironpost(["lint", "policy", path.to_str().unwrap()]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn faults_of_a_policy_have_ids_places_and_exit_code_1() {
    let table: &[(&[u8], i32, &[&str])] = &[
        (b"", 1, &["P-EMPTY"]),
        (b"\xef\xbb\xbfversion: STSv1\n", 1, &["P-BOM"]),
        (b"<!doctype html><html>", 1, &["P-HTML"]),
        (b"version: STSv1\rmode: enforce\r", 1, &["P-EOL"]),
        (b"version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n", 1, &["P-MODE"]),
        (
            b"version: STSv1\nmode: enforce\nmx: a.example, b.example\nmax_age: 1209600\n",
            1,
            &["P-MX-SYNTAX", "line 3"],
        ),
        (b"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\n", 0, &["P-MAXAGE-SHORT"]),
        (b"mode: enforce\nversion: STSv1\nmx: a.example\nmax_age: 1209600\n", 0, &["P-ORDER"]),
    ];
    for (body, code, expected) in table {
        let run = ironpost_with(["lint", "policy", "-"], *body);
        assert_eq!((run.code, run.stderr.as_str()), (*code, ""), "{body:?}: {}", run.stdout);
        for word in *expected {
            assert!(run.stdout.contains(word), "{body:?}: {}", run.stdout);
        }
    }
}

#[test]
fn hostile_bodies_are_judged_and_shown_as_text() {
    let mut bodies = vec![
        vec![0; 65_536],
        vec![b'\n'; 200_000],
        b"\xff\xfe\x00v".repeat(10_000),
        "mx: \u{202e}\u{2028}a\n".repeat(10_000).into_bytes(),
        b"mx: \x1b]0;title\x07\x1b[31m\n".to_vec(),
        b"mx: a.example\n".repeat(10_000),
    ];
    bodies.push(SOUND.replace("1209600", "99999999999").into_bytes());
    for body in bodies {
        for format in ["text", "json"] {
            let run = ironpost_with(["lint", "policy", "--format", format, "-"], body.clone());
            assert_eq!((run.code, run.stderr.as_str()), (1, ""));
            assert!(!run.stdout.contains(|c: char| c.is_control() && c != '\n'));
            assert!(!run.stdout.contains(['\u{202e}', '\u{2028}']));
            assert!(run.stdout.len() < 200_000, "{} octets", run.stdout.len());
        }
    }
}

#[test]
fn records_are_judged() {
    let table: &[(&str, &str, i32, &str)] = &[
        ("mta-sts", "v=STSv1; id=20260501T120000Z;", 0, "Senders accept this record"),
        ("mta-sts", "v=STSv1; id=1-2;", 1, "D-ID"),
        ("mta-sts", "v=STSv1;", 1, "D-ID"),
        ("mta-sts", "v=stsv1; id=1;", 1, "D-VERSION"),
        ("mta-sts", "-v=STSv1; id=1;", 1, "D-VERSION"),
        ("tls-rpt", "v=TLSRPTv1; rua=mailto:tls@example.com", 0, "Senders accept this record"),
        ("tls-rpt", "v=TLSRPTv1; rua=tls@example.com", 1, "R-SCHEME"),
        ("tls-rpt", "v=TLSRPTv1;", 1, "R-RUA"),
    ];
    for (kind, value, code, expected) in table {
        let run = ironpost(["lint", "record", kind, value]);
        assert_eq!((run.code, run.stderr.as_str()), (*code, ""), "{value}: {}", run.stdout);
        assert!(run.stdout.contains(expected), "{value}: {}", run.stdout);
    }
}

#[test]
fn a_record_may_come_from_a_pipe() {
    for line_end in ["", "\n", "\r\n"] {
        let run =
            ironpost_with(["lint", "record", "mta-sts", "-"], format!("v=STSv1; id=1;{line_end}"));
        assert_eq!(run.code, 0, "{line_end:?}: {}", run.stdout);
    }
}

#[test]
fn json_has_the_findings_and_their_places() {
    let body = "version: STSv1\nmode: enforce\nmx: mx1.example.com,mx2\nmax_age: 1209600\n";
    let args = ["lint", "policy", "--format", "json", "--domain", "example.com", "-"];
    let run = ironpost_with(args, body);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["schema"], "ironpost.lint/1");
    assert_eq!(report["accepted"], false);
    assert_eq!(report["findings"][0]["id"], "P-MX-SYNTAX");
    assert_eq!(report["deviations"][0]["line"], 3);
    assert_eq!(report["deviations"][0]["column"], 5);
}

#[test]
fn the_threshold_decides_the_exit_code() {
    let short = SOUND.replace("1209600", "86400");
    for (fail_on, code) in [("high", 0), ("medium", 1), ("never", 0)] {
        let run = ironpost_with(["lint", "policy", "--fail-on", fail_on, "-"], short.clone());
        assert_eq!(run.code, code, "{fail_on}");
    }
}

#[test]
fn a_file_that_is_not_there_is_a_usage_error() {
    for path in ["/nonexistent/mta-sts.txt", "/"] {
        let run = ironpost(["lint", "policy", path]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.starts_with(&format!("error: cannot read {path}: ")), "{}", run.stderr);
    }
}
