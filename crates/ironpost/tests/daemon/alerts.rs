//! Alerts, as the command of an administrator hears them.

use crate::daemon::Home;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Hears alerts through a pipe in the folder of a resolver.
#[derive(Debug)]
pub(crate) struct Alerts {
    pipe: PathBuf,
    heard: Receiver<String>,
}

impl Alerts {
    pub(crate) fn of(home: &Home) -> Self {
        let pipe = home.path("alerts");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Open for writing too, so that it does not end when a command does.
        let reader = File::options().read(true).write(true).open(&pipe).unwrap();
        let (send, heard) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(reader).lines().map_while(Result::ok);
            for line in lines.take_while(|line| line != END) {
                let _ = send.send(line);
            }
        });
        Self { pipe, heard }
    }

    /// The line of the configuration that has them told.
    pub(crate) fn line(&self) -> String {
        format!("alert_command = [\"/bin/sh\", \"-c\", \"cat > {}\"]\n", self.pipe.display())
    }

    /// Waits for an alert to be `open` or `over`.
    pub(crate) fn wait(&self, alert: &str, state: &str) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.heard.recv_timeout(left) else {
                panic!("waited in vain for {alert} to be {state}; heard were {others:?}");
            };
            let heard: Value = serde_json::from_str(&line).unwrap();
            if heard["alert"] == alert && heard["state"] == state {
                return heard;
            }
            others.push(line);
        }
    }
}

impl Drop for Alerts {
    fn drop(&mut self) {
        if let Ok(mut pipe) = File::options().write(true).open(&self.pipe) {
            let _ = writeln!(pipe, "{END}");
        }
    }
}

const END: &str = "end";
const PATIENCE: Duration = Duration::from_mins(1);
