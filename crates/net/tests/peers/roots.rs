//! Where trust comes from.

use crate::pki::Authority;
use ironpost_net::tls::roots::{RootSource, Roots};
use std::path::Path;
use std::process::Command;
use std::{env, fs};
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

/// The environment belongs to the whole process, so this test starts itself once for each case.
#[test]
fn the_systems_roots_are_those_that_the_environment_names() {
    if let Ok(expected) = env::var("EXPECTED_ROOTS") {
        let found = match Roots::load(&RootSource::System) {
            Ok(roots) => format!("{} roots", roots.count()),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(&expected), "{found:?}, expected {expected:?}");
        return;
    }
    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    fs::create_dir(directory.path().join("certs")).unwrap();
    fs::create_dir(directory.path().join("empty")).unwrap();
    let file = write("a.pem", &Authority::root("A").pem);
    write("certs/b.pem", &Authority::root("B").pem);
    write("certs/c.pem", &Authority::root("C").pem);
    let certs = directory.path().join("certs");
    let empty = directory.path().join("empty");
    let missing = directory.path().join("missing");
    for (variables, expected) in [
        (&[("SSL_CERT_FILE", &file)][..], "1 roots"),
        (&[("SSL_CERT_DIR", &certs)], "2 roots"),
        (&[("SSL_CERT_FILE", &file), ("SSL_CERT_DIR", &certs)], "3 roots"),
        (&[("SSL_CERT_FILE", &missing), ("SSL_CERT_DIR", &certs)], "2 roots"),
        (&[("SSL_CERT_FILE", &missing)], "SSL_CERT_FILE="),
        (&[("SSL_CERT_DIR", &empty)], "no certificates found"),
    ] {
        let this = "roots::the_systems_roots_are_those_that_the_environment_names";
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", this])
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .envs(variables.iter().copied())
            .env("EXPECTED_ROOTS", expected)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
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
