//! Input that is no good: it is named, with a way out, and nothing is half-written.

use crate::node::{NodeHome, sections};
use std::fs;

/// A table of what is typed, and what is said.
#[test]
fn what_cannot_be_hosted_is_named_and_nothing_is_written() {
    let home = new_home();
    let add = ["domain", "add", "held.example", "--mx", "mx.held.example"];
    assert_eq!(home.ironpost(add).code, 0);
    assert_eq!(home.ironpost(["db", "organisation", "b"]).code, 0);
    let before = export(&home);
    let long = format!("{}.example", "a".repeat(64));
    let table: &[(&[&str], &str)] = &[
        (&["bad..example"], "bad..example is not a domain: a label is empty; give the part behind"),
        (&["a b.example"], "a b.example is not a domain: ' ' is not allowed in a domain; give"),
        (&["a@b.example"], "is not a domain: '@' is not allowed"),
        (&["\u{1b}[31m.example"], "\\x1b[31m.example is not a domain"),
        (&[""], "is not a domain: the name is empty"),
        (&[&long], "is not a domain: a label is longer than 63 octets"),
        (&["xn--\u{fc}.example"], "is not a domain"),
        (&["192.0.2.1"], "192.0.2.1 is an address; give the domain"),
        (&["2001:db8::1"], "2001:db8::1 is an address; give the domain"),
        (&["co.uk"], "co.uk is a public suffix (of a registry)"),
        (&["github.io"], "github.io is a public suffix (of a provider)"),
        (&["com"], "com is a single label"),
        (&["_mta-sts.a.example"], "give the domain itself"),
        (&["x.sts.node.example"], "lies in sts.node.example, the zone that hosted domains lead to"),
        (&["held.example"], "held.example is hosted already: `ironpost domain show held.example`"),
        (&["HELD.example."], "held.example is hosted already"),
        (&["held.example", "--organisation", "b"], "another organisation hosts held.example here"),
        (&["a.example", "--organisation", "c"], "`ironpost db organisation c` makes it"),
        (&["a.example", "--mx", "*.*.a.example"], "`*` may only be the whole left-most label"),
        (&["a.example", "--mx", "mx a.example"], "invalid value 'mx a.example' for '--mx <HOST>'"),
        (&["a.example", "--mx", "127.0.0.1"], "127.0.0.1 is an address; an MX is a host name"),
        (&["a.example", "--mx", "mx.a.example,192.0.2.1"], "192.0.2.1 is an address; an MX is"),
        (&["a.example", "--mx", "localhost"], "localhost is no name that senders can look up"),
        (&["a.example", "--mx", "*.example"], "*.example is too wide: anybody can register a name"),
        (&["a.example", "--rua", "http://a.example/"], "reports go to mailto: or https: addresses"),
        (&["a.example", "--rua", "ftp://a.example/"], "reports go to mailto: or https: addresses"),
        (&["a.example", "--rua", "mailto:"], "reports go to mailto: or https: addresses, not to"),
        (&["a.example", "--rua", "mailto:a"], "reports go to mailto: or https: addresses, not to"),
        (&["a.example", "--rua", "https:"], "reports go to mailto: or https: addresses, not to"),
        (&["a.example", "--max-age", "31557601"], "at most 31557600 seconds (about a year, RFC"),
        (&["a.example", "--max-age", "18446744073709551616"], "at most 31557600 seconds"),
        (&["a.example", "--max-age", "4x"], "expected seconds, or a number with h, d or w"),
        (&["a.example", "--mode", "strict"], "invalid value 'strict' for '--mode <MODE>'"),
        (&["a.example", "--rua", "tls@a.example"], "invalid value 'tls@a.example' for '--rua"),
        (&["a.example", "--database", "mysql://a/b"], "expected postgres://user@host/database"),
    ];
    for (args, expected) in table {
        let mut line = vec!["domain", "add"];
        line.extend(*args);
        if !line.contains(&"--mx") {
            line.extend(["--mx", "mx.held.example"]);
        }
        let run = home.ironpost(line);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{args:?}: {run:?}");
        assert!(run.stderr.starts_with("error: "), "{args:?}: {run:?}");
        assert!(run.stderr.contains(expected), "{args:?}: {run:?}");
        assert!(!run.stderr.contains('\u{1b}'), "{args:?}: {run:?}");
        assert_eq!(export(&home), before, "{args:?}");
    }
}

/// Mode enforce at once is not refused as if it were the wrong word: what it takes is said.
#[test]
fn mode_enforce_from_the_first_day_wants_a_reason() {
    let home = new_home();
    let add = ["domain", "add", "a.example", "--mx", "mx.a.example", "--mode", "enforce"];
    let run = home.ironpost(add);
    assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
    for expected in [
        "\n  - the MX records could not be looked up (",
        "\n  - mode testing was not announced for a day yet",
        "\nTo go on all the same, say why: --override REASON; it is kept.",
    ] {
        assert!(run.stderr.contains(expected), "{expected}: {run:?}");
    }
    let run = home.ironpost(add.into_iter().chain(["--override", "tested elsewhere"]));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("\n  mode: enforce\n"), "{run:?}");
    assert!(!run.stdout.contains("Once mode testing"), "nothing is left to do: {run:?}");
}

/// What is asked for is shown or refused, and nothing of it passed over.
#[test]
fn what_is_asked_for_is_not_passed_over() {
    let home = new_home();
    let add =
        |more: &[&str]| home.ironpost(["domain", "add", "a.example"].iter().chain(more).copied());
    let run = add(&["--import", "--mode", "testing"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("'--import' cannot be used with '--mode <MODE>'"), "{run:?}");
    let run = add(&["--mx", "mx.a.example", "--rua", "mailto:tls@a.example", "--dry-run"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.ends_with("\n  v=TLSRPTv1; rua=mailto:tls@a.example;\n"), "{run:?}");
    assert!(run.stderr.contains("whether the policy covers its MX hosts is not known"), "{run:?}");
}

/// A name in another script is taken as what it is in DNS, whoever asks.
#[test]
fn a_name_in_another_script_is_taken_as_it_is_in_dns() {
    let home = new_home();
    let add =
        home.ironpost(["domain", "add", "B\u{fc}cher.example", "--mx", "mx.b\u{fc}cher.example"]);
    assert_eq!(add.code, 0, "{add:?}");
    assert!(
        add.stderr.starts_with("B\u{fc}cher.example is xn--bcher-kva.example in DNS\n"),
        "{add:?}"
    );
    assert!(add.stdout.contains("\n  mx: mx.xn--bcher-kva.example\n"), "{add:?}");
    for name in ["b\u{fc}cher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE."] {
        let show = home.ironpost(["domain", "show", name]);
        assert_eq!(show.code, 0, "{show:?}");
        assert!(show.stdout.starts_with("xn--bcher-kva.example  pending since "), "{show:?}");
    }
}

/// Who is not the domain's organisation neither sees nor changes it.
#[test]
fn another_organisation_neither_sees_nor_changes_a_domain() {
    let home = new_home();
    let domain = "held.example";
    assert_eq!(home.ironpost(["domain", "add", domain, "--mx", "mx.held.example"]).code, 0);
    assert_eq!(home.ironpost(["db", "organisation", "b"]).code, 0);
    let before = export(&home);
    for command in [
        &["show"][..],
        &["records"],
        &["history"],
        &["diff"],
        &["publish", "--max-age", "2d"],
        &["rollback", "1"],
        &["migrate", "--to", "mx.b.example"],
        &["withdraw"],
        &["remove", "--override", "mine"],
    ] {
        let mut line = vec!["domain", command[0], domain];
        line.extend(&command[1..]);
        line.extend(["--organisation", "b"]);
        let run = home.ironpost(line);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{command:?}: {run:?}");
        assert!(run.stderr.contains("held.example is not hosted here"), "{command:?}: {run:?}");
    }
    let list = home.ironpost(["domain", "list", "--organisation", "b"]);
    assert_eq!((list.code, &*list.stdout), (0, ""), "{list:?}");
    assert_eq!(export(&home), before);
}

/// A key that nobody knows stops every command before it opens anything.
#[test]
fn an_unknown_key_in_the_configuration_stops_every_command() {
    let home = NodeHome::new();
    home.configure(&sections("zoen = \"a.example\"\n"));
    let file = home.path("ironpost.toml").display().to_string();
    for line in [
        &["domain", "add", "a.example", "--mx", "mx.a.example"][..],
        &["domain", "list"],
        &["db", "migrate"],
        &["db", "export"],
        &["doctor"],
        &["serve"],
        &["config", "check"],
    ] {
        let run = home.ironpost(line.iter().copied());
        assert_eq!(run.code, 2, "{line:?}: {run:?}");
        assert!(run.stderr.contains("unknown field `zoen`"), "{line:?}: {run:?}");
        assert!(run.stderr.contains(&file), "{line:?}: {run:?}");
        assert!(!home.path("state").exists(), "{line:?}");
    }
}

/// A home whose state folder is there, as packages make it.
pub(crate) fn new_home() -> NodeHome {
    let home = NodeHome::new();
    fs::create_dir(home.path("state")).unwrap();
    home
}

/// Everything in the database of a home.
pub(crate) fn export(home: &NodeHome) -> String {
    let run = home.ironpost(["db", "export"]);
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout
}

/// What nobody ever saw goes at once, and nobody is told to wait for it.
#[test]
fn what_was_never_published_is_withdrawn_at_once() {
    let home = new_home();
    let add = ["domain", "add", "a.example", "--mx", "mx.a.example"];
    assert_eq!(home.ironpost(add).code, 0);
    let run = home.ironpost(["domain", "withdraw", "a.example", "--dry-run"]);
    assert!(run.code == 0 && run.stdout.contains("its state becomes gone"), "{run:?}");
    let run = home.ironpost(["domain", "withdraw", "a.example"]);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
    assert!(run.stdout.starts_with("a.example is gone: "), "{run:?}");
    assert_eq!(home.ironpost(["domain", "list"]).stdout, "");
    assert_eq!(home.ironpost(add).code, 0, "it may come back");
}
