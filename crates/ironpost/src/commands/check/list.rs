//! A list of any length.

use super::format::Format;
use super::results::ListResults;
use super::{CheckArgs, Scope};
use crate::exit::{Exit, Signal};
use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::output::{Console, Progress, shell_word};
use ironpost_checker::bulk::input::{self, Line, Lines};
use ironpost_checker::bulk::names::NameSet;
use ironpost_checker::bulk::output::Existing;
use ironpost_checker::bulk::runner::{Ended, Event, RunError};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Checks every domain of the list at `input`.
pub(super) async fn run(
    input: &Path,
    scope: Scope,
    args: &CheckArgs,
    console: &Console,
) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let total = count(input)?;
    let existing = match (args.resume, args.force) {
        (true, _) => Existing::Resume,
        (false, true) => Existing::Replace,
        (false, false) => Existing::Refuse,
    };
    let manner = args.manner();
    let (mut results, done) =
        ListResults::begin(manner, args.output.as_deref(), existing, console)?;
    let mut tally = Tally::default();
    let mut progress = Progress::start(console, total, done.len() as u64);
    let lines = open(input, done)?;
    let mut caught = None;
    let ended = scope
        .runner(args.concurrency)
        .run(
            lines,
            |event| {
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
            },
            async { caught = Some(signals.next().await) },
        )
        .await;
    let summary = progress.line();
    drop(progress);
    match (ended, caught) {
        (Ok(Ended::Complete), _) => results.finish()?,
        (Ok(Ended::Stopped), signal) => {
            let kept = results.abandon()?;
            let text = how_to_go_on(&summary, kept, args, manner.format);
            return Err(Failure::Interrupted(signal.unwrap_or(Signal::Interrupt), text));
        }
        (Err(RunError::Input(error)), _) => {
            results.abandon()?;
            return Err(Failure::reading(input, error));
        }
        (Err(RunError::Sink(failure)), _) => return Err(failure),
    }
    console.note(&tally.text(&summary));
    Ok(tally.exit)
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
                text.push_str(&format!("  ({count} {lines} {what})"));
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
    let file = File::open(input).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Ok(None);
    }
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
fn how_to_go_on(summary: &str, kept: bool, args: &CheckArgs, format: Format) -> String {
    let resumable = matches!(format, Format::Jsonl | Format::Csv);
    match (&args.input, &args.output) {
        (_, Some(output)) if !kept => {
            format!("Stopped: {summary}. {} was not written.", output.display())
        }
        (Some(input), Some(output)) if resumable && input != Path::new("-") => {
            let words = [input, output].map(|path| shell_word(&path.to_string_lossy()));
            let [input, output] = words;
            format!(
                "Stopped: {summary}. To go on, add --resume to the same command:\n  \
                 ironpost check --input {input} --output {output} --resume …"
            )
        }
        (_, Some(output)) => {
            format!("Stopped: {summary}. What was done is in {}.", output.display())
        }
        (_, None) => format!("Stopped: {summary}."),
    }
}
