//! The formats of results.

use clap::ValueEnum;
use std::path::Path;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people; of more than three domains a table
    Text,
    /// One object, or an array of several
    Json,
    /// One object a line
    Jsonl,
    /// One line a domain, for spreadsheets
    Csv,
    /// One test case a domain, for CI
    Junit,
    /// One page that needs nothing else
    Html,
    /// Metrics for the textfile collector
    Prometheus,
}

impl Format {
    /// The format that the name of a file asks for.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "xml" => Some(Self::Junit),
            "html" | "htm" => Some(Self::Html),
            "prom" => Some(Self::Prometheus),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_the_format() {
        let table = [
            ("results.jsonl", Some(Format::Jsonl)),
            ("a/b.HTML", Some(Format::Html)),
            ("junit.xml", Some(Format::Junit)),
            ("/dev/stdout", None),
            ("results.dat", None),
        ];
        for (path, format) in table {
            assert_eq!(Format::of_file(Path::new(path)), format, "{path}");
        }
    }
}
