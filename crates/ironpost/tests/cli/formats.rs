//! The formats of results, on standard output and in files.

use crate::lab::RunningLab;
use crate::program::{Run, finish};
use serde_json::Value;
use std::fs;
use std::path::Path;

const ONE: [&str; 1] = ["sound-enforce.example"];
const TWO: [&str; 2] = ["mx-unmatched.example", "sound-enforce.example"];
const FOUR: [&str; 4] =
    ["mx-unmatched.example", "sound-enforce.example", "record-none.example", "parked.example"];

#[test]
fn json_is_an_object_or_an_array_in_the_order_asked_for() {
    let lab = RunningLab::start();
    let one: Value = serde_json::from_str(&run(&lab, "json", &ONE).stdout).unwrap();
    for field in [
        "schema",
        "domain",
        "checked_at",
        "verdict",
        "grade",
        "points",
        "partial",
        "policy",
        "mx",
        "findings",
        "not_tested",
    ] {
        assert!(one.get(field).is_some(), "{field}");
    }
    assert_eq!(one["schema"], "ironpost.check/1");
    let two: Value = serde_json::from_str(&run(&lab, "json", &TWO).stdout).unwrap();
    let domains: Vec<_> = two.as_array().unwrap().iter().map(|r| r["domain"].clone()).collect();
    assert_eq!(domains, TWO);
}

#[test]
fn json_lines_are_whole_objects() {
    let lab = RunningLab::start();
    let run = run(&lab, "jsonl", &FOUR);
    let domains: Vec<_> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["domain"].clone())
        .collect();
    assert_eq!(domains, FOUR);
    assert!(run.stdout.ends_with('\n'));
}

#[test]
fn a_domain_named_twice_is_checked_once() {
    let lab = RunningLab::start();
    let run = run(&lab, "jsonl", &["parked.example", "PARKED.example."]);
    assert_eq!(run.stdout.lines().count(), 1);
}

#[test]
fn other_formats_have_their_shape() {
    let lab = RunningLab::start();
    let csv = run(&lab, "csv", &TWO).stdout;
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.starts_with("domain,checked_at,verdict,grade"), "{csv}");
    let junit = run(&lab, "junit", &TWO).stdout;
    assert!(junit.starts_with("<?xml"), "{junit}");
    assert!(junit.contains("M-UNMATCHED"), "{junit}");
    let html = run(&lab, "html", &TWO).stdout;
    assert!(html.to_lowercase().starts_with("<!doctype html>"), "{html}");
    assert!(!html.contains("http-equiv=\"refresh\"") && !html.contains("<script"), "{html}");
    let metrics = run(&lab, "prometheus", &TWO).stdout;
    assert!(metrics.contains("# TYPE ironpost_check_verdict gauge"), "{metrics}");
}

#[test]
fn up_to_three_domains_get_a_view_and_more_a_table() {
    let lab = RunningLab::start();
    let views = run(&lab, "text", &TWO).stdout;
    assert!(views.contains("mx-unmatched.example  AT RISK"), "{views}");
    assert!(views.contains("sound-enforce.example  PROTECTED"), "{views}");
    let table = run(&lab, "text", &FOUR).stdout;
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.starts_with("domain "), "{table}");
}

#[test]
fn junit_calls_a_failure_what_counts() {
    let lab = RunningLab::start();
    for (fail_on, failures) in [("critical", false), ("low", true), ("never", false)] {
        let run = lab.check(["--format", "junit", "--fail-on", fail_on, "mx-unused.example"]);
        assert_eq!(run.stdout.contains("<failure"), failures, "{fail_on}: {}", run.stdout);
    }
}

#[test]
fn the_name_of_a_file_tells_the_format_and_a_file_is_replaced_whole() {
    let lab = RunningLab::start();
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [
        ("r.json", "{"),
        ("r.jsonl", "{\"schema\""),
        ("r.csv", "domain,"),
        ("r.xml", "<?xml"),
        ("r.html", "<!"),
        ("r.prom", "# HELP"),
        ("r.txt", "sound-enforce.example  PROTECTED"),
        ("r", "sound-enforce.example  PROTECTED"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        let run = to_file(&lab, &path);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{name}: {}", run.stderr);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.to_lowercase().starts_with(&start.to_lowercase()), "{name}: {text}");
    }
    let leftovers = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(leftovers, 8, "drafts are gone");
}

#[test]
fn a_full_disk_is_told_and_named() {
    let lab = RunningLab::start();
    let run = to_file(&lab, Path::new("/dev/full"));
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: cannot write /dev/full: "), "{}", run.stderr);
}

#[test]
fn a_new_file_has_the_mode_that_the_umask_leaves() {
    use std::os::unix::fs::PermissionsExt;
    let lab = RunningLab::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.prom");
    let script = "umask 027; exec \"$@\"";
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_ironpost"), "check", "--config"]);
    command.arg(lab.lab().config_file()).args(["--skip", "smtp", "--output"]).arg(&path);
    assert_eq!(finish(command.args(ONE)).code, 0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

fn run(lab: &RunningLab, format: &str, domains: &[&str]) -> Run {
    lab.check(["--format", format].into_iter().chain(domains.iter().copied()))
}

fn to_file(lab: &RunningLab, path: &Path) -> Run {
    finish(lab.command("check").arg("--output").arg(path).args(ONE))
}
