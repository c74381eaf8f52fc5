//! What Postfix wrote down of its visitors.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Postfix's log.
#[derive(Debug)]
pub(crate) struct MailLog {
    path: PathBuf,
}

/// What Postfix counted in one session: `ehlo=2 starttls=1 quit=1 commands=4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Session {
    /// `NAME=DONE` or, where not all succeeded, `NAME=DONE/TRIED`.
    pub(crate) counts: String,
}

impl MailLog {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The lines of one service, what stands before the message cut off. Waits until every
    /// session that began has ended, for Postfix writes a moment after it answers.
    pub(crate) fn lines(&self, service: &str) -> Vec<String> {
        let started = Instant::now();
        loop {
            let lines = self.read(|name| name == service);
            let count = |word: &str| lines.iter().filter(|line| line.starts_with(word)).count();
            if count("connect from ") == count("disconnect from ") {
                return lines;
            }
            assert!(started.elapsed() < PATIENCE, "sessions do not end: {lines:#?}");
        }
    }

    /// The sessions of one service that have ended.
    pub(crate) fn sessions(&self, service: &str) -> Vec<Session> {
        sessions(&self.lines(service))
    }

    /// The sessions of all services that have ended by now.
    pub(crate) fn all_sessions(&self) -> Vec<Session> {
        sessions(&self.read(|_| true))
    }

    fn read(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let log = fs::read_to_string(&self.path).unwrap();
        log.lines()
            .filter_map(|line| {
                // Month, day, time, host, then `SERVICE/smtpd[PID]: MESSAGE`.
                let (process, message) = line.get(16..)?.split_once(' ')?.1.split_once(": ")?;
                let (service, daemon) = process.split_once('/')?;
                (daemon.starts_with("smtpd[") && wanted(service)).then(|| message.to_owned())
            })
            .collect()
    }
}

fn sessions(lines: &[String]) -> Vec<Session> {
    let ended = lines.iter().filter_map(|line| line.strip_prefix("disconnect from "));
    ended.filter_map(|rest| Some(Session { counts: rest.split_once(' ')?.1.to_owned() })).collect()
}

impl Session {
    /// Every command and its count.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.counts.split(' ').filter_map(|word| word.split_once('='))
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
