//! How what is told of domains is written.

use clap::ValueEnum;

/// One domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// Many things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LineFormat {
    /// For people
    Text,
    /// A JSON object a line
    Jsonl,
}
