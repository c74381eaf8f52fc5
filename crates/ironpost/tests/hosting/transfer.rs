//! Databases that go from one installation to another, whole or not at all.

use crate::node::NodeHome;
use crate::refused::{export, new_home};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

fn hosting(domains: &[&str]) -> NodeHome {
    let home = new_home();
    for domain in domains {
        let run = home.ironpost(["domain", "add", domain, "--mx", &format!("mx.{domain}")]);
        assert_eq!(run.code, 0, "{run:?}");
    }
    home
}

#[test]
fn an_export_that_is_cut_short_anywhere_is_taken_nowhere() {
    let whole = export(&hosting(&["a.example", "b.example"]));
    let home = new_home();
    let file = home.path("export.jsonl");
    let import = || home.ironpost(["db", "import", file.to_str().unwrap()]);
    let ends = whole.match_indices('\n').map(|(place, _)| place);
    // Between two lines and within each, the last one included.
    let cuts: Vec<_> = ends.flat_map(|end| [end.saturating_sub(7), end + 1]).collect();
    for cut in &cuts[..cuts.len() - 1] {
        fs::write(&file, &whole[..*cut]).unwrap();
        let run = import();
        assert_eq!((run.code, &*run.stdout), (2, ""), "{cut}: {run:?}");
        let expected = ["cut short after line", "damaged", "no export of Ironpost"];
        assert!(expected.iter().any(|words| run.stderr.contains(words)), "{cut}: {run:?}");
        assert_eq!(home.ironpost(["domain", "list"]).stdout, "", "{cut}");
    }
    // One octet in the midst of it is another.
    fs::write(&file, whole.replacen("b.example", "c.example", 1)).unwrap();
    let run = import();
    assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
    assert!(run.stderr.contains("nothing of it was taken"), "{run:?}");
    assert_eq!(home.ironpost(["domain", "list"]).stdout, "");

    fs::write(&file, &whole).unwrap();
    assert_eq!(import().stdout, "Imported: 2 domains, 2 versions, 0 certificates.\n");
    assert_eq!(export(&home), whole);
    let again = import();
    assert_eq!((again.code, &*again.stdout), (2, ""), "{again:?}");
    assert!(again.stderr.contains("the database is not empty"), "{again:?}");
    assert_eq!(export(&home), whole);
}

/// What came to nothing leaves nothing, and what is named by mistake is not made.
#[test]
fn an_import_that_fails_leaves_no_database_behind() {
    let home = NodeHome::new();
    let file = home.path("export.jsonl");
    fs::write(&file, "{\"ironpost_export\":1,").unwrap();
    let else_where = home.path("else.db");
    let import = ["db", "import", file.to_str().unwrap()];
    let named = [&import[..], &["--database", else_where.to_str().unwrap()]].concat();
    for line in [&import[..], &named] {
        let run = home.ironpost(line.iter().copied());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{run:?}");
        let left: Vec<_> =
            fs::read_dir(home.path("")).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert!(!else_where.exists() && !home.path("state").exists(), "{line:?}: {left:?}");
    }
    // A home that was there stays, and so does an empty database.
    let home = new_home();
    assert_eq!(home.ironpost(["db", "migrate"]).code, 0);
    assert_eq!(home.ironpost(["db", "import", "/dev/null"]).code, 2);
    assert!(home.path("state/ironpost.db").exists());
}

/// Standard output by its usual name.
#[test]
fn an_export_goes_to_standard_output_by_name() {
    let home = hosting(&["a.example"]);
    let run = home.ironpost(["db", "export", "--output", "-"]);
    assert_eq!((run.code, run.stdout), (0, export(&home)));
    assert!(!Path::new("-").exists());
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let home = hosting(&["a.example"]);
    let (file, copy) = (home.path("state/ironpost.db"), home.path("copy.db"));
    // A copy is one file; a database that was in use may keep more beside it.
    assert_eq!(home.ironpost(["db", "backup", copy.to_str().unwrap()]).code, 0);
    set_version(&copy, 1000);
    fs::remove_dir_all(home.path("state")).unwrap();
    fs::create_dir(home.path("state")).unwrap();
    fs::rename(&copy, &file).unwrap();
    let before = fs::read(&file).unwrap();
    for line in [
        &["domain", "add", "b.example", "--mx", "mx.b.example"][..],
        &["domain", "list"],
        &["domain", "publish", "a.example", "--max-age", "2d"],
        &["db", "migrate"],
        &["db", "export"],
        &["db", "import", "/dev/null"],
        &["db", "organisation", "b"],
        &["serve"],
    ] {
        let run = home.ironpost(line.iter().copied());
        assert_eq!((run.code, &*run.stdout), (2, ""), "{line:?}: {run:?}");
        let expected = "was written by a newer version of Ironpost: run that one, or put a backup from before it";
        assert!(run.stderr.contains(expected), "{line:?}: {run:?}");
        assert!(run.stderr.contains("state/ironpost.db"), "{line:?}: {run:?}");
        assert_eq!(fs::read(&file).unwrap(), before, "{line:?}");
    }
}

/// Of a closed database: <https://www.sqlite.org/fileformat.html#user_version_number>.
fn set_version(file: &Path, version: u32) {
    let mut file = fs::File::options().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(60)).unwrap();
    file.write_all(&version.to_be_bytes()).unwrap();
}
