//! Lines of a results file, whole or cut off.

use crate::report::SCHEMA;
use std::io::{self, BufRead};

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a line end; the octets of the line and its end.
    Whole(u64),
    /// With the file; nothing, or part of a line that a killed run left.
    CutOff,
    /// Not within [`MAX_RECORD`] octets.
    TooLong,
}

/// Reads a line into `bytes`, without its line end.
pub(super) fn read_line(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Ending> {
    bytes.clear();
    let mut reader = io::Read::take(reader, MAX_RECORD);
    let length = reader.read_until(b'\n', bytes)? as u64;
    Ok(if bytes.pop_if(|last| *last == b'\n').is_some() {
        Ending::Whole(length)
    } else if length == MAX_RECORD {
        Ending::TooLong
    } else {
        Ending::CutOff
    })
}

/// True if a line of JSON as we write it can begin with `bytes`, or `bytes` with its beginning.
pub(super) fn begins_json_line(bytes: &[u8]) -> bool {
    begins_alike(bytes, &format!("{{\"schema\":\"{SCHEMA}\","))
}

/// True if one begins with the other.
pub(super) fn begins_alike(bytes: &[u8], start: &str) -> bool {
    bytes.iter().zip(start.as_bytes()).all(|(a, b)| a == b)
}

/// Octets of a result. Ours stay far below; without a bound a file without line ends would be
/// read into memory.
const MAX_RECORD: u64 = 4 << 20;
