//! The lives of the lab's customers, by the command line alone.

use crate::guided::Guided;
use serde_json::Value;

/// From nothing to enforce by what the lab prints, word for word.
#[test]
fn what_the_lab_prints_leads_from_nothing_to_enforce() {
    let lab = Guided::shared();
    let domain = "museum.customers.example";
    let [list, add, records, show, publish, check] = lab.commands() else {
        panic!("{:#?}", lab.commands())
    };

    let run = ok(list);
    for (name, state) in
        [("florist", "testing"), ("harbour", "pending"), ("library", "withdrawing")]
    {
        let begins = format!("{name}.customers.example  {state} since ");
        assert!(run.lines().any(|line| line.starts_with(&begins)), "{begins}: {run}");
    }
    assert!(!run.contains(domain), "{run}");

    let added = ok(add);
    let records_to_put = ["_mta-sts", "mta-sts"].map(|label| {
        let name = format!("{label}.{domain}. 3600 IN CNAME ");
        let record = added.lines().find(|line| line.trim_start().starts_with(&name));
        record.unwrap_or_else(|| panic!("{added}")).trim().to_owned()
    });
    assert!(added.contains(&format!("  mx: mx.{domain}\n")), "of its MX records: {added}");
    assert!(added.contains("  mode: testing\n"), "{added}");

    // They are the same when they are asked for again, and nothing else stands among them.
    let file = records.split_once(">> ").unwrap().1;
    let before = std::fs::read_to_string(file).unwrap();
    assert_eq!(ok(records), "");
    let after = std::fs::read_to_string(file).unwrap();
    let written: Vec<_> = after.strip_prefix(&before).unwrap().lines().collect();
    assert_eq!(written, records_to_put);

    lab.wait_for(domain, "testing");
    let shown = ok(show);
    assert!(shown.starts_with(&format!("{domain}  testing since ")), "{shown}");
    assert!(shown.contains("\n  certificate   expires "), "{shown}");

    // Without a reason it is a day too early.
    let early = publish.replace("--override 'a lab has no day to wait'", "");
    let refused = Guided::shell(&early);
    assert_eq!((refused.code, &*refused.stdout), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("mode testing was not announced for a day"), "{refused:?}");
    assert!(refused.stderr.contains("--override REASON"), "the way out: {refused:?}");

    assert_eq!(ok(publish), format!("{domain}: version 2, enforce.\n"));
    let checked = ok(check);
    assert!(checked.starts_with(&format!("{domain}  PROTECTED ")), "{checked}");
    let shown = lab.json("show", domain);
    assert_eq!(shown["state"], "enforce");
    assert_eq!(shown["announced"]["version"], 2);
    let events = events(&lab.json("history", domain));
    let reason = "made 2: overridden: a lab has no day to wait";
    assert!(events.iter().any(|event| event == reason), "{events:#?}");
}

/// Forwards, back and away: every version has an id of its own and is kept.
#[test]
fn versions_are_told_compared_and_taken_back() {
    let lab = Guided::shared();
    let domain = "bakery.customers.example";
    let changed = |line: &str| {
        let run = lab.ironpost(line);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        run.stdout
    };
    assert_eq!(
        changed(&format!("domain diff {domain} 1 2")).lines().skip(2).collect::<Vec<_>>(),
        [
            " version: STSv1",
            "-mode: testing",
            "+mode: enforce",
            &format!(" mx: mx.{domain}"),
            "-max_age: 86400",
            "+max_age: 1209600",
        ]
    );

    // What is only to be shown changes nothing.
    let before = known(&lab.json("history", domain));
    for (line, expected) in [
        (format!("rollback {domain} 1"), "\n    mode: testing\n".to_owned()),
        (format!("withdraw {domain}"), "\n    mode: none\n".to_owned()),
        (
            format!("migrate {domain} --to mx2.{domain}"),
            format!("\n    mx: mx.{domain}\n    mx: mx2.{domain}\n"),
        ),
        (format!("publish {domain} --max-age 4w"), "\n    max_age: 2419200\n".to_owned()),
    ] {
        let shown = changed(&format!("domain {line} --dry-run"));
        assert!(shown.starts_with("Nothing is changed."), "{shown}");
        assert!(shown.contains(&expected) && shown.contains("version 3 is made"), "{shown}");
    }
    assert_eq!(known(&lab.json("history", domain)), before);

    let rolled_back = changed(&format!("domain rollback {domain} 1 --reason 'a new host'"));
    assert_eq!(rolled_back, format!("{domain}: version 3, testing.\n"));
    assert_eq!(
        changed(&format!("domain diff {domain} 1 3")).lines().skip(2).collect::<Vec<_>>(),
        [" version: STSv1", " mode: testing", &format!(" mx: mx.{domain}"), " max_age: 86400",]
    );
    let withdrawn = changed(&format!("domain withdraw {domain}"));
    assert_eq!(withdrawn, format!("{domain}: version 4, withdrawing.\n"));
    let shown = changed(&format!("domain show {domain}"));
    assert!(shown.contains("  withdrawal    keep the records in DNS until "), "{shown}");

    let history = lab.json("history", domain);
    let modes: Vec<_> = versions(&history).map(|version| version["mode"].clone()).collect();
    assert_eq!(modes, ["testing", "enforce", "testing", "none"]);
    let mut ids: Vec<_> = versions(&history).map(|version| version["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "{history:#}");
    let events = events(&history);
    assert!(events.iter().any(|event| event == "made 3: a new host"), "{events:#?}");
}

/// Where nothing was announced nobody is waited for; and what was begun can be broken off.
#[test]
fn a_change_of_mx_hosts_begins_and_is_broken_off() {
    let lab = Guided::shared();
    let domain = "harbour.customers.example";
    let migrate = |more: &str| {
        let run = lab.ironpost(&format!("domain migrate {domain}{more}"));
        assert_eq!(run.code, 0, "{more}: {run:?}");
        run.stdout
    };
    let begun = migrate(&format!(" --to mx2.{domain} --no-wait"));
    let free = "\n  done  no sender can hold an older one: MX records may be switched\n";
    assert!(begun.contains(free) && !begun.contains("1970"), "{begun}");
    let off = format!("\nTo break it off: ironpost domain migrate {domain} --cancel\n");
    assert!(begun.ends_with(&off), "{begun}");
    migrate(" --cancel --no-wait");
    let over = format!("{domain}: no change of MX hosts is under way; --to HOST begins one.\n");
    assert_eq!(migrate(""), over);
    let history = lab.json("history", domain);
    let latest = versions(&history).last().unwrap();
    assert_eq!(latest["mx"], serde_json::json!([format!("mx.{domain}")]), "{latest}");
}

/// A policy that is published elsewhere is not passed over: somebody says what becomes of it.
#[test]
fn a_policy_that_is_there_already_is_decided_about() {
    let lab = Guided::shared();
    let hosted = lab.ironpost("domain add florist.customers.example");
    assert_eq!((hosted.code, &*hosted.stdout), (2, ""), "{hosted:?}");
    assert!(hosted.stderr.contains("is hosted already"), "{hosted:?}");
    let domain = "sound-delegated.example";
    let add = |more: &str| lab.ironpost(&format!("domain add {domain}{more} --dry-run"));
    let undecided = add("");
    assert_eq!((undecided.code, &*undecided.stdout), (2, ""), "{undecided:?}");
    let told = format!("{domain} publishes a policy already, in mode enforce and to be kept for ");
    assert!(undecided.stderr.contains(&told), "{undecided:?}");
    for (more, mode) in [(" --import", "enforce"), (" --replace", "testing")] {
        let run = add(more);
        assert_eq!(run.code, 0, "{more}: {run:?}");
        assert!(run.stdout.contains(&format!("\n  mode: {mode}\n")), "{more}: {run:?}");
        assert!(run.stderr.contains("publishes now"), "{more}: {run:?}");
    }
}

/// A policy that does not cover its MX hosts, and a host that is none.
#[test]
fn a_policy_that_cannot_match_its_hosts_is_not_enforced() {
    let lab = Guided::shared();
    let domain = "florist.customers.example";
    let before = known(&lab.json("history", domain));
    let table = [
        (
            format!("publish {domain} --mode enforce --mx mx.elsewhere.example"),
            format!("no mx pattern matches the MX host mx.{domain}: add one"),
        ),
        (
            format!("publish {domain} --mode enforce --mx '*.{domain},*.{domain}' --max-age 60"),
            "a max_age of 60 s is forgotten within a day: take a day or more".to_owned(),
        ),
        (
            format!("publish {domain} --mode none"),
            "mode none takes the policy away: withdraw the domain instead".to_owned(),
        ),
        (format!("rollback {domain} 9 --mx x"), "unexpected argument '--mx' found".to_owned()),
        (format!("rollback {domain} 9"), "there is no version 9: see the history".to_owned()),
        (
            format!("migrate {domain} --narrow"),
            "no change of MX hosts is under way: begin one first".to_owned(),
        ),
        (
            format!("migrate {domain} --cancel"),
            "no change of MX hosts is under way: begin one first".to_owned(),
        ),
        (
            format!("migrate {domain} --to mx.{domain}"),
            "the MX records name exactly these hosts already".to_owned(),
        ),
        (
            format!("remove {domain}"),
            "senders may still hold a policy: withdraw it first, and wait".to_owned(),
        ),
        (
            format!("publish {domain} --mode enforce --override ' '"),
            "--override wants a reason: it is kept in the history".to_owned(),
        ),
    ];
    for (line, expected) in table {
        let run = lab.ironpost(&format!("domain {line}"));
        assert_eq!((run.code, &*run.stdout), (2, ""), "{line}: {run:?}");
        assert!(
            run.stderr.contains("error: ") && run.stderr.contains(&expected),
            "{line}: {run:?}"
        );
    }
    assert_eq!(known(&lab.json("history", domain)), before);
}

/// Runs a printed line that has to succeed.
fn ok(line: &str) -> String {
    let run = Guided::shell(line);
    assert_eq!(run.code, 0, "{line}: {run:?}");
    run.stdout
}

/// What happened, newest first: `made 2: why`.
fn events(history: &Value) -> Vec<String> {
    let events = history["events"].as_array().unwrap().iter();
    let told = events.map(|event| {
        let what = event["what"].as_str().unwrap();
        let version = event["version"].as_u64().map(|number| format!(" {number}"));
        let why = event["why"].as_str().map(|why| format!(": {why}"));
        format!("{what}{}{}", version.unwrap_or_default(), why.unwrap_or_default())
    });
    told.collect()
}

fn versions(history: &Value) -> impl Iterator<Item = &Value> {
    history["versions"].as_array().unwrap().iter()
}

/// A history without what senders do to it.
fn known(history: &Value) -> (Vec<String>, Vec<Value>) {
    (events(history), versions(history).map(|version| version["id"].clone()).collect())
}
