//! A full disk: a small file system in a mount namespace of the test's own.

use crate::admin::Admin;
use crate::alerts::Alerts;
use crate::daemon::{Daemon, Home};
use crate::killed::requests;
use crate::lab::{RunningLab, secure, sound};
use crate::launcher::start_behind;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

#[test]
fn what_finds_no_room_is_written_once_there_is_some() {
    let mut lab = RunningLab::start(DOMAINS);
    let home = Home::new(&lab);
    let alerts = Alerts::of(&home);
    home.configure(&alerts.line());
    let disk = Disk::at(&home.path("state"), "2m");
    let daemon = disk.start(&home);
    let mut admin = Admin::connect(&home);
    assert_eq!(daemon.lookup("ironpost", &sound(1)), secure(1));
    admin.wait_until_written();

    disk.fill();
    for number in 2..=DOMAINS {
        assert_eq!(daemon.lookup("ironpost", &sound(number)), secure(number));
    }
    let alert = alerts.wait("store-failing", "open");
    assert!(alert.to_string().contains("full"), "{alert}");
    let log = daemon.log();
    assert!(log.contains("nothing can be written to the store"), "{log}");
    let status = home.resolver(["status"]);
    assert_eq!(status.code, 1);
    assert!(status.stdout.contains("nothing can be written to the store"), "{}", status.stdout);
    let status = admin.status();
    assert!(status["unwritten"].as_u64().unwrap() >= DOMAINS as u64 - 1, "{status}");
    assert_ne!(status["store"], "sound");
    // From memory as ever.
    assert_eq!(daemon.lookup("ironpost", &sound(DOMAINS)), secure(DOMAINS));

    disk.make_room();
    alerts.wait("store-failing", "over");
    admin.wait_until_written();
    daemon.kill();
    lab.cut_off();
    let daemon = disk.start(&home);
    for number in 1..=DOMAINS {
        assert_eq!(daemon.lookup("ironpost", &sound(number)), secure(number));
    }
    assert_eq!(daemon.stop(), Some(0));
}

/// Beyond what is kept for the disk, memory itself is.
#[test]
fn more_than_can_wait_is_written_too() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let alerts = Alerts::of(&home);
    home.configure(&alerts.line());
    let disk = Disk::at(&home.path("state"), "256m");
    let daemon = disk.start(&home);
    let mut admin = Admin::connect(&home);
    disk.fill();
    let mut import = |from: usize| {
        admin.send(&requests(from..from + AT_ONCE));
        (0..AT_ONCE).for_each(|_| drop(admin.line()));
    };
    import(0);
    alerts.wait("store-failing", "open");
    (AT_ONCE..MANY).step_by(AT_ONCE).for_each(&mut import);
    disk.make_room();
    alerts.wait("store-failing", "over");
    admin.wait_until_written();
    daemon.kill();
    let daemon = disk.start(&home);
    let status = Admin::connect(&home).wait(&[("loading", json!(false))]);
    assert_eq!(status["enforce"], MANY);
    assert_eq!(daemon.stop(), Some(0));
}

/// A file system of its own. It ends with the last process in it.
struct Disk {
    path: PathBuf,
    holder: Child,
}

impl Disk {
    fn at(path: &Path, size: &str) -> Self {
        fs::create_dir(path).unwrap();
        let script = "mount -t tmpfs -o \"size=$1\" none \"$0\" && echo mounted && read end";
        let mut holder = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", script])
            .arg(path)
            .arg(size)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n");
        Self { path: path.to_owned(), holder }
    }

    /// Starts a resolver that sees it.
    fn start(&self, home: &Home) -> Daemon {
        let holder = self.holder.id().to_string();
        let enter = ["nsenter", "--target", &holder, "--user", "--mount", "--preserve-credentials"];
        start_behind(home, &enter)
    }

    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        // Down to the last page.
        for piece in [1 << 20, 4096] {
            while ballast.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    /// As it is seen from outside.
    fn ballast(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.path.strip_prefix("/").unwrap()).join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

const DOMAINS: usize = 20;
/// More than the changes that are kept while nothing can be written.
const MANY: usize = 101_000;
const AT_ONCE: usize = 200;
