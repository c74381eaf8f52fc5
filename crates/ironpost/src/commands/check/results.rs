//! Results in their formats: a few at once, or many as they come.

use super::format::Format;
use crate::failure::Failure;
use crate::output::{Console, Destination, STDOUT};
use ironpost_checker::bulk::names::NameSet;
use ironpost_checker::bulk::output::{self, Existing, Layout, OutputError};
use ironpost_checker::render::digest::Digest;
use ironpost_checker::render::terminal::table::{self, Columns};
use ironpost_checker::render::terminal::{self, Depth, View};
use ironpost_checker::render::{RenderError, csv, json};
use ironpost_checker::report::Report;
use std::io;
use std::path::Path;

/// Writes the results of domains named on the command line: whole, or not at all.
pub(super) fn write_all(
    reports: &[Report],
    format: Format,
    depth: Depth,
    output: Option<&Path>,
    console: &Console,
) -> Result<(), Failure> {
    let mut destination = Destination::open(output)?;
    let view = View { theme: destination.theme(console), width: destination.width(console), depth };
    let text = render(reports, format, &view).map_err(broken)?;
    destination.write(text.as_bytes())?;
    destination.finish()
}

fn render(reports: &[Report], format: Format, view: &View) -> Result<String, RenderError> {
    let digests = || reports.iter().map(Digest::from).collect::<Vec<_>>();
    Ok(match (format, reports) {
        (Format::Text, reports) if reports.len() <= MOST_VIEWS => {
            let views: Vec<_> = reports.iter().map(|r| terminal::report(r, view)).collect();
            views.join("\n\n")
        }
        (Format::Text, _) => table::render(&digests(), view.theme, view.width),
        (Format::Json, [report]) => json::object(report)? + "\n",
        (Format::Json, reports) => json::array(reports)? + "\n",
        (Format::Jsonl, reports) => {
            let lines: Result<Vec<_>, _> = reports.iter().map(json::line).collect();
            lines?.into_iter().map(|line| line + "\n").collect()
        }
        (Format::Csv, reports) => {
            let rows: Result<String, _> = reports.iter().map(csv::row).collect();
            csv::header()? + &rows?
        }
        (Format::Junit | Format::Html | Format::Prometheus, _) => document(format, &digests()),
    })
}

fn document(_format: Format, _digests: &[Digest]) -> String {
    String::new()
}

/// The results of a list, on their way out as they come.
#[derive(Debug)]
pub(super) enum ListResults {
    /// Whole records; what a stopped run leaves can be gone on with or read as it is.
    Records(output::Results),
    /// A table for people.
    Table(Columns, Destination),
    /// A document that makes sense only at the end.
    Document(Format, Vec<Digest>, Destination),
}

impl ListResults {
    /// Begins, and tells which domains are done already.
    pub(super) fn begin(
        format: Format,
        output: Option<&Path>,
        existing: Existing,
        console: &Console,
    ) -> Result<(Self, NameSet), Failure> {
        let layout = match format {
            Format::Jsonl => Some(Layout::Jsonl),
            Format::Csv => Some(Layout::Csv),
            Format::Json => Some(Layout::JsonArray),
            Format::Text | Format::Junit | Format::Html | Format::Prometheus => None,
        };
        let output = output.filter(|path| *path != Path::new("-"));
        match (layout, output) {
            (Some(layout), Some(path)) => {
                let (results, done) =
                    output::Results::create(path, layout, existing).map_err(unwritable)?;
                return Ok((Self::Records(results), done));
            }
            (Some(layout), None) => {
                let stream = Box::new(console.stdout_writer());
                let results = output::Results::stream(stream, STDOUT, layout);
                return Ok((Self::Records(results), NameSet::new()));
            }
            (None, _) => {}
        }
        if existing == Existing::Resume {
            let path = output.unwrap_or(Path::new(STDOUT)).to_owned();
            return Err(Failure::usage(OutputError::NotResumable { path }));
        }
        let mut destination = Destination::open(output)?;
        let results = if format == Format::Text {
            let columns =
                Columns::new(destination.theme(console), destination.width(console), WIDE);
            destination.write(columns.header().as_bytes())?;
            Self::Table(columns, destination)
        } else {
            Self::Document(format, Vec::new(), destination)
        };
        Ok((results, NameSet::new()))
    }

    /// Takes one more.
    pub(super) fn add(&mut self, report: Report, console: &Console) -> Result<(), Failure> {
        match self {
            Self::Records(results) => results.write(&report).map_err(unwritable),
            Self::Table(columns, destination) => {
                let row = columns.row(&Digest::from(&report));
                console.aside(|| destination.write(row.as_bytes()))
            }
            Self::Document(_, digests, _) => {
                digests.push(Digest::from(&report));
                Ok(())
            }
        }
    }

    /// Ends the output after the last result; only now a document is written.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Records(results) => results.finish().map_err(unwritable),
            Self::Table(_, destination) => destination.finish(),
            Self::Document(format, digests, mut destination) => {
                destination.write(document(format, &digests).as_bytes())?;
                destination.finish()
            }
        }
    }

    /// Ends the output of a run that was stopped. True if results were kept.
    pub(super) fn abandon(self) -> Result<bool, Failure> {
        match self {
            Self::Records(_) | Self::Table(..) => self.finish().map(|()| true),
            Self::Document(..) => Ok(false),
        }
    }
}

fn broken(error: RenderError) -> Failure {
    Failure::usage(error)
}

fn unwritable(error: OutputError) -> Failure {
    match error {
        OutputError::Write { name, source }
            if name == Path::new(STDOUT) && source.kind() == io::ErrorKind::BrokenPipe =>
        {
            Failure::ReaderGone
        }
        error => Failure::usage(error),
    }
}

/// Domains that are shown at length; of more there is a table.
const MOST_VIEWS: usize = 3;

/// Columns for names in a table whose names are not known ahead.
const WIDE: usize = 32;
