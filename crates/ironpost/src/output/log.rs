//! The log: lines on standard error. Whatever came from outside acts on nothing that reads them.

use ironpost_proto::visible::Visible;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    /// The least important level that is told.
    pub(crate) level: Level,
    /// How a line is written.
    pub(crate) format: LogFormat,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people; with the priorities that journald reads where it is the reader
    #[default]
    Text,
    /// A JSON object on each line
    Json,
}

/// Sends what this program logs to standard error.
pub(crate) fn start(log: Log) {
    let own = Targets::new().with_targets(OWN_CRATES.map(|target| (target, log.level)));
    let registry = tracing_subscriber::registry();
    // Starting fails only if a log is running already, which then goes on.
    let _ = match log.format {
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_writer(Lines::Json);
            registry.with(lines.with_filter(own)).try_init()
        }
        // journald has a time of its own.
        LogFormat::Text if journal_reads() => {
            let lines = fmt::layer().with_writer(Lines::Journal).with_ansi(false);
            let lines = lines.without_time().with_level(false).with_target(false);
            registry.with(lines.with_filter(own)).try_init()
        }
        LogFormat::Text => {
            let lines = fmt::layer().with_writer(Lines::Text).with_ansi(false);
            // Where in the program it was said helps those who look into the program.
            let lines = lines.with_target(log.level > Level::INFO);
            registry.with(lines.with_filter(own)).try_init()
        }
    };
}

/// True if standard error leads to journald (systemd.exec(5), `JOURNAL_STREAM`).
fn journal_reads() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

/// Makes the writer of each line.
#[derive(Debug, Clone, Copy)]
enum Lines {
    Text,
    Journal,
    Json,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { prefix: "", escape: self.escape() }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line {
        let prefix = match self {
            Self::Text | Self::Json => "",
            Self::Journal => priority(*meta.level()),
        };
        Line { prefix, escape: self.escape() }
    }
}

impl Lines {
    fn escape(self) -> Escape {
        match self {
            Self::Text | Self::Journal => Escape::Visibly,
            Self::Json => Escape::AsJson,
        }
    }
}

/// sd-daemon(3): a priority before a line.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        _ => "<7>",
    }
}

/// One line, which is written in one piece.
#[derive(Debug)]
struct Line {
    prefix: &'static str,
    escape: Escape,
}

#[derive(Debug, Clone, Copy)]
enum Escape {
    Visibly,
    AsJson,
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let line = text.strip_suffix(b"\n").unwrap_or(text);
        let shown = match self.escape {
            Escape::Visibly => Visible::from_bytes(line).to_string(),
            Escape::AsJson => json_visible(&String::from_utf8_lossy(line)),
        };
        let line = format!("{}{shown}\n", self.prefix);
        io::stderr().lock().write_all(line.as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A JSON text that means the same and in which nothing acts on a terminal.
fn json_visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut utf8, mut utf16) = ([0; 4], [0; 2]);
    for c in text.chars() {
        let same = c.is_ascii_graphic() || {
            let c: &str = c.encode_utf8(&mut utf8);
            Visible::from(c).as_str() == c
        };
        if same {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut utf16).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

const OWN_CRATES: [&str; 7] = [
    "ironpost",
    "ironpost_net",
    "ironpost_store",
    "ironpost_checker",
    "ironpost_resolver",
    "ironpost_lab",
    "ironpost_proto",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_when_it_is_made_visible() {
        let hostile = "\u{1b}[31m\u{202e}\u{85}\u{e0001}é\n";
        let json = serde_json::to_string(hostile).unwrap();
        let shown = json_visible(&json);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
        assert_eq!(Visible::from(shown.as_str()).as_str(), shown);
    }

    #[test]
    fn a_priority_stands_before_a_line_for_the_journal() {
        assert_eq!(
            [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG].map(priority),
            ["<3>", "<4>", "<6>", "<7>"]
        );
    }
}
