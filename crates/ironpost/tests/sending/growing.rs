//! A log that grows while a test reads it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The lines of a file, as they come.
#[derive(Debug)]
pub(crate) struct Growing {
    lines: Arc<(Mutex<Vec<String>>, Condvar)>,
    tail: Child,
}

impl Growing {
    /// Follows the file at `path`, which need not be there yet.
    pub(crate) fn at(path: &Path) -> Self {
        File::options().create(true).append(true).open(path).unwrap();
        let mut command = Command::new("tail");
        command.args(["-n", "+1", "-F"]).arg(path).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut tail = command.spawn().unwrap();
        let output = BufReader::new(tail.stdout.take().unwrap());
        let lines = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let grown = Arc::clone(&lines);
        thread::spawn(move || {
            for line in output.split(b'\n').map_while(Result::ok) {
                grown.0.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
                grown.1.notify_all();
            }
        });
        Self { lines, tail }
    }

    /// Waits until `found` finds something in the lines, first to last.
    pub(crate) fn wait<T>(&self, what: &str, found: impl Fn(&[String]) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut lines = self.lines.0.lock().unwrap();
        loop {
            if let Some(found) = found(&lines) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
                drop(lines);
                panic!("waited in vain for {what}; the last lines:\n{last}");
            }
            lines = self.lines.1.wait_timeout(lines, left).unwrap().0;
        }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        let _ = self.tail.kill();
        let _ = self.tail.wait();
    }
}

const PATIENCE: Duration = Duration::from_mins(1);
const SHOWN: usize = 60;
