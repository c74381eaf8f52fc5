//! What an earlier run saw (`--previous results.jsonl`).

use super::record::{Ending, begins_json_line, read_line};
use crate::report::{PolicyStatus, Verdict};
use ironpost_proto::domain::Domain;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{self, BufRead};

/// What an earlier run saw of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousRun {
    /// When.
    pub checked_at: Timestamp,
    /// What it came to.
    pub verdict: Verdict,
    /// The policy as senders saw it.
    pub status: PolicyStatus,
    /// Its mode.
    pub mode: Option<Box<str>>,
    /// Its lifetime in seconds.
    pub max_age: Option<u32>,
    /// The id of the TXT record.
    pub id: Option<Box<str>>,
    /// SHA-256 of the policy body as served, hexadecimal.
    pub body_sha256: Option<Box<str>>,
    /// MX host names.
    pub mx: Box<[Box<str>]>,
}

/// Why the results of an earlier run could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum PreviousError {
    /// Reading failed.
    #[error("the earlier results could not be read")]
    Read(#[from] io::Error),
    /// A line is longer than a result can be.
    #[error("line {line}: longer than a result")]
    TooLong {
        /// The line, from 1.
        line: u64,
    },
    /// A line is not a result.
    #[error("line {line}: not a result of ironpost check as JSON Lines")]
    NotAResult {
        /// The line, from 1.
        line: u64,
        /// Why.
        source: serde_json::Error,
    },
    /// A result of another version.
    #[error("line {line}: a result of another version ({schema})")]
    Schema {
        /// The line, from 1.
        line: u64,
        /// The version, made visible.
        schema: String,
    },
}

/// An earlier run, by domain.
#[derive(Debug, Default)]
pub struct Previous {
    runs: HashMap<Box<str>, PreviousRun>,
}

impl Previous {
    /// Reads JSON Lines as `ironpost check` writes them. Fields that are not known are passed
    /// over, and so is a last line that was cut off; of several results for a domain the
    /// latest counts.
    pub fn read(mut reader: impl BufRead) -> Result<Self, PreviousError> {
        let mut previous = Self::default();
        let mut bytes = Vec::new();
        for line in 1.. {
            match read_line(&mut reader, &mut bytes)? {
                Ending::TooLong => return Err(PreviousError::TooLong { line }),
                Ending::Whole(_) => previous.add(&bytes, line)?,
                Ending::CutOff => {
                    let added = previous.add(&bytes, line);
                    if !begins_json_line(&bytes) {
                        added?;
                    }
                    break;
                }
            }
        }
        Ok(previous)
    }

    /// What was seen of a domain.
    pub fn of(&self, domain: &Domain) -> Option<&PreviousRun> {
        self.runs.get(domain.as_str())
    }

    /// How many domains the run had.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// True if it had none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn add(&mut self, bytes: &[u8], line: u64) -> Result<(), PreviousError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let not_a_result = |source| PreviousError::NotAResult { line, source };
        let Version { schema } = serde_json::from_slice(bytes).map_err(not_a_result)?;
        if schema != crate::report::SCHEMA {
            let schema = ironpost_proto::visible::Visible::excerpt(schema.as_bytes(), MAX_SCHEMA);
            return Err(PreviousError::Schema { line, schema: schema.to_string() });
        }
        let record: Record = serde_json::from_slice(bytes).map_err(not_a_result)?;
        let (domain, run) = record.into_run();
        let newer = self.runs.get(&domain).is_none_or(|known| known.checked_at <= run.checked_at);
        if newer {
            self.runs.insert(domain, run);
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Version {
    schema: String,
}

/// As much of a result as is kept.
#[derive(Debug, Deserialize)]
struct Record {
    domain: Box<str>,
    checked_at: Timestamp,
    verdict: Verdict,
    policy: Policy,
    #[serde(default)]
    seen: SeenThen,
}

#[derive(Debug, Deserialize)]
struct Policy {
    status: PolicyStatus,
    mode: Option<Box<str>>,
    max_age: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
struct SeenThen {
    id: Option<Box<str>>,
    body_sha256: Option<Box<str>>,
    #[serde(default)]
    mx: Box<[Box<str>]>,
}

impl Record {
    fn into_run(self) -> (Box<str>, PreviousRun) {
        let Self { domain, checked_at, verdict, policy, seen } = self;
        let run = PreviousRun {
            checked_at,
            verdict,
            status: policy.status,
            mode: policy.mode,
            max_age: policy.max_age,
            id: seen.id,
            body_sha256: seen.body_sha256,
            mx: seen.mx,
        };
        (domain, run)
    }
}

/// Characters of an unknown version that are shown.
const MAX_SCHEMA: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{json, samples};
    use crate::report::{Report, Seen};
    use std::io::Cursor;

    fn sample() -> Report {
        let seen = Seen {
            id: Some("20260401T000000Z".to_owned()),
            body_sha256: Some("ab".repeat(32)),
            mx: vec!["mx1.sound.example".to_owned()],
        };
        Report { seen, ..samples::protected() }
    }

    #[test]
    fn reads_what_we_write() {
        let lines = [sample(), samples::hostile()].map(|r| json::line(&r).unwrap()).join("\n");
        let previous = Previous::read(Cursor::new(lines)).unwrap();
        assert_eq!(previous.len(), 2);
        let run = previous.of(&"sound.example".parse().unwrap()).unwrap();
        assert_eq!(run.id.as_deref(), Some("20260401T000000Z"));
        assert_eq!(run.mode.as_deref(), Some("enforce"));
        assert_eq!(run.max_age, Some(1_209_600));
        assert_eq!(&*run.mx, ["mx1.sound.example".into()]);
        assert!(previous.of(&"other.example".parse().unwrap()).is_none());
    }

    #[test]
    fn unknown_fields_and_blank_lines_do_not_matter() {
        let line = json::line(&sample()).unwrap();
        let extended = line.replacen('{', "{\"new\":[{\"a\":1}],", 1);
        let previous = Previous::read(Cursor::new(format!("\n{extended}\r\n\n"))).unwrap();
        assert_eq!(previous.len(), 1);
    }

    #[test]
    fn a_last_line_cut_off_is_passed_over() {
        let ours = json::line(&sample()).unwrap();
        for cut in 0..ours.len() {
            let text = [ours.as_bytes(), b"\n", &ours.as_bytes()[..cut]].concat();
            assert_eq!(Previous::read(Cursor::new(text)).unwrap().len(), 1, "cut at {cut}");
        }
    }

    #[test]
    fn the_latest_result_counts() {
        let early =
            Report { checked_at: Timestamp::UNIX_EPOCH, verdict: Verdict::Absent, ..sample() };
        let lines = [sample(), early].map(|r| json::line(&r).unwrap()).join("\n");
        let previous = Previous::read(Cursor::new(lines)).unwrap();
        let run = previous.of(&"sound.example".parse().unwrap()).unwrap();
        assert_eq!(run.verdict, Verdict::Protected);
    }

    #[test]
    fn errors_name_the_line() {
        let ours = json::line(&sample()).unwrap();
        let table = [
            (format!("{ours}\nnonsense\n"), "line 2: not a result of ironpost check as JSON Lines"),
            (format!("{}\n", &ours[..100]), "line 1: not a result of ironpost check as JSON Lines"),
            (
                format!("{ours}\n{{\"schema\":\"other\\u001b/2\"}}"),
                "line 2: a result of another version (other\\x1b/2)",
            ),
            ("x".repeat(5 << 20), "line 1: longer than a result"),
        ];
        for (text, expected) in table {
            let error = Previous::read(Cursor::new(text)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
