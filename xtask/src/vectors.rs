//! `cargo xtask vectors DIR`: the vector files of a folder against the protocol core.
//!
//! A vector file is a JSON array; each element has a `name`, an input, `expect`, and perhaps
//! `alternatives` that are as good. The name of the file tells its format.

mod format;

use anyhow::{Context, Result};
use format::Format;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs every vector file in `dir`, prints each vector that deviates and a closing count; true
/// if none does and there was one to run.
pub(crate) fn run(dir: &Path) -> Result<bool> {
    let mut report = Report::default();
    for path in json_files(dir)? {
        report.file(&path)?;
    }
    for line in &report.lines {
        println!("{line}");
    }
    println!("vectors: {} run, {} deviate", report.run, report.deviating);
    if report.run == 0 {
        println!("error: {} has no vectors", dir.display());
    }
    Ok(report.run > 0 && report.lines.is_empty())
}

/// One vector, as far as all formats agree.
#[derive(Debug, Deserialize)]
struct Vector {
    name: String,
    expect: Value,
    #[serde(default)]
    alternatives: Vec<Value>,
    #[serde(default)]
    why: String,
    #[serde(flatten)]
    source: format::Source,
}

/// What came of the files so far.
#[derive(Debug, Default)]
struct Report {
    run: usize,
    deviating: usize,
    /// What is wrong, a line or more each.
    lines: Vec<String>,
}

impl Report {
    fn file(&mut self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(format) = Format::of_file(&name) else {
            self.lines.push(format!("error: {name}: not a vector file of a known format"));
            return Ok(());
        };
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        match serde_json::from_slice::<Vec<Value>>(&text) {
            Ok(vectors) => vectors.into_iter().enumerate().for_each(|(n, vector)| {
                self.vector(&name, n, format, vector);
            }),
            Err(error) => self.lines.push(format!("error: {name}: {error}")),
        }
        Ok(())
    }

    fn vector(&mut self, file: &str, index: usize, format: Format, vector: Value) {
        self.run += 1;
        let vector = match serde_json::from_value::<Vector>(vector) {
            Ok(vector) => vector,
            Err(error) => return self.deviation(format!("{file}: vector {index}: {error}")),
        };
        let Vector { name, expect, alternatives, why, source } = vector;
        let found = match format.evaluate(&source) {
            Ok(found) => found,
            Err(error) => return self.deviation(format!("{file}: {name}: {error:#}")),
        };
        let accepted = |expected: &Value| format.agrees(expected, &found);
        if !accepted(&expect) && !alternatives.iter().any(accepted) {
            self.deviation(format!(
                "{file}: {name}\n  expected {expect}\n  got      {found}\n  because  {why}"
            ));
        }
    }

    fn deviation(&mut self, line: String) {
        self.deviating += 1;
        self.lines.push(line);
    }
}

fn json_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", dir.display()))?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(files: &[(&str, Value)]) -> Report {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(dir.path().join(name), content.to_string()).unwrap();
        }
        let mut report = Report::default();
        for path in json_files(dir.path()).unwrap() {
            report.file(&path).unwrap();
        }
        report
    }

    fn policy(mode: &str) -> String {
        format!("version: STSv1\nmode: {mode}\nmx: mx.a.test\nmx: *.b.test\nmax_age: 60\nx: y\n")
    }

    fn policy_result() -> Value {
        json!({"ok": {"version": "STSv1", "mode": "testing", "max_age": 60,
            "mx": ["*.B.test", "mx.a.test"], "extensions": [["x", "y"]]}})
    }

    #[test]
    fn every_format_is_run_and_a_right_expectation_is_met() {
        let report = report(&[
            (
                "txt_record.json",
                json!([
                    {"name": "one", "input": [["v=STSv1; id=a", "b;"]], "expect": {"outcome": "ok", "id": "ab"}},
                    {"name": "two", "input": [["v=STSv1;"]], "expect": {"outcome": "none"}},
                    {"name": "three", "input": [], "expect": {"outcome": "ok", "id": "x"},
                        "alternatives": [{"outcome": "error", "class": "any"}]},
                ]),
            ),
            (
                "policy_parse.json",
                json!([
                    {"name": "text", "input": policy("testing"), "expect": policy_result()},
                    {"name": "octets", "input_b64": "/w==", "expect": {"error": "syntax"}},
                    {"name": "generated", "expect": {"error": "too_large"},
                        "input_gen": {"prefix": policy("testing"), "fill": "z: z\n", "total_bytes": 70_000}},
                ]),
            ),
            (
                "mx_match.json",
                json!([
                    {"name": "yes", "input": {"pattern": "*.a.test", "host": "MX.a.test."}, "expect": true},
                    {"name": "no", "input": {"pattern": "*", "host": "mx.a.test"}, "expect": false},
                ]),
            ),
            (
                "tlsrpt_record.json",
                json!([{"name": "uris", "input": [["v=TLSRPTv1; rua=ftp://a.test,mailto:b@a.test"]],
                    "expect": {"outcome": "ok", "rua": ["ftp://a.test", "mailto:b@a.test"],
                        "usable": ["mailto:b@a.test"]}}]),
            ),
        ]);
        assert_eq!((report.run, report.deviating, report.lines), (9, 0, Vec::new()));
    }

    #[test]
    fn every_wrong_expectation_is_named() {
        let mut wrong_mx = policy_result();
        wrong_mx["ok"]["mx"] = json!(["mx.a.test"]);
        let vector = |name: &str, input: Value, expect: Value| json!([{"name": name, "input": input, "expect": expect}]);
        let cases = [
            ("txt_record.json", json!([["v=STSv1; id=a"]]), json!({"outcome": "ok", "id": "b"})),
            ("txt_record.json", json!([["v=STSv1; id=a"]]), json!({"outcome": "none"})),
            ("txt_record.json", json!([]), json!({"outcome": "ok", "id": "b"})),
            ("policy_parse.json", json!(policy("enforce")), policy_result()),
            ("policy_parse.json", json!(policy("testing")), wrong_mx),
            ("policy_parse.json", json!(policy("testing")), json!({"error": "syntax"})),
            ("policy_parse.json", json!(""), policy_result()),
            ("mx_match.json", json!({"pattern": "a.test", "host": "a.test"}), json!(false)),
            ("mx_match.json", json!({"pattern": "a.test"}), json!(false)),
            (
                "tlsrpt_record.json",
                json!([["v=TLSRPTv1; rua=http://a.test"]]),
                json!({"outcome": "ok", "rua": ["http://a.test"], "usable": ["http://a.test"]}),
            ),
            ("txt_record.json", json!({"no": "list"}), json!({"outcome": "none"})),
            ("txt_record.json", json!([]), json!({"outcome": "perhaps"})),
        ];
        for (file, input, expect) in cases {
            let report = report(&[(file, vector("planted", input.clone(), expect))]);
            assert_eq!((report.run, report.deviating), (1, 1), "{file}: {input}");
            assert!(report.lines[0].contains(file) && report.lines[0].contains("planted"));
        }
    }

    #[test]
    fn a_file_that_is_no_vector_file_is_an_error() {
        for (name, content) in [("other.json", json!([])), ("mx_match.json", json!({"a": 1}))] {
            let report = report(&[(name, content)]);
            assert_eq!((report.run, report.lines.len()), (0, 1), "{name}");
            assert!(report.lines[0].contains(name));
        }
    }

    #[test]
    fn a_folder_without_vectors_fails() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!run(dir.path()).unwrap());
        assert!(run(&dir.path().join("missing")).is_err());
    }
}
