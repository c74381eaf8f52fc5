//! The administrator's command that hears of alerts.

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_resolver::alert::{Alert, Alerts, Kind};
use ironpost_resolver::metrics::Metrics;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::unix::pipe;

/// What the commands write, as it comes.
struct Heard {
    folder: TempDir,
    lines: Lines<BufReader<pipe::Receiver>>,
}

impl Heard {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heard");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Open for writing too, so that it does not end with the first command.
        let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(&path).unwrap();
        Self { folder, lines: BufReader::new(receiver).lines() }
    }

    /// A command that runs a script, which finds the pipe in `$1`.
    fn script(&self, script: &str) -> Vec<String> {
        let path = self.folder.path().join("heard").display().to_string();
        ["/bin/sh", "-c", script, "sh", &path].map(str::to_owned).into()
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().unwrap()
    }

    async fn object(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }
}

fn domain() -> Domain {
    "a.example".parse().unwrap()
}

const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

#[tokio::test]
async fn it_reads_each_alert_as_an_object() {
    let mut heard = Heard::new();
    let alerts = Alerts::new(Some(heard.script("cat > \"$1\"")), Metrics::new());
    let reason = "$(touch x); `id` \"\n".to_owned();
    alerts.raise(Some(&domain()), Alert::RefreshFailing { reason: reason.clone() }, NOW);
    alerts.raise(Some(&domain()), Alert::RefreshFailing { reason }, NOW);
    alerts.clear(Some(&domain()), Kind::RecordGone, NOW);
    alerts.clear(Some(&domain()), Kind::RefreshFailing, NOW);
    alerts.raise(None, Alert::SharedAway { reason: "refused".to_owned() }, NOW);
    let text = "the policy cannot be renewed: $(touch x); `id` \"\\n";
    let at = "2025-06-15T15:06:40Z";
    for (alert, state, domain, text) in [
        ("refresh-failing", "open", Some("a.example"), text),
        ("refresh-failing", "over", Some("a.example"), text),
        ("shared-away", "open", None, "the shared cache does not answer: refused"),
    ] {
        let expected =
            json!({"alert": alert, "state": state, "domain": domain, "text": text, "at": at});
        assert_eq!(heard.object().await, expected);
    }
}

#[tokio::test]
async fn its_failures_are_its_own() {
    let mut heard = Heard::new();
    // It reads nothing, and fails; each time anew.
    let alerts = Alerts::new(Some(heard.script("echo called > \"$1\"; exit 3")), Metrics::new());
    for days in (0..20).rev() {
        alerts.raise(Some(&domain()), Alert::Expiring { days }, NOW);
    }
    for _ in 0..20 {
        assert_eq!(heard.line().await, "called");
    }
    let missing = Some(vec!["/nonexistent/program".to_owned()]);
    let alerts = Alerts::new(missing, Metrics::new());
    alerts.raise(Some(&domain()), Alert::RecordGone, NOW);
    assert_eq!(alerts.open(10), ["a.example: the policy has lost its TXT record"]);
    Alerts::new(Some(Vec::new()), Metrics::new()).raise(None, Alert::RecordGone, NOW);
}

#[tokio::test]
async fn one_that_hangs_is_ended_before_the_next() {
    let mut heard = Heard::new();
    let alerts = Alerts::new(Some(heard.script("echo $$ > \"$1\"; sleep 1000")), Metrics::new());
    alerts.raise(Some(&domain()), Alert::RecordGone, NOW);
    alerts.raise(Some(&domain()), Alert::DnsFailing, NOW);
    let first: u32 = heard.line().await.parse().unwrap();
    assert!(Path::new(&format!("/proc/{first}")).exists());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    let second: u32 = heard.line().await.parse().unwrap();
    assert_ne!(first, second);
    assert!(!Path::new(&format!("/proc/{first}")).exists(), "only one at a time");
}

#[tokio::test]
async fn more_than_it_can_bear_is_dropped() {
    let mut heard = Heard::new();
    let alerts =
        Alerts::new(Some(heard.script("echo called > \"$1\"; sleep 1000")), Metrics::new());
    for n in 0..20_000 {
        let domain: Domain = format!("d{n}.example").parse().unwrap();
        alerts.raise(Some(&domain), Alert::DnsFailing, NOW);
    }
    assert_eq!(heard.line().await, "called");
    assert_eq!(alerts.open(usize::MAX).len(), 10_000, "and memory is bounded");
}
