//! `ironpost doctor` beside a node, in the lab.

use crate::lab::RunningLab;
use crate::node::{NodeHome, sections};
use serde_json::Value;
use std::fs;
use std::net::{SocketAddr, TcpListener};

/// What it says, and its exit code.
fn doctor(home: &NodeHome, more: &[&str]) -> (Value, i32) {
    let args = ["doctor", "--format", "json"].into_iter().chain(more.iter().copied());
    let run = home.ironpost(args);
    let report = serde_json::from_str(&run.stdout);
    (report.unwrap_or_else(|error| panic!("{error}: {run:?}")), run.code)
}

/// Verdict and sight of each finding of a test.
fn found<'a>(report: &'a Value, test: &str) -> Vec<(&'a str, &'a str)> {
    let tests = report["tests"].as_array().unwrap().iter();
    let of = tests.filter(|found| found["test"] == test);
    of.map(|found| (found["verdict"].as_str().unwrap(), found["seen"].as_str().unwrap())).collect()
}

#[test]
fn a_node_in_its_network_is_sound_and_without_it_the_way_out_is_told() {
    let lab = RunningLab::start(0);
    let at = lab.lab().installation();
    let free = TcpListener::bind(SocketAddr::new(at, 0)).unwrap().local_addr().unwrap();
    let ca = lab.start_ca(free.port());
    let home = NodeHome::new();
    fs::copy(lab.lab().roots_file(), home.path("ca.pem")).unwrap();
    let network = fs::read_to_string(lab.lab().config_file()).unwrap();
    let network = network.replace(lab.lab().roots_file().to_str().unwrap(), "ca.pem");
    let (zone, ports) = (lab.lab().hosting_zone(), lab.lab().ports());
    home.configure(&format!(
        "{network}\n[acme]\ndirectory = \"{}\"\nroots = \"ca.pem\"\nagree_to_terms = true\n\
         [serve]\nstate = \"state\"\nzone = \"{zone}\"\nns = \"ns.{zone}\"\naddresses = \"{at}\"\n\
         https = \"{at}:{}\"\nhttp = \"{free}\"\ndns = \"{at}:{}\"\n",
        ca.directory(),
        ports.https,
        ports.dns,
    ));
    let node = home.start();
    let (report, code) = doctor(&home, &[]);
    for test in [
        "configuration",
        "ports",
        "ca",
        "clock",
        "zone",
        "name server",
        "database",
        "nodes",
        "sealing key",
        "disk",
    ] {
        let found = found(&report, test);
        assert!(!found.is_empty(), "{test}: {report}");
        assert!(found.iter().all(|(verdict, _)| *verdict == "sound"), "{test}: {found:?}");
    }
    let alerts = found(&report, "alerts");
    assert_eq!(alerts, [("weak", "nobody hears of trouble but the log")]);
    assert_eq!((code, report["sound"].as_bool()), (1, Some(false)));
    assert!(found(&report, "ports").iter().all(|(_, seen)| seen.contains("taken")), "{report}");
    assert_eq!(node.stop(), Some(0));

    let (report, code) = doctor(&home, &[]);
    assert_eq!(code, 1);
    assert!(found(&report, "ports").iter().all(|(_, seen)| seen.ends_with(": free")), "{report}");
    let server = found(&report, "name server");
    assert!(server[0].0 == "broken" && server[0].1.contains("does not answer"), "{server:?}");
    assert_eq!(found(&report, "nodes")[0].1, "none follows the database");
}

#[test]
fn each_thing_that_is_wrong_has_its_line() {
    let home = NodeHome::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = "[alerts.webhook]\nurl = \"https://127.0.0.1:1/\"\nsecret_file = \"secret\"\n";
    let https = format!("https = \"{}\"\n", taken.local_addr().unwrap());
    home.configure(&(sections(&https) + hook));
    fs::write(home.path("secret"), "a secret that is long enough to protect").unwrap();
    let (report, code) = doctor(&home, &["--send-test"]);
    assert_eq!(code, 1);
    let first = |test| found(&report, test)[0];
    assert_eq!(first("configuration").0, "weak", "everybody can read the secret: {report}");
    assert!(first("configuration").1.contains("every user can read"), "{report}");
    assert!(first("ports").1.contains("another program listens"), "{report}");
    assert_eq!(first("ca").0, "broken");
    assert_eq!(first("clock"), ("not-tested", "no CA told its time"));
    assert_eq!(first("database").0, "sound", "the first start makes it: {report}");
    assert_eq!(first("sealing key").0, "sound");
    let (verdict, seen) = first("alerts");
    assert_eq!(verdict, "broken");
    assert!(seen.contains("a test message was not taken"), "{seen}");
    assert!(!home.path("state").exists(), "it leaves nothing behind");
}
