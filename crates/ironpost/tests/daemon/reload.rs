//! The configuration read again while clients are connected.

use crate::admin::Admin;
use crate::daemon::Home;
use crate::lab::{ENFORCE, RunningLab, SECURE, secure, sound};
use std::fs;
use std::thread;

#[test]
fn rules_change_under_connected_clients_and_nothing_is_forgotten() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut clients: Vec<_> = (0..50).map(|_| daemon.client()).collect();
    let mut all_hear = |answer: &str| {
        for client in &mut clients {
            assert_eq!(client.lookup("ironpost", ENFORCE), answer);
        }
    };
    all_hear(SECURE);
    for (rules, answer) in [("off", "NOTFOUND "), ("may", "OK may"), ("encrypt", "OK encrypt")] {
        home.configure(&format!("[resolver.domains.\"{ENFORCE}\"]\npolicy = \"{rules}\"\n"));
        daemon.reload();
        all_hear(answer);
    }
    home.configure("");
    daemon.reload();
    all_hear(SECURE);
    assert_eq!(lab.fetches(), 1, "the policy was remembered");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_broken_file_changes_nothing_and_is_told_with_the_place() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    home.configure(&format!("[resolver.domains.\"{ENFORCE}\"]\npolicy = \"encrypt\"\n"));
    let daemon = home.start();
    let mut client = daemon.client();
    assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt");
    let path = home.path("ironpost.toml");
    let sound = fs::read_to_string(&path).unwrap();
    let place = |line: usize, column| format!("{}:{line}:{column}: ", path.display());
    let lines = sound.lines().count();
    for (more, place) in [
        ("in_flight = = 1\n", place(lines + 1, 13)),
        ("danes = \"off\"\n", place(lines + 1, 1)),
        ("without-dane = \"yes\"\n", place(lines + 1, 1)),
    ] {
        fs::write(&path, format!("{sound}{more}")).unwrap();
        daemon.reload();
        assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt", "{more}");
        let log = daemon.log();
        let mut told = log.lines().rev().filter(|line| line.contains("stays as it was"));
        let told = told.next().unwrap();
        assert!(told.contains(&place), "{more:?}, {place}: {told}");
    }
    fs::write(&path, "\n").unwrap();
    daemon.reload();
    assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt", "an empty file");
    fs::remove_file(&path).unwrap();
    daemon.reload();
    assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn whoever_waits_meanwhile_gets_an_answer() {
    let lab = RunningLab::start(50);
    let home = Home::new(&lab);
    let daemon = home.start();
    let waiting: Vec<_> = (1..=50)
        .map(|number| {
            let mut client = daemon.client();
            thread::spawn(move || (client.lookup("ironpost", &sound(number)), client))
        })
        .collect();
    let mut admin = Admin::connect(&home);
    admin.wait(&[("connections", 50.into())]);
    daemon.reload();
    for (number, answer) in (1..).zip(waiting) {
        assert_eq!(answer.join().unwrap().0, secure(number));
    }
    assert_eq!(daemon.stop(), Some(0));
}
