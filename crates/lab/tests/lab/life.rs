//! Start, files, several labs, stop.

use crate::client::{ask, fetch, smtp};
use domain::base::iana::Rtype;
use ironpost_lab::{Lab, LabError, LabOptions, LabPorts};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UdpSocket};

fn scenario(folder: &Path, name: &str, files: &[(&str, &str)]) {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    for (file, content) in files {
        fs::write(folder.join(file), content).expect("a file");
    }
}

const EXPECT: &str = "summary = \"One\"\nverdict = \"Protected\"\npolicy_status = \"valid\"\n";
const ZONE: &str = "@ MX 10 mx1\nmx1 A {mx1}\nmta-sts A {policy}\n";

/// A lab of one scenario, from a folder.
fn small(folder: &Path) -> LabOptions {
    scenario(folder, "one", &[("expect.toml", EXPECT), ("zone", ZONE), ("mta-sts.txt", "x")]);
    LabOptions { scenarios: Some(folder.to_owned()), ..LabOptions::default() }
}

#[tokio::test]
async fn two_labs_live_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Lab::start(small(folder.path())).await.expect("the first lab");
    let second = Lab::start(small(folder.path())).await.expect("the second lab");
    for lab in [&first, &second] {
        assert_eq!(ask(lab, "one.example", Rtype::MX).await.answers.len(), 1);
        fetch(lab, "mta-sts.one.example", "x").await.expect("a response under its own CA");
        assert!(smtp(lab, "mx1.one.example").await.reply().await.starts_with("220"));
    }
    assert_ne!(first.ports(), second.ports());
    first.stop().await;
    assert_eq!(ask(&second, "one.example", Rtype::MX).await.answers.len(), 1);
    second.stop().await;
}

#[tokio::test]
async fn a_stopped_lab_leaves_its_ports_and_no_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = Lab::start(small(folder.path())).await.expect("a lab");
    let (ports, config) = (lab.ports(), lab.config_file().to_owned());
    // A connection under way goes down with the lab.
    let mut session = smtp(&lab, "mx1.one.example").await;
    session.reply().await;
    lab.stop().await;
    assert_eq!(session.reply().await, "", "the connection is closed");
    assert!(!config.exists());
    UdpSocket::bind(("127.53.0.53", ports.dns)).await.expect("a free port");
    TcpListener::bind(("127.53.0.53", ports.dns)).await.expect("a free port");
    TcpListener::bind(("127.53.1.1", ports.smtp)).await.expect("a free port");
    TcpListener::bind(("127.53.1.2", ports.https)).await.expect("a free port");
}

#[tokio::test]
async fn the_files_say_where_everything_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("files");
    let scenarios = folder.path().join("scenarios");
    let options = LabOptions { sound_domains: 2, dir: Some(dir.clone()), ..small(&scenarios) };
    let lab = Lab::start(options).await.expect("a lab");
    let LabPorts { dns, https, smtp } = lab.ports();
    let config: toml::Value =
        toml::from_str(&fs::read_to_string(lab.config_file()).expect("a config")).expect("TOML");
    let expected: toml::Value = toml::from_str(&format!(
        "[network]\ndns = '127.53.0.53:{dns}'\ndnssec = 'trust-ad'\nroots = '{}'\n\
         allow_address = ['127.53.0.0/16']\n\
         [network.ports]\nhttps = {https}\nsmtp = {smtp}\ndns = {dns}\n",
        dir.join("ca.pem").display()
    ))
    .expect("TOML");
    assert_eq!(config, expected);
    let read = |path: &Path| fs::read_to_string(path).expect("a file");
    assert_eq!(read(lab.domains_file()), "# One\none.example\n");
    assert_eq!(
        read(lab.sound_domains_file()),
        "sound-000001.bulk.example\nsound-000002.bulk.example\n"
    );
    lab.stop().await;
    assert!(dir.join("ca.pem").exists(), "a folder that was asked for stays");
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_busy_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = Lab::start(small(folder.path())).await.expect("a lab");
    let options = LabOptions { ports: Some(lab.ports()), ..small(folder.path()) };
    let error = Lab::start(options).await.expect_err("busy ports");
    assert_eq!(error.to_string(), format!("cannot listen on 127.53.0.53 port {}", lab.ports().dns));
    lab.stop().await;
}

#[tokio::test]
async fn faulty_scenarios_are_refused_with_the_place() {
    let table: [(&[(&str, &str)], &str); 10] = [
        (&[("zone", ZONE)], "expect.toml is missing"),
        (&[("expect.toml", EXPECT)], "zone is missing"),
        (&[("expect.toml", "summary = 1"), ("zone", ZONE)], "line 1"),
        (&[("expect.toml", EXPECT), ("zone", "@ MX ten mx1")], "zone: 2:"),
        (&[("expect.toml", EXPECT), ("zone", "@ A {somewhere}")], "{somewhere}"),
        (&[("expect.toml", EXPECT), ("zone", "@ TLSA 3 1 1 {md5:mx1}")], "{md5:mx1}"),
        (&[("expect.toml", EXPECT), ("zone", ZONE), ("notes", "")], "notes is read by nothing"),
        (
            &[("expect.toml", EXPECT), ("zone", ZONE), ("peers.toml", "[smtp.mx9]\n")],
            "mx9 is described",
        ),
        (
            &[("expect.toml", EXPECT), ("zone", ZONE), ("peers.toml", "[smtp.mx1]\nx = 1\n")],
            "unknown field `x`",
        ),
        (
            &[
                ("expect.toml", EXPECT),
                ("zone", ZONE),
                ("peers.toml", "[dns.faults]\n\"@ TEXT\" = \"servfail\"\n"),
            ],
            "\"TEXT\" is not a record type",
        ),
    ];
    for (files, expected) in table {
        let folder = tempfile::tempdir().expect("a folder");
        scenario(folder.path(), "one", files);
        let options =
            LabOptions { scenarios: Some(folder.path().to_owned()), ..LabOptions::default() };
        let error = Lab::start(options).await.expect_err(expected);
        let LabError::Scenario { name, source } = error else { panic!("{error}") };
        assert_eq!(name, "one");
        assert!(source.to_string().contains(expected), "{source} should say {expected}");
    }
}

#[tokio::test]
async fn a_round_trip_takes_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let round_trip = Duration::from_millis(15);
    let options = LabOptions { round_trip, ..small(folder.path()) };
    let lab = Lab::start(options).await.expect("a lab");
    // Lower bounds only: nothing here can fail because a machine is slow.
    let start = Instant::now();
    ask(&lab, "one.example", Rtype::MX).await;
    assert!(start.elapsed() >= round_trip, "question and answer");
    let start = Instant::now();
    fetch(&lab, "mta-sts.one.example", "x").await.expect("a response");
    assert!(start.elapsed() >= 4 * round_trip, "DNS, TCP, TLS 1.3, HTTP");
    let start = Instant::now();
    smtp(&lab, "mx1.one.example").await.reply().await;
    assert!(start.elapsed() >= 3 * round_trip, "DNS, TCP, greeting");
    lab.stop().await;
}
