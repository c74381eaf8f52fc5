//! What an interrupted run left.

use super::{Layout, OutputError};
use crate::bulk::names::NameSet;
use crate::bulk::record::{Ending, begins_alike, begins_json_line, read_line};
use crate::render::csv;
use crate::report::SCHEMA;
use ironpost_proto::domain::Domain;
use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

/// The whole records of a file.
#[derive(Debug)]
pub(super) struct Kept {
    /// Their domains.
    pub(super) done: NameSet,
    /// Where the last one ends, octets.
    pub(super) whole: u64,
}

/// Goes through a file up to its last line end. What comes after, a record cut off, may go;
/// if there is anything that is not ours the file is left alone.
pub(super) fn scan(file: &File, path: &Path, layout: Layout) -> Result<Kept, OutputError> {
    if !layout.is_resumable() {
        return Err(OutputError::NotResumable { path: path.to_owned() });
    }
    let read = |source| OutputError::Read { path: path.to_owned(), source };
    let mut file = file;
    file.rewind().map_err(read)?;
    let mut reader = BufReader::new(file);
    let mut kept = Kept { done: NameSet::new(), whole: 0 };
    let mut bytes = Vec::new();
    for number in 1.. {
        let not_ours = || OutputError::NotOurs { path: path.to_owned(), line: number };
        match read_line(&mut reader, &mut bytes).map_err(read)? {
            Ending::Whole(length) => {
                if let Some(domain) = domain_of(&bytes, number, layout).ok_or_else(not_ours)? {
                    kept.done.insert(&domain);
                }
                kept.whole += length;
            }
            // Cut off within the first line: only if that line was going to be ours.
            Ending::CutOff if number == 1 && !begins_ours(&bytes, layout) => return Err(not_ours()),
            Ending::CutOff => break,
            Ending::TooLong => return Err(not_ours()),
        }
    }
    Ok(kept)
}

/// The domain of a record; `Some(None)` for the heading of a table, `None` for what is not
/// ours.
#[expect(clippy::option_option, reason = "not ours, ours without a domain, ours with one")]
fn domain_of(line: &[u8], number: u64, layout: Layout) -> Option<Option<Domain>> {
    match layout {
        Layout::Csv if number == 1 => (line == heading().trim_end().as_bytes()).then_some(None),
        Layout::Csv => {
            let cell = line.split(|byte| *byte == b',').next()?;
            Some(Some(Domain::from_a_labels(cell).ok()?))
        }
        Layout::Jsonl | Layout::JsonObject | Layout::JsonArray => {
            let record: Record<'_> = serde_json::from_slice(line).ok()?;
            let ours = record.schema == SCHEMA;
            ours.then(|| Domain::from_a_labels(record.domain.as_bytes()).ok()).flatten().map(Some)
        }
    }
}

/// True if a first line of ours can begin with `bytes`.
fn begins_ours(bytes: &[u8], layout: Layout) -> bool {
    match layout {
        Layout::Csv => begins_alike(bytes, &heading()),
        Layout::Jsonl | Layout::JsonObject | Layout::JsonArray => begins_json_line(bytes),
    }
}

fn heading() -> String {
    csv::header().unwrap_or_default()
}

/// As much of a record as is looked at; the rest must be JSON.
#[derive(Debug, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
    #[serde(borrow)]
    domain: Cow<'a, str>,
}
