//! Results in their formats: a few at once, or many as they come.

use super::format::Format;
use crate::failure::Failure;
use crate::output::{Console, Destination, STDOUT};
use ironpost_checker::bulk::names::NameSet;
use ironpost_checker::bulk::output::{self, Existing, Layout, OutputError};
use ironpost_checker::finding::Severity;
use ironpost_checker::render::digest::Digest;
use ironpost_checker::render::document::Document;
use ironpost_checker::render::terminal::table::{self, Columns};
use ironpost_checker::render::terminal::{self, Depth, View};
use ironpost_checker::render::{RenderError, csv, html, json, junit, prometheus};
use ironpost_checker::report::Report;
use std::io;
use std::path::Path;

/// Writes the results of domains named on the command line: whole, or not at all.
pub(super) fn write_all(
    reports: Vec<Report>,
    manner: Manner,
    mut destination: Destination,
    console: &Console,
) -> Result<(), Failure> {
    let view = View {
        theme: destination.theme(console),
        width: destination.width(console),
        depth: manner.depth,
    };
    let text = render(reports, manner, &view).map_err(Failure::usage)?;
    destination.write(text.as_bytes())?;
    destination.finish()
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// The format.
    pub(super) format: Format,
    /// How much text says.
    pub(super) depth: Depth,
    /// What JUnit calls a failure.
    pub(super) fail_on: Option<Severity>,
}

fn render(reports: Vec<Report>, manner: Manner, view: &View) -> Result<String, RenderError> {
    Ok(match (manner.format, reports.as_slice()) {
        (Format::Text, few) if few.len() <= MOST_VIEWS => {
            let views: Vec<_> = few.iter().map(|report| terminal::report(report, view)).collect();
            views.join("\n\n")
        }
        (Format::Text, many) => {
            let digests: Vec<_> = many.iter().map(Digest::from).collect();
            table::render(&digests, view.theme, view.width)
        }
        (Format::Json, [only]) => json::object(only)? + "\n",
        (Format::Json, many) => json::array(many)? + "\n",
        (Format::Jsonl, many) => {
            let lines: Result<Vec<_>, _> = many.iter().map(json::line).collect();
            lines?.into_iter().map(|line| line + "\n").collect()
        }
        (Format::Csv, many) => {
            let rows: Result<String, _> = many.iter().map(csv::row).collect();
            csv::header()? + &rows?
        }
        (Format::Junit | Format::Html | Format::Prometheus, _) => {
            document(&reports.into_iter().collect(), manner)?
        }
    })
}

/// A document in a format that is whole only at its end.
fn document(document: &Document, manner: Manner) -> Result<String, RenderError> {
    match manner.format {
        Format::Junit => junit::suites(document, manner.fail_on),
        Format::Html => html::page(document),
        Format::Prometheus => Ok(prometheus::exposition(document)),
        Format::Text | Format::Json | Format::Jsonl | Format::Csv => Ok(String::new()),
    }
}

/// The results of a list, on their way out as they come.
#[derive(Debug)]
pub(super) enum ListResults {
    /// Whole records; what a stopped run leaves can be gone on with or read as it is.
    Records(output::Results),
    /// A table for people.
    Table(Columns, Destination),
    /// A document that makes sense only at the end.
    Document(Manner, Document, Destination),
}

impl ListResults {
    /// Begins, and tells which domains are done already.
    pub(super) fn begin(
        manner: Manner,
        output: Option<&Path>,
        existing: Existing,
        console: &Console,
    ) -> Result<(Self, NameSet), Failure> {
        let layout = match manner.format {
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
        let results = if manner.format == Format::Text {
            let columns =
                Columns::new(destination.theme(console), destination.width(console), WIDE);
            destination.write(columns.header().as_bytes())?;
            Self::Table(columns, destination)
        } else {
            Self::Document(manner, Document::new(), destination)
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
            Self::Document(_, document, _) => {
                document.push(report);
                Ok(())
            }
        }
    }

    /// Ends the output after the last result; only now a document is written.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Records(results) => results.finish().map_err(unwritable),
            Self::Table(_, destination) => destination.finish(),
            Self::Document(manner, whole, mut destination) => {
                let text = document(&whole, manner).map_err(Failure::usage)?;
                destination.write(text.as_bytes())?;
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
