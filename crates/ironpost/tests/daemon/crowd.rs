//! Ten thousand clients that are connected and silent.

use crate::daemon::{Daemon, Home};
use crate::lab::{ENFORCE, RunningLab, SECURE};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;

#[test]
fn ten_thousand_silent_clients_are_no_burden() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut active = daemon.client();
    assert_eq!(active.lookup("ironpost", ENFORCE), SECURE);
    let before = resident(&daemon);
    // Each has asked once, so that the resolver has taken it in.
    let mut silent: Vec<_> = (0..SILENT)
        .map(|_| {
            let mut client = daemon.client();
            assert_eq!(client.lookup("ironpost", ".example"), "NOTFOUND ");
            client
        })
        .collect();
    for _ in 0..1000 {
        assert_eq!(active.lookup("ironpost", ENFORCE), SECURE);
    }
    let after = resident(&daemon);
    println!("{SILENT} silent clients: {before} KiB before, {after} KiB with them");
    assert!(after - before < EACH * SILENT, "{before} KiB before, {after} KiB with them");
    // None was turned away meanwhile.
    for client in &mut silent {
        assert_eq!(client.lookup("ironpost", ".example"), "NOTFOUND ");
    }
    drop(silent);
    assert_eq!(daemon.stop(), Some(0));
}

/// KiB of memory in use.
fn resident(daemon: &Daemon) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

const SILENT: usize = 10_000;
/// KiB for one of them, most.
const EACH: usize = 8;
