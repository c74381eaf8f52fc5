//! Where trust comes from.

use crate::pki::Authority;
use ironpost_net::tls::roots::{RootSource, Roots};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn error_of(path: &Path) -> String {
    Roots::load(&RootSource::File(path.to_owned())).unwrap_err().to_string()
}

#[test]
fn the_bundled_roots_are_many() {
    assert!(Roots::load(&RootSource::Bundled).unwrap().count() > 100);
}

#[test]
fn a_file_of_several_roots_is_read_whole() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("roots.pem");
    let texts: String =
        ["A", "B", "C"].map(|name| format!("# {name}\n{}\n", Authority::root(name).pem)).concat();
    fs::write(&path, texts).unwrap();
    assert_eq!(Roots::load(&RootSource::File(path)).unwrap().count(), 3);
}

#[test]
fn a_bad_file_is_named_with_what_is_wrong() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("roots.pem");
    assert!(error_of(&path).contains("roots.pem: No such file"), "{}", error_of(&path));
    assert!(error_of(directory.path()).contains("directory"), "{}", error_of(directory.path()));
    let root = Authority::root("A").pem;
    let cut = root.get(..root.len() / 2).unwrap();
    for (text, words) in [
        ("", "no PEM block of type CERTIFICATE"),
        ("hello", "no PEM block of type CERTIFICATE"),
        (cut, "certificate 1: "),
        ("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "certificate 1: "),
        (
            &format!("{root}-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"),
            "certificate 2: ",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let error = error_of(&path);
        assert!(error.starts_with(&format!("no trust roots from {}: ", path.display())), "{error}");
        assert!(error.contains(words), "{error}");
    }
}
