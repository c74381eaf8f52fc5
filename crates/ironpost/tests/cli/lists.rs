//! `ironpost check --input`: lists of any length, interrupted and gone on with.

use crate::lab::{RunningLab, signal};
use crate::program::finish;
use ironpost_lab::LabOptions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

#[test]
fn odd_lines_are_taken_or_named() {
    let lab = RunningLab::start();
    let list = "# ours\r\n\r\nSound-Enforce.Example.\nhttps://parked.example/x\n\
                postmaster@sound-enforce.example\nnot a domain\nb\u{1b}[31m.example\n192.0.2.1\n\
                record-none.example   # no policy yet";
    let mut command = lab.command("check");
    command.args(["--input", "-", "--format", "jsonl", "--fail-on", "never"]).write_stdin(list);
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        domains(&run.stdout),
        BTreeSet::from(
            ["parked.example", "record-none.example", "sound-enforce.example"].map(str::to_owned)
        )
    );
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
    for line in ["line 6: not a domain: ", "line 7: b\\x1b[31m.example: ", "line 8: 192.0.2.1: "] {
        assert!(run.stderr.contains(&format!("warning: {line}")), "{}", run.stderr);
    }
    assert!(run.stderr.contains("1 line named before"), "{}", run.stderr);
    assert!(run.stderr.contains("3 lines without a domain"), "{}", run.stderr);
}

#[test]
fn quiet_says_nothing_but_results_and_errors() {
    let lab = RunningLab::start();
    let mut command = lab.command("check");
    command
        .args(["--quiet", "--input", "-", "--format", "jsonl"])
        .write_stdin("parked.example\n?\n");
    let run = finish(&mut command);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(run.stdout.lines().count(), 1);
}

#[test]
fn the_worst_exit_code_of_a_list_counts() {
    let lab = RunningLab::start();
    let table = [
        ("parked.example\n", 0),
        ("parked.example\nrecord-timeout.example\n", 3),
        ("parked.example\nrecord-timeout.example\nmx-unmatched.example\n", 1),
        ("", 0),
        ("?\n", 0),
    ];
    for (list, code) in table {
        let mut command = lab.command("check");
        let args = ["--input", "-", "--format", "jsonl", "--fail-on", "critical"];
        let run = finish(command.args(args).write_stdin(list));
        assert_eq!(run.code, code, "{list:?}: {}", run.stderr);
    }
}

#[test]
fn a_resumed_list_ends_with_the_exit_code_of_the_whole() {
    let lab = RunningLab::start();
    let folder = tempfile::tempdir().unwrap();
    let (list, results) = (folder.path().join("list"), folder.path().join("results.jsonl"));
    std::fs::write(&list, "mx-unmatched.example\nparked.example\n").unwrap();
    assert_eq!(check_list(&lab, &list, &results, &[]).code, 1);
    let resumed = check_list(&lab, &list, &results, &["--resume"]);
    assert_eq!(resumed.code, 1, "nothing was left to do: {}", resumed.stderr);
}

#[test]
fn every_format_takes_a_list() {
    let lab = RunningLab::start();
    for (format, start) in [
        ("text", "domain "),
        ("json", "[\n"),
        ("csv", "domain,"),
        ("junit", "<?xml"),
        ("html", "<!"),
        ("prometheus", "# HELP"),
    ] {
        let mut command = lab.command("check");
        command
            .args(["--input", "-", "--format", format])
            .write_stdin("parked.example\nsound-lf.example\n");
        let run = finish(&mut command);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        assert!(run.stdout.starts_with(start), "{format}: {}", run.stdout);
        assert!(run.stdout.contains("parked.example"), "{format}: {}", run.stdout);
    }
}

#[test]
fn results_are_not_overwritten_unasked() {
    let lab = RunningLab::start();
    let folder = tempfile::tempdir().unwrap();
    let (list, results) = (folder.path().join("list.txt"), folder.path().join("results.jsonl"));
    fs::write(&list, "parked.example\n").unwrap();
    assert_eq!(check_list(&lab, &list, &results, &[]).code, 0);
    let before = fs::read_to_string(&results).unwrap();

    let refused = check_list(&lab, &list, &results, &[]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("go on with --resume, or begin anew with --force"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read_to_string(&results).unwrap(), before);

    let resumed = check_list(&lab, &list, &results, &["--resume"]);
    assert_eq!(resumed.code, 0);
    assert_eq!(fs::read_to_string(&results).unwrap(), before, "nothing was left to do");

    assert_eq!(check_list(&lab, &list, &results, &["--force"]).code, 0);
    assert_eq!(fs::read_to_string(&results).unwrap().lines().count(), 1);
}

#[test]
fn the_list_itself_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.jsonl");
    fs::write(&list, "parked.example\n").unwrap();
    let path = list.to_str().unwrap();
    let run = crate::program::ironpost(["check", "--input", path, "--output", path, "--force"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is the list itself"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&list).unwrap(), "parked.example\n");
}

#[test]
fn what_is_no_result_is_not_resumed_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (list, results) = (folder.path().join("list.txt"), folder.path().join("results.jsonl"));
    fs::write(&list, "parked.example\n").unwrap();
    fs::write(&results, "my diary\n").unwrap();
    let args = [
        "check",
        "--resume",
        "--input",
        list.to_str().unwrap(),
        "--output",
        results.to_str().unwrap(),
    ];
    let run = crate::program::ironpost(args);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("line 1: not a result"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&results).unwrap(), "my diary\n");
}

#[test]
fn a_killed_run_is_gone_on_with_and_nothing_is_lost_or_done_twice() {
    let bulk = Bulk::start();
    let mut child = bulk.spawn(&[]);
    bulk.wait_for_results(20);
    child.kill().unwrap();
    child.wait().unwrap();
    // Whatever the kill left: a line cut off in the middle.
    let mut text = fs::read_to_string(&bulk.results).unwrap();
    assert!(text.lines().count() < bulk.count, "the run was over before it was killed");
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    text.truncate(end);
    text.push_str("{\"schema\":\"ironpost.check/1\",\"domain\":\"sound-");
    fs::write(&bulk.results, text).unwrap();

    let output = bulk.spawn(&["--resume"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    bulk.assert_complete();
}

#[test]
fn ctrl_c_leaves_whole_lines_and_says_how_to_go_on() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let bulk = Bulk::start();
        let child = bulk.spawn(&[]);
        bulk.wait_for_results(20);
        signal(name, child.id());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("Stopped: "), "{stderr}");
        assert!(stderr.contains("--resume to go on"), "{stderr}");
        let text = fs::read_to_string(&bulk.results).unwrap();
        assert!(text.ends_with('\n'));
        let done = domains(&text);
        assert!(done.len() >= 20 && done.len() < bulk.count, "{} done", done.len());

        let output = bulk.spawn(&["--resume"]).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        bulk.assert_complete();
    }
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly() {
    let bulk = Bulk::start();
    let mut child = bulk
        .command()
        .args(["--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    serde_json::from_str::<Value>(&first).unwrap();
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_full_disk_ends_the_run_with_an_error() {
    let lab = RunningLab::start();
    for format in ["jsonl", "csv", "json", "text", "html"] {
        let mut command = lab.command("check");
        command.args(["--input", "-", "--output", "/dev/full", "--format", format]);
        let run = finish(command.write_stdin("parked.example\n"));
        assert_eq!(run.code, 2, "{format}: {}", run.stderr);
        assert!(run.stderr.contains("/dev/full"), "{format}: {}", run.stderr);
    }
}

/// A list that takes a while: sound domains behind a slow network.
struct Bulk {
    lab: RunningLab,
    _folder: tempfile::TempDir,
    results: PathBuf,
    count: usize,
}

impl Bulk {
    fn start() -> Self {
        let count = 400;
        let round_trip = std::time::Duration::from_millis(10);
        let options = LabOptions { sound_domains: count, round_trip, ..LabOptions::default() };
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("results.jsonl");
        Self { lab: RunningLab::with(options), _folder: folder, results, count }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ironpost"));
        command.args(["check", "--skip", "smtp,dane", "--concurrency", "4", "--config"]);
        command.arg(self.lab.lab().config_file());
        command.arg("--input").arg(self.lab.lab().sound_domains_file());
        command
    }

    fn spawn(&self, more: &[&str]) -> Child {
        let mut command = self.command();
        command.arg("--output").arg(&self.results).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until so many results are in the file; the run writes them one by one.
    fn wait_for_results(&self, wanted: usize) {
        let lines = || fs::read_to_string(&self.results).unwrap_or_default().lines().count();
        while lines() < wanted {
            std::thread::yield_now();
        }
    }

    fn assert_complete(&self) {
        let text = fs::read_to_string(&self.results).unwrap();
        assert_eq!(text.lines().count(), self.count, "each once");
        let expected: BTreeSet<_> = self.lab.lab().sound_domains().into_iter().collect();
        assert!(domains(&text) == expected, "all of them");
    }
}

fn check_list(lab: &RunningLab, list: &Path, results: &Path, more: &[&str]) -> crate::program::Run {
    let mut command = lab.command("check");
    finish(command.arg("--input").arg(list).arg("--output").arg(results).args(more))
}

/// The domains of JSON Lines, each of which must be whole.
fn domains(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|report| report["domain"].as_str().unwrap().to_owned())
        .collect()
}
