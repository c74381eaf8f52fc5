//! Sealing, opening, and the file.

use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sealing.key");
    (folder, path)
}

fn written(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

const OLD: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const NEW: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

#[test]
fn what_is_sealed_opens_for_its_purpose_alone() {
    let (_folder, path) = place();
    let seals = Seals::make(&path).unwrap();
    let sealed = seals.seal("a.test", b"secret").unwrap();
    assert_eq!(seals.open("a.test", &sealed).unwrap(), b"secret");
    assert!(matches!(seals.open("b.test", &sealed), Err(SealError::Damaged)));
    assert_ne!(seals.seal("a.test", b"secret").unwrap(), sealed, "nonces are random");
    assert!(!sealed.windows(6).any(|octets| octets == b"secret"));
}

#[test]
fn no_octet_of_it_can_be_changed_and_none_left_out() {
    let (_folder, path) = place();
    let seals = Seals::make(&path).unwrap();
    let sealed = seals.seal("a.test", b"secret").unwrap();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(seals.open("a.test", &changed).is_err(), "{place}");
        assert!(seals.open("a.test", &sealed[..place]).is_err(), "{place}");
    }
}

#[test]
fn a_new_key_seals_and_the_old_one_still_opens() {
    let (_folder, path) = place();
    written(&path, OLD, 0o600);
    let old = Seals::load(&path).unwrap();
    let sealed = old.seal("a.test", b"secret").unwrap();
    assert!(!old.is_old(&sealed));
    written(&path, &format!("# since May\n{NEW}\n\n{OLD}\n"), 0o600);
    let both = Seals::load(&path).unwrap();
    assert!(both.is_old(&sealed));
    assert_eq!(both.open("a.test", &sealed).unwrap(), b"secret");
    let anew = both.seal("a.test", b"secret").unwrap();
    assert!(!both.is_old(&anew));
    written(&path, NEW, 0o600);
    let new = Seals::load(&path).unwrap();
    assert_eq!(new.open("a.test", &anew).unwrap(), b"secret");
    assert!(matches!(new.open("a.test", &sealed), Err(SealError::UnknownKey { .. })));
}

#[test]
fn a_file_is_made_once_and_for_its_owner_alone() {
    let (folder, path) = place();
    let seals = Seals::make(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1);
    let sealed = seals.seal("a.test", b"secret").unwrap();
    assert!(Seals::make(&path).unwrap().open("a.test", &sealed).is_ok());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn files_that_are_no_good_are_refused_with_the_way_out() {
    let (folder, path) = place();
    let says = |expected: &str| {
        let error = Seals::load(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    says("put the file back");
    for mode in [0o644, 0o640, 0o660, 0o604, 0o602] {
        written(&path, OLD, mode);
        says(&format!("(mode {mode:04o}): chmod 600"));
    }
    written(&path, "", 0o600);
    says("holds 0 keys");
    for text in ["AAAA", "no base64!", &format!("{OLD}{OLD}"), &"A".repeat(43)] {
        written(&path, &format!("{NEW}\n{text}\n"), 0o600);
        says("line 2: no key");
    }
    written(&path, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0o600);
    says("line 1: no key");
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    says("a symbolic link");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    says("a folder");
}

#[test]
fn a_secret_says_nothing_of_itself() {
    let (_folder, path) = place();
    written(&path, &format!("{NEW}\n{OLD}\n"), 0o400);
    assert_eq!(format!("{:?}", Seals::load(&path).unwrap()), "Seals(2)");
    written(&path, "c2VjcmV0", 0o600);
    let error = Seals::load(&path).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c2VjcmV0"));
}
