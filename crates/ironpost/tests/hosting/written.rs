//! Records written into a domain's own DNS: Knot, by dynamic update (RFC 2136).

use crate::node::{NodeHome, ZONE as NODE, sections};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

/// The primary name server of `corp.test`, with the files of a node beside it.
struct Corp {
    home: NodeHome,
    knot: Child,
}

impl Corp {
    fn start(records: &str) -> Self {
        let home = NodeHome::new();
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        home.configure(
            &sections("")
                .replace("dns = \"127.0.0.1:1\"", &format!("dns = \"127.0.0.1:{port}\""))
                .replace(
                    "[acme]",
                    &format!("[network.ports]\ndns = {port}\n{}[acme]", update(port)),
                ),
        );
        fs::write(home.path("corp.key"), SECRET).unwrap();
        let zone = format!("{ZONE}{records}");
        fs::write(home.path("corp.test.zone"), zone).unwrap();
        let place = home.path("").display().to_string();
        let conf = home.path("knot.conf");
        fs::write(&conf, knot(port, &place)).unwrap();
        let mut command = Command::new("/usr/sbin/knotd");
        let command = command.arg("--config").arg(conf).stderr(Stdio::piped());
        let mut knot = command.spawn().unwrap();
        let mut log = BufReader::new(knot.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("server started") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "knotd ended");
        }
        // It is not to wait for somebody who reads.
        thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Self { home, knot }
    }
}

impl Drop for Corp {
    fn drop(&mut self) {
        let _ = self.knot.kill();
        let _ = self.knot.wait();
    }
}

fn update(port: u16) -> String {
    format!(
        "[dns_update.corp]\nprovider = \"rfc2136\"\nserver = \"127.0.0.1:{port}\"\n\
         key = \"writer\"\nsecret_file = \"corp.key\"\nzone = \"corp.test\"\n"
    )
}

fn knot(port: u16, place: &str) -> String {
    format!(
        "server:\n  rundir: \"{place}\"\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n  \
         tcp-workers: 1\n  background-workers: 1\n\
         database:\n  storage: \"{place}\"\n  journal-db-max-size: 64M\n  kasp-db-max-size: 16M\n  \
         timer-db-max-size: 16M\n  catalog-db-max-size: 16M\n\
         log:\n  - target: stderr\n    any: info\n\
         key:\n  - id: writer\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
         acl:\n  - id: writer\n    key: writer\n    action: update\n\
         zone:\n  - domain: corp.test.\n    file: \"{place}/corp.test.zone\"\n    acl: writer\n    \
         zonefile-sync: -1\n    journal-max-usage: 8M\n  \
         - domain: {NODE}.\n    file: \"{place}/corp.test.zone\"\n"
    )
}

#[test]
fn the_plan_is_shown_and_then_carried_out() {
    let corp = Corp::start("");
    let add = ["domain", "add", "corp.test", "--mx", "mx.corp.test"];
    let added = corp.home.ironpost(add);
    assert_eq!(added.code, 0, "{added:?}");
    let records = corp.home.ironpost(["domain", "records", "corp.test"]).stdout;
    assert!(records.lines().count() >= 2, "{records}");

    let apply = ["domain", "records", "corp.test", "--apply"];
    let plan = corp.home.ironpost(apply.into_iter().chain(["--dry-run"]));
    let with = |sign: &str| -> Vec<String> {
        records.lines().map(|line| format!("{sign} {line}")).collect()
    };
    assert_eq!((plan.code, lines(&plan.stdout)), (0, with("+")), "{plan:?}");
    let again = corp.home.ironpost(apply.into_iter().chain(["--dry-run"]));
    assert_eq!(again.stdout, plan.stdout, "nothing was written");

    let done = corp.home.ironpost(apply);
    assert_eq!((done.code, &done.stdout), (0, &plan.stdout), "{done:?}");
    assert!(done.stderr.contains("ns.corp.test shows it"), "{done:?}");
    let after = corp.home.ironpost(apply);
    assert_eq!((after.code, lines(&after.stdout)), (0, with("=")), "{after:?}");
    assert!(after.stderr.contains("All of it is there already."), "{after:?}");
}

#[test]
fn what_is_not_ours_stays() {
    let corp = Corp::start("_mta-sts 300 IN TXT \"v=STSv1; id=theirs;\"\n");
    let add = ["domain", "add", "corp.test", "--mx", "mx.corp.test", "--replace"];
    let added = corp.home.ironpost(add);
    assert_eq!(added.code, 0, "{added:?}");
    let refused = corp.home.ironpost(["domain", "records", "corp.test", "--apply"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stdout.contains("! _mta-sts.corp.test. "), "{refused:?}");
    assert!(refused.stderr.contains("which is not ours, so nothing was changed"), "{refused:?}");
    let plan = corp.home.ironpost(["domain", "records", "corp.test", "--apply", "--dry-run"]);
    assert!(plan.stdout.contains("\n+ mta-sts.corp.test. "), "not even that: {plan:?}");
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

const ZONE: &str = "$TTL 300\n@ IN SOA ns hostmaster 1 3600 600 86400 60\n\
    @ IN NS ns\nns IN A 127.0.0.1\n@ IN MX 10 mx\nmx IN A 127.0.0.1\n";
/// A secret that is none.
const SECRET: &str = "c2VjcmV0IG9mIGEgdGVzdCwgMzIgb2N0ZXRzIQ==";
