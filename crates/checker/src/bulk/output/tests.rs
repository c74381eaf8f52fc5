use super::*;
use crate::render::{csv, json, samples};
use std::fs;

fn reports() -> Vec<Report> {
    vec![samples::protected(), samples::at_risk(), samples::hostile(), samples::parked()]
}

fn write_all(path: &Path, layout: Layout, existing: Existing, reports: &[Report]) -> usize {
    let (mut results, done) = Results::create(path, layout, existing).unwrap();
    for report in reports {
        if !done.contains(&report.domain.parse().unwrap()) {
            results.write(report).unwrap();
        }
    }
    results.finish().unwrap();
    done.len()
}

/// The same without waiting for the disk; only where the format closes with nothing.
fn go_on(path: &Path, layout: Layout, reports: &[Report]) -> usize {
    let (mut results, done) = Results::create(path, layout, Existing::Resume).unwrap();
    for report in reports {
        if !done.contains(&report.domain.parse().unwrap()) {
            results.write(report).unwrap();
        }
    }
    done.len()
}

#[test]
fn layouts_are_what_the_renderers_make() {
    let folder = tempfile::tempdir().unwrap();
    let written = |layout| {
        let path = folder.path().join("results");
        write_all(&path, layout, Existing::Replace, &reports());
        fs::read_to_string(path).unwrap()
    };
    let reports = reports();
    let lines = reports.iter().map(|r| json::line(r).unwrap() + "\n").collect::<String>();
    assert_eq!(written(Layout::Jsonl), lines);
    let rows = reports.iter().map(|r| csv::row(r).unwrap()).collect::<String>();
    assert_eq!(written(Layout::Csv), csv::header().unwrap() + &rows);
    assert_eq!(written(Layout::JsonArray), json::array(&reports).unwrap() + "\n");
}

#[test]
fn without_results_a_format_is_still_whole() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        (Layout::Jsonl, String::new()),
        (Layout::Csv, csv::header().unwrap()),
        (Layout::JsonArray, "[]\n".to_owned()),
    ];
    for (layout, expected) in table {
        let path = folder.path().join("results");
        let (results, _) = Results::create(&path, layout, Existing::Replace).unwrap();
        results.finish().unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), expected, "{layout:?}");
    }
}

#[test]
fn a_run_cut_off_anywhere_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results");
    let reports = [samples::parked(), samples::could_not_tell()];
    for layout in [Layout::Jsonl, Layout::Csv] {
        write_all(&path, layout, Existing::Replace, &reports);
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            // A file of its own: many file systems flush one that is cut to nothing.
            let path = folder.path().join(format!("{layout:?}-{cut}"));
            fs::write(&path, &whole[..cut]).unwrap();
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            let heading = usize::from(layout == Layout::Csv);
            let done = go_on(&path, layout, &reports);
            assert_eq!(done, lines.saturating_sub(heading), "{layout:?} cut at {cut}");
            assert!(fs::read(&path).unwrap() == whole, "{layout:?} cut at {cut}");
        }
    }
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    let ours = json::line(&samples::protected()).unwrap();
    let table = [
        (Layout::Jsonl, "my notes".to_owned(), 1),
        (Layout::Jsonl, "{}\n".to_owned(), 1),
        (Layout::Jsonl, ours.replace("ironpost.check/1", "ironpost.check/9") + "\n", 1),
        (Layout::Jsonl, format!("{ours}\n[]\n{ours}\n"), 2),
        (Layout::Jsonl, format!("{ours}\n{}\n", &ours[..80]), 2),
        (Layout::Jsonl, "x".repeat(5 << 20), 1),
        (Layout::Csv, "domain,mine\n".to_owned(), 1),
        (Layout::Csv, format!("{ours}\n"), 1),
        (Layout::Csv, csv::header().unwrap() + "not a domain,\n", 2),
    ];
    for (layout, text, at) in table {
        fs::write(&path, &text).unwrap();
        let error = Results::create(&path, layout, Existing::Resume).unwrap_err();
        assert!(matches!(error, OutputError::NotOurs { line, .. } if line == at), "{error}");
        assert!(fs::read_to_string(&path).unwrap() == text);
    }
}

#[test]
fn results_that_are_there_are_not_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.jsonl");
    fs::write(&path, "").unwrap();
    write_all(&path, Layout::Jsonl, Existing::Refuse, &reports());
    let error = Results::create(&path, Layout::Jsonl, Existing::Refuse).unwrap_err();
    assert!(matches!(error, OutputError::NotEmpty { .. }), "{error}");
    let error = Results::create(&path, Layout::JsonArray, Existing::Resume).unwrap_err();
    assert!(matches!(error, OutputError::NotResumable { .. }), "{error}");
}

#[test]
fn two_runs_do_not_write_into_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.jsonl");
    let (first, _) = Results::create(&path, Layout::Jsonl, Existing::Resume).unwrap();
    let error = Results::create(&path, Layout::Jsonl, Existing::Resume).unwrap_err();
    assert!(matches!(error, OutputError::InUse { .. }), "{error}");
    drop(first);
    Results::create(&path, Layout::Jsonl, Existing::Resume).unwrap();
}

#[test]
fn a_full_disk_is_named() {
    let path = Path::new("/dev/full");
    let (mut results, _) = Results::create(path, Layout::Jsonl, Existing::Refuse).unwrap();
    let error = results.write(&samples::protected()).unwrap_err();
    assert!(error.to_string().contains("/dev/full"), "{error}");
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = Results::create(folder.path(), Layout::Jsonl, Existing::Refuse).unwrap_err();
    assert!(matches!(error, OutputError::Open { .. }), "{error}");
}
