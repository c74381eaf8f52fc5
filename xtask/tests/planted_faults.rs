//! `cargo xtask shape` on tiny workspaces of our shape, each with one fault planted: the very
//! fault is named, and the task fails.

#![expect(clippy::unwrap_used, reason = "a test panics where its ground gives way")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A sound workspace in which `tokio` and `domain` are empty packages.
fn workspace() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\nexclude = [\"foreign\"]\n";
    write(dir.path(), "Cargo.toml", manifest);
    for foreign in ["tokio", "domain", "between"] {
        package(dir.path(), &format!("foreign/{foreign}"), foreign, "");
    }
    package(dir.path(), "crates/proto", "ironpost-proto", "");
    let net =
        "ironpost-proto = { path = \"../proto\" }\ndomain = { path = \"../../foreign/domain\" }\n";
    package(dir.path(), "crates/net", "ironpost-net", net);
    dir
}

fn package(root: &Path, folder: &str, name: &str, dependencies: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [dependencies]\n{dependencies}"
    );
    write(root, &format!("{folder}/Cargo.toml"), &manifest);
    write(root, &format!("{folder}/src/lib.rs"), "//! Nothing.\n");
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn shape(root: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["shape", "--root"]).arg(root).output().unwrap()
}

/// Plants a fault, and expects it to be the only one.
fn expect(plant: impl Fn(&Path), fault: &str) {
    let dir = workspace();
    plant(dir.path());
    let output = shape(dir.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with(fault), "{fault}: {text}");
    assert!(text.contains(", faults: 1\n"), "{text}");
}

#[test]
fn a_sound_workspace_passes() {
    let output = shape(workspace().path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.ends_with(", faults: 0\n"), "{text}");
}

#[test]
fn an_edge_that_goes_upwards_is_named() {
    expect(
        |root| {
            package(root, "crates/proto", "ironpost-proto", "");
            let on = "ironpost-proto = { path = \"../proto\" }\n";
            package(root, "crates/net", "ironpost-net", on);
            let on = "ironpost-net = { path = \"../net\" }\n";
            package(root, "crates/lab", "ironpost-lab", on);
        },
        "ironpost-lab: depends on ironpost-net: the lab knows the protocol core alone",
    );
}

#[test]
fn a_second_user_is_named() {
    expect(
        |root| {
            let on = "domain = { path = \"../../foreign/domain\" }\n";
            package(root, "crates/checker", "ironpost-checker", on);
        },
        "ironpost-checker: uses domain: DNS is asked behind the interface of net",
    );
}

#[test]
fn an_impurity_behind_another_package_is_named() {
    expect(
        |root| {
            let on = "tokio = { path = \"../tokio\" }\n";
            package(root, "foreign/between", "between", on);
            let on = "between = { path = \"../../foreign/between\" }\n";
            package(root, "crates/proto", "ironpost-proto", on);
        },
        "ironpost-proto: is not pure: ironpost-proto → between → tokio: no I/O",
    );
}

#[test]
fn a_crate_without_a_place_is_named() {
    expect(
        |root| package(root, "crates/extra", "ironpost-extra", ""),
        "ironpost-extra: has no place on the map",
    );
}

#[test]
fn a_file_too_long_is_named() {
    expect(
        |root| write(root, "crates/net/src/long.rs", &"//\n".repeat(601)),
        "crates/net/src/long.rs: 601 lines",
    );
}

#[test]
fn a_file_named_for_nothing_is_named() {
    expect(
        |root| write(root, "crates/net/src/dns/mod.rs", "//! Nothing.\n"),
        "crates/net/src/dns/mod.rs: `mod.rs`",
    );
}

#[test]
fn an_unfinished_line_is_named() {
    expect(
        |root| write(root, "crates/net/src/lib.rs", "//! Nothing.\nfn f() {\n    todo!()\n}\n"),
        "crates/net/src/lib.rs:3: `todo!`",
    );
}

#[test]
fn a_scenario_that_expects_nothing_is_named() {
    expect(
        |root| write(root, "fixtures/scenarios/sound/zone", "@ MX 10 mx1\n"),
        "fixtures/scenarios/sound: has no expect.toml",
    );
}
