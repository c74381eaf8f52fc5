//! Administration, without a process for each question.

use crate::daemon::Home;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A connection to a running resolver.
#[derive(Debug)]
pub(crate) struct Admin(BufReader<UnixStream>);

impl Admin {
    pub(crate) fn connect(home: &Home) -> Self {
        let stream = UnixStream::connect(home.path("admin.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends requests, one a line.
    pub(crate) fn send(&mut self, lines: &str) {
        self.0.get_mut().write_all(lines.as_bytes()).unwrap();
    }

    /// The next line of an answer.
    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// How it stands.
    pub(crate) fn status(&mut self) -> Value {
        self.send("{\"do\":\"status\"}\n");
        self.line()
    }

    /// Waits until it stands so.
    pub(crate) fn wait(&mut self, wanted: &[(&str, Value)]) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if wanted.iter().all(|(name, value)| status[*name] == *value) {
                return status;
            }
            assert!(Instant::now() < end, "waited in vain for {wanted:?}: {status}");
        }
    }

    /// Waits until everything is written down.
    pub(crate) fn wait_until_written(&mut self) {
        self.wait(&[("loading", json!(false)), ("unwritten", json!(0)), ("store", json!("sound"))]);
    }

    /// The domains of all policies.
    pub(crate) fn domains(&mut self) -> Vec<String> {
        self.send("{\"do\":\"list\"}\n");
        let mut domains = Vec::new();
        loop {
            let mut line = self.line();
            match line["domain"].take() {
                Value::String(domain) => domains.push(domain),
                _ => return domains,
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_mins(1);
