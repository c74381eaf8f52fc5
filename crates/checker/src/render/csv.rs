//! CSV: one row per domain (RFC 4180, but with LF), safe to open in a spreadsheet.

use super::RenderError;
use super::wording::{Code, SEVERITIES};
use crate::report::Report;
use ironpost_proto::visible::Visible;

/// The first line, with its line end.
pub fn header() -> Result<String, RenderError> {
    record(COLUMNS.iter().map(|column| (*column).to_owned()))
}

/// The row of one report, with its line end. No cell holds a line break.
pub fn row(report: &Report) -> Result<String, RenderError> {
    record(cells(report).into_iter().map(|cell| guarded(&cell)))
}

/// What the columns are called.
const COLUMNS: [&str; 22] = [
    "domain",
    "checked_at",
    "verdict",
    "grade",
    "points",
    "partial",
    "policy_status",
    "policy_mode",
    "policy_max_age",
    "policy_id",
    "policy_mx",
    "mx",
    "worst",
    "critical",
    "high",
    "medium",
    "low",
    "info",
    "findings",
    "not_tested",
    "summary",
    "schema",
];

fn cells(report: &Report) -> [String; COLUMNS.len()] {
    let [critical, high, medium, low, info] = SEVERITIES.map(|severity| {
        report.findings.iter().filter(|f| f.severity == severity).count().to_string()
    });
    let worst = report.findings.iter().map(|f| f.severity).max();
    [
        report.domain.clone(),
        report.checked_at.to_string(),
        report.verdict.code().to_owned(),
        report.grade.map_or_else(String::new, |grade| grade.code().to_owned()),
        number(report.points),
        report.partial.to_string(),
        report.policy.status.code().to_owned(),
        report.policy.mode.clone().unwrap_or_default(),
        number(report.policy.max_age),
        report.policy.id.clone().unwrap_or_default(),
        list(report.policy.mx.iter().map(String::as_str)),
        list(report.mx.iter().map(|mx| mx.host.as_str())),
        worst.map_or_else(String::new, |severity| severity.code().to_owned()),
        critical,
        high,
        medium,
        low,
        info,
        list(report.findings.iter().map(|finding| finding.id.as_str())),
        list(report.not_tested.iter().map(|not| not.what.as_str())),
        report.summary.clone(),
        report.schema.clone(),
    ]
}

fn number(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join("; ")
}

/// A cell that a spreadsheet takes for text: one that begins like a formula gets an
/// apostrophe before it. Tab and carriage return, which also start one, are escapes here.
fn guarded(cell: &str) -> String {
    let visible = Visible::from(cell);
    let text = visible.as_str();
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}

/// What makes a spreadsheet evaluate a cell; the last four are the full-width forms.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

fn record(cells: impl Iterator<Item = String>) -> Result<String, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn every_row_has_every_column_and_one_line() {
        for report in samples::all() {
            let text = row(&report).unwrap();
            assert_eq!(text.matches('\n').count(), 1, "{text}");
            assert!(text.ends_with('\n'));
            let whole = header().unwrap() + &text;
            let mut reader = ::csv::Reader::from_reader(whole.as_bytes());
            assert_eq!(reader.headers().unwrap().len(), COLUMNS.len());
            let records = reader.records().collect::<Result<Vec<_>, _>>().unwrap();
            assert_eq!(records.len(), 1);
            assert_eq!(&records[0][0], report.domain);
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for start in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(guarded(start), format!("'{start}"));
        }
        assert_eq!(guarded("\t=1"), "\\t=1", "a tab is shown, and is none any more");
        assert_eq!(guarded("\r=1"), "\\r=1");
        assert_eq!(guarded("a=b"), "a=b");
    }

    #[test]
    fn shape() {
        let rows = samples::all().iter().map(|r| row(r).unwrap()).collect::<String>();
        insta::assert_snapshot!(header().unwrap() + &rows);
    }
}
