//! Reports for people and machines: pure functions from [`Report`](crate::report::Report)s to text.
//!
//! Strings in a report are visible already; every renderer makes them visible once more
//! (which changes nothing) and then escapes them for its own format, so that nothing from
//! outside acts in a terminal, a page, a spreadsheet or a metric.

pub mod csv;
pub mod digest;
pub mod document;
mod fix;
pub mod html;
pub mod json;
pub mod junit;
pub mod prometheus;
pub mod schema;
pub mod terminal;
pub mod theme;
mod wording;
pub(crate) mod wrap;

#[cfg(test)]
pub(crate) mod samples;

use crate::report::{Grade, Verdict};
use wording::{Code, Label};

/// A verdict in words for people: `At risk`.
pub fn verdict_label(verdict: Verdict) -> &'static str {
    verdict.label()
}

/// A grade in letters: `A+`.
pub fn grade_label(grade: Grade) -> &'static str {
    grade.code()
}

/// Why a report could not be written in a format. None of these follows from what a report
/// holds; they come from the libraries that write the formats.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// JSON.
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// CSV.
    #[error("the report could not be written as CSV")]
    Csv(#[from] ::csv::Error),
    /// JUnit XML.
    #[error("the report could not be written as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
    /// HTML.
    #[error("the report could not be written as HTML")]
    Html(#[from] askama::Error),
}
