//! A full disk: a small file system in a mount namespace of the test's own.

use crate::admin::Admin;
use crate::alerts::Alerts;
use crate::daemon::{Daemon, Home};
use crate::lab::{RunningLab, secure, sound};
use crate::launcher::start_behind;
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
    let disk = Disk::at(&home.path("state"));
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

/// A file system of two megabytes. It ends with the last process in it.
struct Disk {
    path: PathBuf,
    holder: Child,
}

impl Disk {
    fn at(path: &Path) -> Self {
        fs::create_dir(path).unwrap();
        let script = "mount -t tmpfs -o size=2m none \"$0\" && echo mounted && read end";
        let mut holder = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", script])
            .arg(path)
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
        while ballast.write_all(&[0; 4096]).is_ok() {}
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
