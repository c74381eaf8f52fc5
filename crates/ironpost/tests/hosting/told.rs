//! What the commands of hosting say and leave behind: before the first start, tried without doing,
//! when a domain is gone, and when something is away.

use crate::guided::Guided;
use crate::node::{NodeHome, sections};
use crate::postgres::Cluster;
use crate::refused::{export, new_home};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Who is too early, or at the wrong place, is told so, and finds nothing made.
#[test]
fn before_the_first_domain_nothing_is_made_by_looking() {
    let home = NodeHome::new();
    let database = home.path("state/ironpost.db").display().to_string();
    let list = home.ironpost(["domain", "list"]);
    assert_eq!((list.code, &*list.stdout), (0, ""), "{list:?}");
    assert!(list.stderr.contains(&database), "{list:?}");
    for line in [
        &["domain", "show", "a.example"][..],
        &["domain", "records", "a.example"],
        &["domain", "publish", "a.example", "--max-age", "2d"],
        &["domain", "history", "a.example"],
        &["domain", "withdraw", "a.example"],
        &["db", "export"],
        &["db", "backup", "copy.db"],
        &["db", "nodes"],
        &["db", "forget-node", "one"],
        &["db", "reseal"],
    ] {
        let run = home.ironpost(line.iter().copied());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{line:?}: {run:?}");
        assert!(run.stderr.contains(&database), "{line:?}: {run:?}");
        assert!(run.stderr.contains("`ironpost domain add` or the first start"), "{run:?}");
    }
    for line in [&["domain", "add", "a.example", "--mx", "mx.a.example"][..], &["db", "migrate"]] {
        let run = home.ironpost(line.iter().copied().chain(["--dry-run"]));
        assert!(run.code == 0 && run.stdout.starts_with("Nothing is changed."), "{run:?}");
    }
    let refused = home.ironpost(["domain", "add", "co.uk", "--mx", "mx.a.example"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(!home.path("state").exists());
}

/// The first domain may come before the first start.
#[test]
fn the_first_domain_makes_what_it_lies_in() {
    let home = NodeHome::new();
    assert_eq!(home.ironpost(ADD).code, 0);
    let mode = |name| fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("state"), mode("state/ironpost.db")), (0o700, 0o600));
    let node = home.start();
    assert_eq!(node.stop(), Some(0));

    // What was named is not made: it may be a slip of the pen.
    let home = NodeHome::new();
    let place = format!("database = \"{}\"\n", home.path("else/where.db").display());
    home.configure(&format!("{place}{}", sections("")));
    let run = home.ironpost(ADD);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("else is not there: make it"), "{run:?}");
}

/// What is tried without doing is told, and nothing is different.
#[test]
fn nothing_is_changed_by_a_dry_run() {
    let home = new_home();
    assert_eq!(home.ironpost(ADD).code, 0);
    // The sealing key and a node.
    assert_eq!(home.start().stop(), Some(0));
    let before = export(&home);
    let file = home.path("export.jsonl");
    fs::write(&file, &before).unwrap();
    let file = file.display().to_string();
    for (line, expected) in [
        (&["domain", "add", "b.example", "--mx", "mx.b.example"][..], "b.example would be hosted"),
        (&["domain", "publish", "a.example", "--max-age", "2d"], "version 2 is made"),
        (&["domain", "rollback", "a.example", "1"], "version 2 is made"),
        (&["domain", "withdraw", "a.example"], "its state becomes gone"),
        (&["domain", "remove", "a.example"], "nothing of it is served any more"),
        (&["db", "migrate"], "There is nothing to do"),
        (&["db", "reseal"], " 0 private keys would be sealed anew"),
    ] {
        let run = home.ironpost(line.iter().copied().chain(["--dry-run"]));
        assert!(run.code == 0 && run.stdout.contains(expected), "{line:?}: {run:?}");
        assert!(!run.stdout.contains("MX hosts is over"), "none was under way: {run:?}");
        assert_eq!(export(&home), before, "{line:?}");
    }
    let import = ["db", "import", &file, "--dry-run"];
    let run = home.ironpost(import);
    assert!(run.code == 2 && run.stderr.contains("the database is not empty"), "{run:?}");

    let other = NodeHome::new();
    let run = other.ironpost(import);
    let counts = "1 domain, 1 version, 0 certificates";
    assert!(run.stdout.ends_with(&format!("this would be imported: {counts}.\n")), "{run:?}");
    fs::write(&file, &before[..before.len() - 20]).unwrap();
    let run = other.ironpost(import);
    assert!(run.code == 2 && run.stderr.contains("cut short"), "{run:?}");
    assert!(!other.path("state").exists());
}

/// A name that is gone is remembered, with each time that it was hosted.
#[test]
fn a_domain_that_is_gone_is_told_of() {
    let home = new_home();
    assert_eq!(home.ironpost(ADD).code, 0);
    let remove = home.ironpost(["domain", "remove", "a.example", "--reason", "a slip"]);
    assert_eq!(remove.stdout, GONE, "{remove:?}");
    assert_eq!((remove.code, &*remove.stderr), (0, ""), "no word of a publication");

    let show = home.ironpost(["domain", "show", "a.example"]).stdout;
    assert!(show.starts_with("a.example  gone since "), "{show}");
    assert!(show.contains("\n`ironpost domain add a.example` hosts it anew.\n"), "{show}");
    let history = home.ironpost(["domain", "history", "a.example"]).stdout;
    assert!(history.starts_with("a.example, hosted from 2"), "{history}");
    assert!(history.contains("nothing of it is served any more, by "), "{history}");
    assert!(history.contains(": a slip\n"), "{history}");
    assert!(!history.contains("MX hosts"), "no change of them was under way: {history}");

    assert_eq!(home.ironpost(ADD).code, 0);
    let show = home.ironpost(["domain", "show", "a.example"]).stdout;
    assert!(show.starts_with("a.example  pending since "), "{show}");
    assert!(show.contains("no node runs: "), "{show}");
    let history = home.ironpost(["domain", "history", "a.example"]).stdout;
    let (now, then) = (history.find("hosted since 2").unwrap(), history.find("hosted from 2"));
    assert!(then.is_some_and(|then| then > now), "the latest first: {history}");
    let json = home.ironpost(["domain", "history", "a.example", "--format", "json"]).stdout;
    let history: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&history["state"], &history["earlier"][0]["state"]),
        (&PENDING.into(), &"gone".into())
    );
    assert_eq!(history["earlier"][0]["versions"][0]["number"], 1);
}

/// What is away is 3, and may be tried again; what is wrong is 2.
#[test]
fn what_is_away_is_told_apart_from_what_is_wrong() {
    let home = NodeHome::new();
    let server = "database = \"postgres://ironpost@127.0.0.1:1/ironpost\"\n";
    home.configure(&format!("{server}{}", sections("")));
    for line in [
        &["domain", "list"][..],
        &["domain", "show", "a.example"],
        &ADD,
        &["db", "nodes"],
        &["db", "export"],
        &["db", "migrate"],
        &["db", "organisation", "b"],
    ] {
        let run = home.ironpost(line.iter().copied());
        assert_eq!((run.code, &*run.stdout), (3, ""), "{line:?}: {run:?}");
        assert!(run.stderr.contains("ironpost@127.0.0.1:1/ironpost cannot be reached"), "{run:?}");
    }
    // Nobody answers as DNS there.
    let home = new_home();
    let run = home.ironpost(["domain", "add", "a.example"]);
    assert_eq!((run.code, &*run.stdout), (3, ""), "{run:?}");
    let run = home.ironpost(["domain", "list", "--organisation", "nobody"]);
    assert_eq!((run.code, &*run.stdout), (0, ""), "there is no database yet: {run:?}");
    assert_eq!(home.ironpost(ADD).code, 0);
    let run = home.ironpost(["domain", "list", "--organisation", "nobody"]);
    assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
}

/// Keys lie in a folder that every user can look into: the start goes on, and says so.
#[test]
fn a_state_folder_that_is_open_to_all_is_told() {
    let home = new_home();
    fs::set_permissions(home.path("state"), Permissions::from_mode(0o755)).unwrap();
    let expected = format!(
        "the state folder {0} holds keys, and is open to every user (mode 0755)",
        home.path("state").display()
    );
    let node = home.start();
    assert!(node.log().contains(&expected), "{}", node.log());
    assert_eq!(node.stop(), Some(0));
    let doctor = home.ironpost(["doctor"]).stdout;
    assert!(doctor.contains(&format!("configuration: weak: {expected}\n  chmod o= ")), "{doctor}");
    fs::set_permissions(home.path("state"), Permissions::from_mode(0o750)).unwrap();
    let node = home.start();
    assert!(!node.log().contains("holds keys"), "{}", node.log());
    assert_eq!(node.stop(), Some(0));
}

/// RFC 7505: a domain that takes no mail has no MX host to put into a policy.
#[test]
fn a_domain_that_takes_no_mail_gives_no_policy() {
    let lab = Guided::shared();
    let run = lab.ironpost("domain add mx-null.example --replace --dry-run");
    assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
    assert!(run.stderr.contains("null MX"), "{run:?}");
    let run = lab.ironpost("domain add no-such-domain.example --dry-run");
    assert!(run.code == 2 && run.stderr.contains("does not exist in DNS"), "{run:?}");
    // Columns one below the other, and no field without a value.
    let list = lab.ironpost("domain list").stdout;
    assert!(list.lines().all(|line| line.trim_end() == line && !line.ends_with(" mx")), "{list}");
    let columns: Vec<_> = list.lines().map(|line| line.find("  version ")).collect();
    assert!(columns.len() > 2 && columns.iter().all(|at| *at == columns[0]), "{list}");
}

/// It would deny names that others have come to host meanwhile.
#[test]
fn a_node_without_a_domain_does_not_start_without_its_database() {
    let cluster = Cluster::start();
    let url = cluster.url_of("ironpost", &cluster.new_database());
    let home = new_home();
    home.configure(&format!("database = \"{url}\"\n{}", sections("")));
    let key = home.path("state/sealing.key");
    fs::write(&key, "MDEyMzQ1Njc4OWFiY2RlZmZlZGNiYTk4NzY1NDMyMTA=\n").unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    // It has seen changes of the database, and none of them is a domain.
    assert_eq!(home.ironpost(ADD).code, 0);
    assert_eq!(home.ironpost(["domain", "remove", "a.example"]).code, 0);
    home.start().kill();
    assert!(home.path("state/snapshot.db").exists());
    cluster.stop();
    let node = home.start_with(|_| {});
    assert_eq!(node.end(), Some(3));
    let log = fs::read_to_string(home.path("log")).unwrap();
    assert!(log.contains("there is nothing to serve: the database does not answer"), "{log}");
    cluster.resume();
    assert_eq!(home.start().stop(), Some(0));
}

/// What is not whole is taken away again, and what is there is not touched.
#[test]
fn an_export_never_takes_the_place_of_another_file() {
    let home = new_home();
    assert_eq!(home.ironpost(ADD).code, 0);
    let file = home.path("export.jsonl").display().to_string();
    let line = ["db", "export", "--output", &file];
    assert_eq!(home.ironpost(line).code, 0);
    let before = fs::read(&file).unwrap();
    let run = home.ironpost(line);
    assert!(run.code == 2 && run.stderr.contains("is there already"), "{run:?}");
    assert_eq!(fs::read(&file).unwrap(), before);
    // Nobody named a way into the DNS of customers.
    let run =
        home.ironpost(["domain", "add", "b.example", "--mx", "m.b.example", "--records", "update"]);
    assert!(run.code == 2 && run.stderr.contains("[dns_update.NAME]"), "{run:?}");
}

const ADD: [&str; 5] = ["domain", "add", "a.example", "--mx", "mx.a.example"];
const GONE: &str =
    "a.example is gone: nothing of it is served any more, and its records may go from its DNS.\n";
const PENDING: &str = "pending";
