//! A list of any length, worked off as it is read.

use super::format::Format;
use super::results::ListResults;
use super::{CheckArgs, Scope};
use crate::exit::{Exit, Signal};
use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::output::{Console, Progress};
use ironpost_checker::bulk::input::{self, Line, Lines};
use ironpost_checker::bulk::names::NameSet;
use ironpost_checker::bulk::output::Existing;
use ironpost_checker::bulk::runner::{Ended, Event, RunError};
use ironpost_checker::report::Report;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// A list with its results' place, ready to be worked off.
pub(super) struct List {
    lines: LineStream,
    results: ListResults,
    total: Option<u64>,
    done: u64,
}

impl List {
    /// Opens the list and the place for its results; nothing goes out yet.
    pub(super) fn open(input: &Path, args: &CheckArgs, console: &Console) -> Result<Self, Failure> {
        let total = count(input)?;
        if let Some(output) = &args.output {
            refuse_same(input, output)?;
        }
        let existing = match (args.existing.resume, args.existing.force) {
            (true, _) => Existing::Resume,
            (false, true) => Existing::Replace,
            (false, false) => Existing::Refuse,
        };
        let (results, names) =
            ListResults::begin(args.manner(), args.output.as_deref(), existing, console)?;
        let done = names.len() as u64;
        Ok(Self { lines: open(input, names)?, results, total, done })
    }

    /// Checks every domain.
    pub(super) async fn run(
        self,
        scope: Scope,
        args: &CheckArgs,
        console: &Console,
    ) -> Result<Exit, Failure> {
        let Self { lines, mut results, total, done } = self;
        let signals = Signals::listen()?;
        let mut tally = Tally { exit: earlier(args, done)?, ..Tally::default() };
        let mut progress = Progress::start(console, total, done);
        let sink = |event| {
            match event {
                Event::Checked(report) => {
                    progress.add(report.verdict);
                    tally.exit = tally.exit.worst(args.fail_on.judge(&report));
                    results.add(*report, console)?;
                }
                Event::Done { .. } => {}
                Event::Duplicate { .. } => tally.duplicates += 1,
                Event::Rejected(rejected) => {
                    tally.rejected += 1;
                    console.warn(&rejected.to_string());
                }
            }
            Ok(())
        };
        let mut caught = None;
        let stop = async { caught = Some(signals.next().await) };
        let ended = scope.runner(args.concurrency).run(lines, sink, stop).await;
        let summary = progress.line();
        drop(progress);
        match ended {
            Ok(Ended::Complete) => results.finish()?,
            Ok(Ended::Stopped) => {
                let kept = results.abandon()?;
                let text = how_to_go_on(&summary, kept, args);
                return Err(Failure::Interrupted(caught.unwrap_or(Signal::Interrupt), text));
            }
            Err(RunError::Input(error)) => {
                results.abandon()?;
                return Err(Failure::Usage(anyhow::Error::new(error).context("the list")));
            }
            Err(RunError::Sink(failure)) => return Err(failure),
        }
        console.note(&tally.text(&summary));
        Ok(tally.exit)
    }
}

/// What the results of an interrupted run come to: the exit code speaks of the whole list. CSV
/// does not hold enough to tell.
fn earlier(args: &CheckArgs, done: u64) -> Result<Exit, Failure> {
    let output = match &args.output {
        Some(output) if done > 0 && args.manner().format == Format::Jsonl => output,
        Some(_) | None => return Ok(Exit::Clean),
    };
    let failed = |error| Failure::reading(output, error);
    let lines = BufReader::new(File::open(output).map_err(failed)?).lines();
    lines.into_iter().try_fold(Exit::Clean, |exit, line| {
        let report: Report = serde_json::from_str(&line.map_err(failed)?)
            .map_err(|error| failed(io::Error::other(error)))?;
        Ok(exit.worst(args.fail_on.judge(&report)))
    })
}

/// Results in place of the list would be the end of the list.
fn refuse_same(input: &Path, output: &Path) -> Result<(), Failure> {
    match (fs::canonicalize(input), fs::canonicalize(output)) {
        (Ok(input), Ok(same)) if input == same && input.is_file() => Err(Failure::message(
            format!("{} is the list itself; name another file for the results", output.display()),
        )),
        _ => Ok(()),
    }
}

/// What a run came to beside its results.
#[derive(Debug)]
struct Tally {
    exit: Exit,
    duplicates: u64,
    rejected: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { exit: Exit::Clean, duplicates: 0, rejected: 0 }
    }
}

impl Tally {
    fn text(&self, summary: &str) -> String {
        let mut text = summary.to_owned();
        for (count, what) in
            [(self.duplicates, "named before"), (self.rejected, "without a domain")]
        {
            if count > 0 {
                let lines = if count == 1 { "line" } else { "lines" };
                // Writing to a `String` cannot fail.
                let _ = write!(text, "  ({count} {lines} {what})");
            }
        }
        text
    }
}

/// How many domains the list has, where that can be told before reading it.
fn count(input: &Path) -> Result<Option<u64>, Failure> {
    if input == Path::new("-") {
        return Ok(None);
    }
    let failed = |error| Failure::reading(input, error);
    // A pipe must not be opened twice: what was in it the first time would be lost.
    let kind = fs::metadata(input).map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if !kind.is_file() {
        return Ok(None);
    }
    let file = File::open(input).map_err(failed)?;
    input::count(BufReader::new(file)).map(Some).map_err(failed)
}

type LineStream = std::pin::Pin<Box<dyn futures_util::Stream<Item = io::Result<Line>>>>;

fn open(input: &Path, done: NameSet) -> Result<LineStream, Failure> {
    let failed = |error| Failure::reading(input, error);
    let reader: Box<dyn BufRead + Send> = if input == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(input).map_err(failed)?))
    };
    Ok(Box::pin(input::stream(Lines::resuming(reader, done)).map_err(failed)?))
}

/// What a stopped run says at its end.
fn how_to_go_on(summary: &str, kept: bool, args: &CheckArgs) -> String {
    let Some(output) = &args.output else { return format!("Stopped: {summary}.") };
    let output = output.display();
    let resumable = matches!(args.manner().format, Format::Jsonl | Format::Csv);
    if !kept {
        format!("Stopped: {summary}. {output} was not written.")
    } else if resumable {
        format!(
            "Stopped: {summary}. What was done is in {output}; give the same command with \
             --resume to go on."
        )
    } else {
        format!("Stopped: {summary}. What was done is in {output}.")
    }
}
