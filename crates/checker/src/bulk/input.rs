//! Lists of domains as people have them.

mod entry;

pub use entry::{EntryError, read_domain};

use super::names::NameSet;
use futures_util::Stream;
use ironpost_proto::domain::Domain;
use ironpost_proto::visible::Visible;
use std::io::{self, BufRead, ErrorKind};

/// A line that says something. Blank lines and comments are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A domain to check.
    Domain {
        /// The line, from 1.
        line: u64,
        /// The domain.
        domain: Domain,
    },
    /// A domain that stood further up already.
    Duplicate {
        /// The line, from 1.
        line: u64,
        /// The domain.
        domain: Domain,
    },
    /// A domain that an earlier run has done ([`Lines::resuming`]).
    Done {
        /// The line, from 1.
        line: u64,
        /// The domain.
        domain: Domain,
    },
    /// A line that names no domain.
    Rejected(Rejected),
}

/// A line that names no domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}: {reason}")]
pub struct Rejected {
    /// The line, from 1.
    pub line: u64,
    /// The line, at most [`MAX_SHOWN`] characters of it.
    pub text: Visible,
    /// Why not.
    pub reason: RejectedReason,
}

/// Why a line names no domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectedReason {
    /// Over [`MAX_LINE`] octets.
    #[error("longer than {MAX_LINE} octets")]
    TooLong,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8; save the list as plain UTF-8")]
    NotUtf8,
    /// The first line of a table.
    #[error("a heading, not a domain")]
    Heading,
    /// What stands there is no domain.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// The lines of a list, read one by one: takes U-labels, upper case, a trailing dot, URLs,
/// e-mail addresses, `rank,domain`, quotes, blanks around, comments after `#`, CRLF and a
/// byte order mark. Errors are those of reading.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    line: u64,
    buffer: Vec<u8>,
    seen: NameSet,
    done: NameSet,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `reader`.
    pub fn new(reader: R) -> Self {
        Self::resuming(reader, NameSet::new())
    }

    /// The lines of `reader`, of which `done` are done.
    pub fn resuming(reader: R, done: NameSet) -> Self {
        Self { reader, line: 0, buffer: Vec::new(), seen: NameSet::new(), done }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        while let Some(complete) = self.fill()? {
            self.line += 1;
            let bytes = match self.line {
                1 => self.buffer.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.buffer),
                _ => &self.buffer,
            };
            let outcome =
                if complete { interpret(bytes, self.line) } else { Err(RejectedReason::TooLong) };
            let line = self.line;
            match outcome {
                Ok(None) => {}
                Ok(Some(domain)) if self.done.contains(&domain) => {
                    return Ok(Some(Line::Done { line, domain }));
                }
                Ok(Some(domain)) if self.seen.insert(&domain) => {
                    return Ok(Some(Line::Domain { line, domain }));
                }
                Ok(Some(domain)) => return Ok(Some(Line::Duplicate { line, domain })),
                Err(reason) => {
                    let text = Visible::excerpt(bytes.trim_ascii(), MAX_SHOWN);
                    return Ok(Some(Line::Rejected(Rejected { line, text, reason })));
                }
            }
        }
        Ok(None)
    }

    /// Reads the next line into the buffer, without its line end. `None` at the end of the
    /// list; false if the line is too long: then only its beginning is kept.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let mut begun = false;
        loop {
            let chunk = match self.reader.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() {
                return Ok(begun.then_some(self.buffer.len() <= MAX_LINE));
            }
            begun = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = end.and_then(|end| chunk.get(..end)).unwrap_or(chunk);
            let room = (MAX_LINE + 1).saturating_sub(self.buffer.len());
            self.buffer.extend(part.iter().take(room));
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(self.buffer.len() <= MAX_LINE));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// How many domains a list holds, duplicates not counted.
pub fn count(reader: impl BufRead) -> io::Result<u64> {
    let mut count = 0;
    for line in Lines::new(reader) {
        match line? {
            Line::Domain { .. } => count += 1,
            Line::Duplicate { .. } | Line::Done { .. } | Line::Rejected(_) => {}
        }
    }
    Ok(count)
}

/// The same lines for [`super::runner::Runner::run`]: a thread of its own reads them, a few
/// ahead, so that a slow list (a pipe) holds up nothing. The thread ends with the list, or
/// when the stream is dropped and the next line comes.
///
/// Errors: the thread cannot be started.
pub fn stream<R>(lines: Lines<R>) -> io::Result<impl Stream<Item = io::Result<Line>> + Unpin>
where
    R: BufRead + Send + 'static,
{
    let (sender, receiver) = tokio::sync::mpsc::channel(READ_AHEAD);
    std::thread::Builder::new().name("list".to_owned()).spawn(move || {
        for line in lines {
            let failed = line.is_err();
            if sender.blocking_send(line).is_err() || failed {
                break;
            }
        }
    })?;
    Ok(Box::pin(futures_util::stream::unfold(receiver, async |mut receiver| {
        Some((receiver.recv().await?, receiver))
    })))
}

fn interpret(bytes: &[u8], line: u64) -> Result<Option<Domain>, RejectedReason> {
    let text = std::str::from_utf8(bytes).map_err(|_| RejectedReason::NotUtf8)?;
    let text = without_comment(text).trim();
    if text.is_empty() {
        return Ok(None);
    }
    if line == 1 && HEADINGS.iter().any(|heading| text.eq_ignore_ascii_case(heading)) {
        return Err(RejectedReason::Heading);
    }
    Ok(Some(read_domain(text)?))
}

/// A comment begins with `#` at the start of a line or after a blank; elsewhere the sign may
/// be part of a URL or of an e-mail address.
fn without_comment(text: &str) -> &str {
    let mut signs = text.match_indices('#').map(|(at, _)| text.split_at(at).0);
    signs.find(|before| before.trim_end().len() < before.len() || before.is_empty()).unwrap_or(text)
}

/// Octets of a line, its end not counted: the longest e-mail address (RFC 5321 §4.5.3.1) or a
/// URL with all that people paste after the host.
pub const MAX_LINE: usize = 4096;

/// Characters of a rejected line that are shown.
pub const MAX_SHOWN: usize = 80;

/// Lines read before they are asked for.
const READ_AHEAD: usize = 256;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// First lines of tables (our own CSV among them) that are no domain.
const HEADINGS: [&str; 4] = ["domain", "domains", "rank,domain", "hostname"];

#[cfg(test)]
mod tests;
