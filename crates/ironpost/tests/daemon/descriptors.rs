//! No descriptor left.

use crate::daemon::{Client, Daemon, Home};
use crate::lab::{ENFORCE, RunningLab, SECURE, secure, sound};
use crate::launcher::start_behind;
use std::fs;
use std::time::Instant;

#[test]
fn clients_wait_until_there_are_descriptors_again() {
    let lab = RunningLab::start(20);
    let home = Home::new(&lab);
    let script = format!(
        "ulimit -n {LIMIT} && WATCHDOG_USEC=1000000 && export WATCHDOG_USEC && exec \"$@\""
    );
    let daemon = start_behind(&home, &["sh", "-c", &script, "sh"]);
    let mut early = daemon.client();
    assert_eq!(early.lookup("ironpost", ENFORCE), SECURE);
    // The system takes them in; the resolver cannot.
    let mut crowd: Vec<_> = (0..2 * LIMIT).map(|_| daemon.client()).collect();
    let mut late = daemon.client();
    let waiting = std::thread::spawn(move || late.lookup("ironpost", ENFORCE));

    assert!(busy(&daemon) < 0.2, "it waits, and does not try all the time");
    for _ in 0..100 {
        assert_eq!(early.lookup("ironpost", ENFORCE), SECURE);
    }
    // Neither is anybody told that there is no policy, nor the administrator left outside.
    for number in 1..=20 {
        assert_eq!(early.lookup("ironpost", &sound(number)), secure(number));
        assert_eq!(home.resolver(["status"]).code, 0);
    }
    let log = daemon.log();
    assert_eq!(log.matches("no connection can be accepted").count(), 1, "{log}");
    assert!(!waiting.is_finished());
    crowd.drain(LIMIT / 4..);
    assert_eq!(waiting.join().unwrap(), SECURE);
    let served = |client: &mut Client| client.lookup("ironpost", ENFORCE) == SECURE;
    assert!(crowd.iter_mut().all(served));
    assert_eq!(daemon.stop(), Some(0));
}

/// The part of one core that a resolver with nothing to do takes, over some seconds of its pulse.
fn busy(daemon: &Daemon) -> f64 {
    daemon.wait_for("WATCHDOG=1");
    let (began, before) = (Instant::now(), used(daemon));
    (0..4).for_each(|_| drop(daemon.wait_for("WATCHDOG=1")));
    (used(daemon) - before) / began.elapsed().as_secs_f64()
}

/// Seconds of processor time, proc_pid_stat(5).
fn used(daemon: &Daemon) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", daemon.id())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u32>().unwrap());
    f64::from(ticks.sum::<u32>()) / TICKS
}

const LIMIT: usize = 128;
/// In a second, on every Linux of today.
const TICKS: f64 = 100.0;
