//! JSON: pretty for people, one line for lists.

use super::RenderError;
use crate::report::Report;
use ironpost_proto::visible::Visible;
use serde::Serialize;
use std::fmt::Write;

/// One report as an indented object, without a final line end.
pub fn object(report: &Report) -> Result<String, RenderError> {
    pretty(report)
}

/// Several reports as an indented array, without a final line end.
pub fn array(reports: &[Report]) -> Result<String, RenderError> {
    pretty(&reports)
}

/// One report as one line, without its line end.
pub fn line(report: &Report) -> Result<String, RenderError> {
    Ok(escape_acting(serde_json::to_string(report)?))
}

fn pretty(value: &impl Serialize) -> Result<String, RenderError> {
    Ok(escape_acting(serde_json::to_string_pretty(value)?))
}

/// JSON leaves everything past U+001F as it is, a terminal does not: C1 controls, DEL and
/// bidirectional marks become `\u` escapes, which read back as the same text. Outside its
/// strings JSON is ASCII, so the whole text can be gone through.
fn escape_acting(json: String) -> String {
    let plain = |c: char| c != '\u{7f}' && c.is_ascii();
    if json.chars().all(plain) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if plain(c) || !acts(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

fn acts(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    Visible::from(text).as_str() != text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn every_sample_reads_back_as_it_was() {
        for report in samples::all() {
            for text in [object(&report).unwrap(), line(&report).unwrap()] {
                assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
            }
        }
        let reports = samples::all();
        let text = array(&reports).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Report>>(&text).unwrap(), reports);
    }

    #[test]
    fn a_line_is_a_line_and_nothing_in_it_acts() {
        for report in samples::all() {
            let text = line(&report).unwrap();
            assert_eq!(Visible::from(text.as_str()).as_str(), text, "{}", report.domain);
        }
    }

    #[test]
    fn escapes_read_back() {
        let raw = "\u{7f}\u{9b}\u{202e}\u{e0041}é";
        let json = escape_acting(serde_json::to_string(raw).unwrap());
        assert_eq!(json, "\"\\u007f\\u009b\\u202e\\udb40\\udc41é\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), raw);
    }

    #[test]
    fn shapes() {
        insta::assert_snapshot!(object(&samples::at_risk()).unwrap());
        insta::assert_snapshot!(line(&samples::hostile()).unwrap());
    }
}
