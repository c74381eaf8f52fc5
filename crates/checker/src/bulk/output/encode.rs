//! Results in a format, piece by piece.

use crate::render::{RenderError, csv, json};
use crate::report::Report;

/// How results are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One JSON object a line. Written as results come; can be resumed.
    Jsonl,
    /// One row a domain under a heading. Written as results come; can be resumed.
    Csv,
    /// One indented object: for a single domain.
    JsonObject,
    /// An indented array. Written as results come.
    JsonArray,
}

impl Layout {
    /// True if a file cut off at a line end can be gone on with.
    pub fn is_resumable(self) -> bool {
        match self {
            Self::Jsonl | Self::Csv => true,
            Self::JsonObject | Self::JsonArray => false,
        }
    }
}

/// Makes the pieces of a file.
#[derive(Debug)]
pub(super) struct Encoder {
    layout: Layout,
    begun: bool,
}

impl Encoder {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout, begun: false }
    }

    /// The file holds records already.
    pub(super) fn go_on(&mut self) {
        self.begun = true;
    }

    /// What is to be written for one more result.
    pub(super) fn record(&mut self, report: &Report) -> Result<String, RenderError> {
        let first = !std::mem::replace(&mut self.begun, true);
        Ok(match self.layout {
            Layout::Jsonl => json::line(report)? + "\n",
            Layout::Csv if first => csv::header()? + &csv::row(report)?,
            Layout::Csv => csv::row(report)?,
            Layout::JsonObject => json::object(report)? + "\n",
            Layout::JsonArray => {
                // No string in JSON holds a line end.
                let object = json::object(report)?.replace('\n', "\n  ");
                format!("{}  {object}", if first { "[\n" } else { ",\n" })
            }
        })
    }

    /// What closes the file.
    pub(super) fn end(&mut self) -> Result<String, RenderError> {
        let empty = !self.begun;
        Ok(match self.layout {
            Layout::Csv if empty => csv::header()?,
            Layout::Jsonl | Layout::JsonObject | Layout::Csv => String::new(),
            Layout::JsonArray if empty => "[]\n".to_owned(),
            Layout::JsonArray => "\n]\n".to_owned(),
        })
    }
}
