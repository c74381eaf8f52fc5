//! What is different on a terminal; `script` (Debian package bsdutils) lends one.

use crate::lab::RunningLab;
use assert_cmd::Command;

#[test]
fn a_terminal_gets_colour_unless_it_is_not_wanted() {
    let lab = RunningLab::start();
    let shown = on_terminal(&lab, "check --skip smtp sound-lf.example", &[]);
    assert!(shown.contains("\u{1b}[1msound-lf.example\u{1b}[0m"), "{shown:?}");
    for plain in [
        on_terminal(&lab, "check --quiet --skip smtp sound-lf.example", &[("NO_COLOR", "1")]),
        on_terminal(&lab, "check --quiet --skip smtp sound-lf.example", &[("TERM", "dumb")]),
        on_terminal(&lab, "check --quiet --color never --skip smtp sound-lf.example", &[]),
    ] {
        assert!(plain.contains("sound-lf.example  PROTECTED"), "{plain:?}");
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
    }
}

#[test]
fn a_list_shows_how_far_it_is() {
    let lab = RunningLab::start();
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), "sound-lf.example\nparked.example\n?\n").unwrap();
    let list = list.path().display();
    let args = format!("check --format jsonl --skip smtp --input {list}");
    let shown = on_terminal(&lab, &args, &[]);
    assert!(shown.contains("0 of 2"), "{shown:?}");
    assert!(shown.contains("2 of 2"), "{shown:?}");
    assert!(shown.contains("protected 1, parked 1"), "{shown:?}");
    let quiet = on_terminal(&lab, &format!("{args} --quiet"), &[]);
    assert!(!quiet.contains("of 2") && !quiet.contains("warning"), "{quiet:?}");
    assert_eq!(quiet.lines().count(), 2, "{quiet:?}");
}

/// What a person at a terminal would be sent.
fn on_terminal(lab: &RunningLab, args: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new("script");
    command.env("PROGRAM", env!("CARGO_BIN_EXE_ironpost")).env("CONFIG", lab.lab().config_file());
    command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
    // Colour is also for the logs of a CI service, which says that it is one.
    command.env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE").env_remove("CI");
    command.envs(variables.iter().copied());
    let (name, rest) = args.split_once(' ').unwrap();
    let line = format!("\"$PROGRAM\" {name} --config \"$CONFIG\" {rest}");
    let output = command.args(["-qec", &line, "/dev/null"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
