//! What the program says of itself.

use crate::program::{command, finish, ironpost};
use std::process::Stdio;

#[test]
fn alone_it_gives_an_orientation() {
    let run = ironpost::<&str>([]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn every_command_explains_itself_with_examples() {
    for args in COMMANDS {
        let run = finish(command().env("COLUMNS", "100").args(*args).arg("--help"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
        if !args.is_empty() && !GROUPS.contains(args) {
            assert!(run.stdout.contains("Examples:"), "{args:?}");
        }
        let name = format!("help {}", args.join(" "));
        insta::assert_snapshot!(name.trim(), run.stdout);
    }
}

#[test]
fn a_reader_that_left_is_no_fault() {
    for args in [&["--help"][..], &["explain", "--all"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ironpost"));
        let child = child.args(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    for args in [&["--help"][..], &["explain", "--all"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ironpost"));
        let child = child.args(args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_wrong_option_is_a_usage_error() {
    for args in [&["--nonsense"][..], &["nonsense"], &["explain"], &["explain", "--all", "D-NONE"]]
    {
        let run = ironpost(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
}

/// Every command.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["check"],
    &["explain"],
    &["lint"],
    &["lint", "policy"],
    &["lint", "record"],
    &["policy"],
    &["policy", "new"],
    &["policy", "export"],
    &["resolver"],
    &["resolver", "explain"],
    &["resolver", "status"],
    &["resolver", "list"],
    &["resolver", "refresh"],
    &["resolver", "purge"],
    &["resolver", "import"],
    &["serve"],
    &["doctor"],
    &["domain"],
    &["domain", "add"],
    &["domain", "list"],
    &["domain", "show"],
    &["domain", "records"],
    &["domain", "publish"],
    &["domain", "history"],
    &["domain", "diff"],
    &["domain", "fetches"],
    &["domain", "rollback"],
    &["domain", "migrate"],
    &["domain", "withdraw"],
    &["domain", "remove"],
    &["domain", "reports"],
    &["db"],
    &["db", "migrate"],
    &["db", "export"],
    &["db", "import"],
    &["db", "backup"],
    &["db", "reseal"],
    &["db", "nodes"],
    &["db", "forget-node"],
    &["db", "organisation"],
    &["lab"],
    &["lab", "check"],
    &["config"],
    &["config", "check"],
];

/// Commands that only hold others.
const GROUPS: &[&[&str]] = &[&["lint"], &["policy"], &["config"]];
