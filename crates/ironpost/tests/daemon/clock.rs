//! The clock is moved, by faketime(1).

use crate::admin::Admin;
use crate::daemon::{Daemon, Home};
use crate::lab::{DAY, ENFORCE, MAX_AGE, RunningLab, SECURE};
use std::fs;
use std::path::PathBuf;

#[test]
fn a_policy_ends_with_its_max_age_and_no_sooner() {
    let mut lab = RunningLab::start(0);
    let moved = Moved::new(&lab);
    let daemon = moved.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    lab.close_policy_host();
    moved.set(MAX_AGE - HOUR);
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    moved.set(MAX_AGE + HOUR);
    assert_eq!(daemon.lookup("ironpost", ENFORCE), "NOTFOUND ", "mail goes on");
    assert_eq!(daemon.stop(), Some(0));
}

/// RFC 8461 §3.2: a clock that was set back does not make a policy last longer, however often the
/// resolver is started.
#[test]
fn a_clock_that_is_set_back_lengthens_nothing() {
    let mut lab = RunningLab::start(0);
    let moved = Moved::new(&lab);
    let daemon = moved.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    lab.close_policy_host();
    let back = -100 * DAY;
    moved.set(back);
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE, "still enforced");
    assert_eq!(daemon.stop(), Some(0));
    for later in [0, MAX_AGE / 2, MAX_AGE - HOUR] {
        moved.set(back + later);
        let daemon = moved.start();
        assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE, "{later} s later");
        Admin::connect(&moved.home).wait_until_written();
        assert_eq!(daemon.stop(), Some(0));
    }
    moved.set(back + MAX_AGE + HOUR);
    let daemon = moved.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), "NOTFOUND ");
    assert_eq!(daemon.stop(), Some(0));
}

/// A resolver with a clock of its own.
struct Moved {
    home: Home,
}

impl Moved {
    fn new(lab: &RunningLab) -> Self {
        let moved = Self { home: Home::new(lab) };
        moved.set(0);
        moved
    }

    /// Moves the clock to so many seconds after the time of day.
    fn set(&self, ahead: i64) {
        let new = self.home.path("clock.new");
        fs::write(&new, format!("{ahead:+}\n")).unwrap();
        fs::rename(new, self.home.path("clock")).unwrap();
    }

    fn start(&self) -> Daemon {
        let daemon = self.home.start_with(|command| {
            // What measures spans goes on as it is.
            command
                .env("LD_PRELOAD", fake_time())
                .env("FAKETIME_TIMESTAMP_FILE", self.home.path("clock"))
                .env("FAKETIME_NO_CACHE", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        });
        daemon.wait_for("READY=1");
        daemon
    }
}

/// The library that faketime(1) preloads.
fn fake_time() -> PathBuf {
    let places = fs::read_dir("/usr/lib").unwrap().map(|place| place.unwrap().path());
    let library =
        places.map(|place| place.join("faketime/libfaketime.so.1")).find(|path| path.is_file());
    library.expect("libfaketime is installed (Debian package faketime)")
}

const HOUR: i64 = 3600;
