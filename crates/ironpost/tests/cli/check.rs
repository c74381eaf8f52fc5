//! `ironpost check DOMAIN…`.

use crate::lab::RunningLab;
use crate::program::{finish, ironpost};
use serde_json::Value;
use std::fs;

#[test]
fn the_exit_code_says_what_was_found() {
    let lab = RunningLab::start();
    let table: &[(&[&str], i32, &str)] = &[
        (&["sound-enforce.example"], 0, "nothing to find"),
        (&["mx-unmatched.example"], 1, "critical"),
        (&["mx-unused.example"], 0, "low is below high"),
        (&["mx-unused.example", "--fail-on", "low"], 1, "low"),
        (&["mx-unmatched.example", "--fail-on", "never"], 0, "never"),
        (&["record-timeout.example", "--fail-on", "never"], 3, "the lookup fails"),
        (&["sound-enforce.example", "mx-unmatched.example"], 1, "the worst of both"),
    ];
    for (args, code, reason) in table {
        let run = lab.check(args.iter().copied());
        assert_eq!(run.code, *code, "{args:?} ({reason}): {} {}", run.stdout, run.stderr);
        assert_eq!(run.stderr, "", "{args:?}");
    }
}

#[test]
fn domains_are_taken_as_people_write_them() {
    let lab = RunningLab::start();
    let idn = lab.lab().scenarios().iter().find(|s| s.name == "sound-idn").unwrap();
    let unicode = idn.domain.parse::<ironpost_proto::domain::Domain>().unwrap().to_unicode();
    let table = [
        ("SOUND-Enforce.Example", "sound-enforce.example"),
        ("sound-enforce.example.", "sound-enforce.example"),
        ("https://sound-enforce.example/index.html", "sound-enforce.example"),
        ("postmaster@sound-enforce.example", "sound-enforce.example"),
        (unicode.as_str(), idn.domain.as_str()),
    ];
    for (written, domain) in table {
        let run = lab.check(["--format", "json", "--skip", "smtp", written]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["domain"], domain, "{written}");
    }
}

#[test]
fn what_is_no_domain_is_told_before_anything_goes_out() {
    let table = [
        ("not a domain", "'not a domain' is no domain: "),
        ("192.0.2.1", "'192.0.2.1' is no domain: an IP address"),
        ("b\u{1b}[31m.example", "'b\\x1b[31m.example' is no domain: "),
        ("", "'' is no domain: the name is empty"),
        ("a..b.example", "'a..b.example' is no domain: a label is empty"),
    ];
    for (argument, expected) in table {
        // No resolver answers here, and none is asked.
        let run = ironpost(["check", "--dns", "127.0.0.1:9", argument]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{argument}");
        assert!(run.stderr.starts_with(&format!("error: {expected}")), "{}", run.stderr);
        assert!(run.stderr.contains("expected: a domain like example.com"), "{}", run.stderr);
    }
}

#[test]
fn options_out_of_range_are_usage_errors() {
    let table: &[(&[&str], &str)] = &[
        (&[], "required arguments were not provided"),
        (&["a.example", "--input", "-"], "cannot be used with"),
        (&["a.example", "--resume"], "required arguments were not provided"),
        (&["a.example", "--concurrency", "0"], "expected a number from 1 to 1024"),
        (&["a.example", "--concurrency", "1025"], "expected a number from 1 to 1024"),
        (&["a.example", "--dns", "ns.example"], "expected an address with or without a port"),
        (&["a.example", "--dns", "127.0.0.1:99999"], "a port is a number from 1 to 65535"),
        (&["a.example", "--allow-address", "10.0.0.0/40"], "expected a network or an address"),
        (&["a.example", "--skip", "everything"], "[possible values: smtp, dane, tls-rpt]"),
        (&["a.example", "--fail-on", "huge"], "[possible values: critical, high, medium"),
        (&["a.example", "--format", "yaml"], "[possible values: text, json, jsonl, csv"),
        (&["a.example", "--smtp-port", "0"], "invalid value '0'"),
        (&["a.example", "--ehlo-name", "a b"], "expected a host name or an address literal"),
        (&["a.example", "--config", "/nonexistent"], "cannot read the configuration"),
        (&["a.example", "--roots", "/nonexistent.pem"], "/nonexistent.pem"),
        (&["a.example", "--previous", "/nonexistent.jsonl"], "cannot read /nonexistent.jsonl"),
        (&["a.example", "--trust-anchor", "/nonexistent.key"], "/nonexistent.key"),
        (&["a.example", "--trust-anchor", "x", "--dnssec", "off"], "--trust-anchor has no use"),
        (&["a.example", "--output", "/nonexistent/x.json"], "cannot write /nonexistent/x.json"),
        (&["a.example", "--output", "/"], "cannot write /"),
        (&["--input", "/nonexistent.txt"], "cannot read /nonexistent.txt"),
        (&["--input", "/"], "cannot read /"),
    ];
    for (args, expected) in table {
        let run = ironpost([&["check"], *args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_resolver_out_of_reach_is_could_not_test() {
    // A port that was free a moment ago, on an address of nobody else.
    let free = std::net::UdpSocket::bind("127.53.255.1:0").unwrap().local_addr().unwrap();
    let dns = free.to_string();
    let run =
        ironpost(["check", "--dns", &dns, "--dnssec", "off", "--format", "json", "a.example"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["verdict"], "could_not_tell");
}

#[test]
fn parts_left_out_are_said_to_be_left_out() {
    let lab = RunningLab::start();
    let run =
        lab.check(["--skip", "smtp,dane,tls-rpt", "--format", "json", "sound-enforce.example"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let left_out: Vec<_> = report["not_tested"]
        .as_array()
        .unwrap()
        .iter()
        .map(|not| not["section"].as_str().unwrap())
        .collect();
    for section in ["mx_tls", "tls_rpt", "dane"] {
        assert!(left_out.contains(&section), "{left_out:?}");
    }
    assert_eq!(report["partial"], true);
    let smtp =
        lab.lab().requests().iter().any(|seen| matches!(seen, ironpost_lab::Seen::Smtp { .. }));
    assert!(!smtp, "--skip smtp talks to no mail host");
}

#[test]
fn nothing_that_a_peer_says_reaches_the_terminal_raw() {
    let lab = RunningLab::start();
    let loud =
        ["sound-loud-banner.example", "smtp-starttls-garbage.example", "policy-html.example"];
    for format in ["text", "json", "jsonl", "csv", "junit", "html", "prometheus"] {
        let run =
            lab.check(["--explain", "--simulate", "--format", format].into_iter().chain(loud));
        let acts = |c: char| c.is_control() && c != '\n';
        assert!(!run.stdout.contains(acts), "{format}: {:?}", run.stdout);
        assert!(!run.stdout.contains(['\u{202e}', '\u{2028}']), "{format}: {:?}", run.stdout);
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let lab = RunningLab::start();
    let table = [
        ("", "auto", false),
        ("", "always", true),
        ("", "never", false),
        ("CLICOLOR_FORCE", "auto", true),
        ("NO_COLOR CLICOLOR_FORCE", "auto", false),
        ("CLICOLOR_FORCE", "never", false),
        ("NO_COLOR", "always", true),
    ];
    for (variables, when, painted) in table {
        let mut command = lab.command("check");
        command.envs(variables.split_whitespace().map(|name| (name, "1")));
        let run =
            finish(command.args(["--color", when, "--skip", "smtp", "sound-enforce.example"]));
        assert_eq!(run.stdout.contains('\u{1b}'), painted, "{variables:?} {when}");
    }
}

#[test]
fn a_c_locale_gets_ascii() {
    let lab = RunningLab::start();
    let run = finish(lab.command("check").env("LC_ALL", "C").arg("sound-enforce.example"));
    assert!(run.stdout.is_ascii(), "{}", run.stdout);
}

#[test]
fn a_run_is_compared_with_an_earlier_one() {
    let lab = RunningLab::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.jsonl");
    let path = path.to_str().unwrap();
    lab.check(["--output", path, "sound-enforce.example"]);
    let then = fs::read_to_string(path).unwrap();
    let mut record: Value = serde_json::from_str(&then).unwrap();
    record["seen"]["body_sha256"] = "00".repeat(32).into();
    fs::write(path, record.to_string()).unwrap();

    let run = lab.check(["--previous", path, "--format", "json", "sound-enforce.example"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let ids: Vec<_> = report["findings"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
    assert!(ids.contains(&&Value::from("Y-SAMEID")), "{ids:?}");
}

#[test]
fn an_earlier_run_that_is_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.jsonl");
    fs::write(&path, "\nnonsense\n").unwrap();
    let run = ironpost(["check", "--previous", path.to_str().unwrap(), "a.example"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("before.jsonl: line 2: not a result"), "{}", run.stderr);
}

#[test]
fn options_come_from_the_environment_too() {
    let lab = RunningLab::start();
    let mut command = crate::program::command();
    command.env("IRONPOST_CONFIG", lab.lab().config_file());
    let run = finish(command.args(["check", "--skip", "smtp", "sound-enforce.example"]));
    assert_eq!(run.code, 0, "{}", run.stderr);

    // The environment outranks the file, and an option outranks both.
    let mut command = lab.command("check");
    command.env("IRONPOST_ROOTS", "/nonexistent.pem");
    let run = finish(command.args(["--skip", "smtp", "sound-enforce.example"]));
    assert_eq!(run.code, 2);
    let mut command = lab.command("check");
    command.env("IRONPOST_ROOTS", "/nonexistent.pem").arg("--roots").arg(lab.lab().roots_file());
    let run = finish(command.args(["--skip", "smtp", "sound-enforce.example"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_low_limit_of_open_files_lowers_the_number_of_domains_in_work() {
    let lab = RunningLab::start();
    let mut command = assert_cmd::Command::new("sh");
    let script = "ulimit -n 128; exec \"$0\" check --config \"$1\" --skip smtp sound-lf.example";
    command.args(["-c", script, env!("CARGO_BIN_EXE_ironpost")]).arg(lab.lab().config_file());
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("warning: the limit of open files lets 4 domains"),
        "{}",
        run.stderr
    );
}
