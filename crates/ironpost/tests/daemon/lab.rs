//! A small internet that can be cut off, for a process outside of it.

use ironpost_lab::{AcmeCa, Lab, LabOptions, LabPorts, Seen};
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// One domain, [`ENFORCE`], and any number of sound ones beside it.
#[derive(Debug)]
pub(crate) struct RunningLab {
    lab: Lab,
    folder: TempDir,
    runtime: Runtime,
}

impl RunningLab {
    pub(crate) fn start(sound_domains: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(&folder, "");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = LabOptions {
            scenarios: Some(folder.path().to_owned()),
            sound_domains,
            // Those that other labs look for would be taken while this one is cut off.
            ports: Some(free_ports()),
            ..LabOptions::default()
        };
        let lab = runtime.block_on(Lab::start(options)).unwrap();
        Self { lab, folder, runtime }
    }

    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// A CA that proves names at this port.
    pub(crate) fn start_ca(&self, http: u16) -> AcmeCa {
        self.runtime.block_on(self.lab.start_ca(http)).unwrap()
    }

    /// The policy host of [`ENFORCE`] takes no connections any more.
    pub(crate) fn close_policy_host(&mut self) {
        write(&self.folder, "[https.policy]\nclosed = true\n");
        self.runtime.block_on(self.lab.reload()).unwrap();
    }

    /// Nobody answers any more: neither DNS nor a policy host.
    pub(crate) fn cut_off(&mut self) {
        self.runtime.block_on(self.lab.cut_off());
    }

    /// After [`Self::cut_off`].
    pub(crate) fn connect_again(&mut self) {
        self.runtime.block_on(self.lab.reload()).unwrap();
    }

    /// How many policies were asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.lab.requests().iter().filter(|seen| matches!(seen, Seen::Http { .. })).count()
    }
}

/// One of the sound domains.
pub(crate) fn sound(number: usize) -> String {
    format!("sound-{number:06}.bulk.example")
}

/// What is demanded for one of the sound domains.
pub(crate) fn secure(number: usize) -> String {
    format!("OK secure match=mx.{} servername=hostname", sound(number))
}

/// Sends a signal to a process that a test has started.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").arg("-s").arg(name).arg(process.to_string()).status().unwrap();
    assert!(sent.success());
}

fn write(folder: &TempDir, peers: &str) {
    let path = folder.path().join("a");
    fs::create_dir_all(&path).unwrap();
    let zone = "@ MX 10 mx1\nmx1 A {mx1}\n_mta-sts TXT \"v=STSv1; id=1;\"\nmta-sts A {policy}\n";
    let policy = format!("version: STSv1\nmode: enforce\nmx: mx1.{ENFORCE}\nmax_age: {MAX_AGE}\n");
    let expect =
        "summary = \"-\"\nverdict = \"Protected\"\npolicy_status = \"valid\"\nfindings = []\n";
    let files =
        [("zone", zone), ("mta-sts.txt", &policy), ("peers.toml", peers), ("expect.toml", expect)];
    for (file, text) in files {
        fs::write(path.join(file), text).unwrap();
    }
}

/// Ports that the system gives to nobody else for a while.
fn free_ports() -> LabPorts {
    let taken = [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let [dns, https, smtp] = taken.map(|socket| socket.local_addr().unwrap().port());
    LabPorts { dns, https, smtp }
}

/// A domain that enforces its policy, for [`MAX_AGE`] seconds.
pub(crate) const ENFORCE: &str = "a.example";
/// What is demanded for it.
pub(crate) const SECURE: &str = "OK secure match=mx1.a.example servername=hostname";
/// A week.
pub(crate) const MAX_AGE: i64 = 7 * DAY;
/// In seconds.
pub(crate) const DAY: i64 = 86_400;
