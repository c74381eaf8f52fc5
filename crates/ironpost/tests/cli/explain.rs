//! `ironpost explain`.

use crate::program::{command, finish, ironpost};

#[test]
fn an_id_is_explained_in_any_case() {
    let run = ironpost(["explain", "m-unmatched"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.starts_with("M-UNMATCHED  "), "{}", run.stdout);
    assert!(run.stdout.contains("RFC 8461 §4.1"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn every_finding_is_listed_and_explained() {
    let list = ironpost(["explain", "--list"]);
    let all = ironpost(["explain", "--all"]);
    assert_eq!((list.code, all.code), (0, 0));
    let ids: Vec<_> = list.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(ids.len() > 100, "{} ids", ids.len());
    for id in ids {
        assert!(all.stdout.lines().any(|line| line.starts_with(&format!("{id}  "))), "{id}");
    }
}

#[test]
fn an_unknown_id_names_the_one_that_was_probably_meant() {
    let run = ironpost(["explain", "M-UNMATCHD"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "error: there is no finding M-UNMATCHD; did you mean M-UNMATCHED? \
         (`ironpost explain --list` names them all)\n"
    );
}

#[test]
fn an_argument_cannot_act_on_the_terminal() {
    for args in [["explain", "\u{1b}[31mX\u{202e}"], ["explain", "--\u{1b}[31mX\u{202e}"]] {
        let run = finish(command().args(["--color", "always"]).args(args));
        assert_eq!(run.code, 2);
        assert!(!run.stderr.contains("\u{1b}[31mX"), "{:?}", run.stderr);
        assert!(run.stderr.contains("X\\u{202e}"), "{:?}", run.stderr);
    }
}
