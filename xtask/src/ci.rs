//! `cargo xtask ci`: everything that must hold, step by step; the first step that fails ends it.

use crate::{generate, process, shape, test, vectors};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Seconds that each fuzz target runs.
const FUZZ_SECONDS: u32 = 5;

type Step = fn(&Path) -> Result<()>;

/// The steps: what fails fast comes first.
const STEPS: &[(&str, Step)] = &[
    ("format", format),
    ("shape", shape::run),
    ("clippy", clippy),
    ("test", test::run),
    ("vectors", shared_vectors),
    ("docs", docs),
    ("generated files", |root| generate::run(root, true)),
    ("fuzz", fuzz),
    ("lab check", lab_check),
];

/// Runs every step.
pub(crate) fn run(root: &Path) -> Result<()> {
    let begin = Instant::now();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("\n== {name}");
        let begin = Instant::now();
        step(root).with_context(|| format!("step `{name}`"))?;
        println!("== {name}: {}", shown(begin.elapsed()));
        times.push(format!("{name} {}", shown(begin.elapsed())));
    }
    println!("\nci: all {} steps passed in {}", STEPS.len(), shown(begin.elapsed()));
    println!("    {}", times.join(", "));
    Ok(())
}

/// Runs the vector files of a folder; a deviation is an error.
pub(crate) fn vectors(dir: &Path) -> Result<()> {
    if vectors::run(dir)? { Ok(()) } else { bail!("vectors deviate") }
}

fn format(root: &Path) -> Result<()> {
    cargo(root, &["fmt", "--all", "--check"])?;
    if has_fuzz_targets(root) {
        cargo(&root.join("fuzz"), &["fmt", "--all", "--check"])?;
    }
    Ok(())
}

fn clippy(root: &Path) -> Result<()> {
    cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// The vectors are not part of the repository: they are run where they lie beside it.
fn shared_vectors(root: &Path) -> Result<()> {
    let dir = root.join("../shared/vectors");
    if !dir.is_dir() {
        println!("skipped: there is no ../shared/vectors beside this repository");
        return Ok(());
    }
    vectors(&dir)
}

fn docs(root: &Path) -> Result<()> {
    let arguments = ["doc", "--workspace", "--no-deps"];
    let mut command = process::command("cargo", &arguments, root);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Each fuzz target for a few seconds: enough to see that it builds and that the kept corpus
/// passes. Needs a nightly toolchain.
fn fuzz(root: &Path) -> Result<()> {
    if !has_fuzz_targets(root) {
        println!("skipped: there is no fuzz/Cargo.toml");
        return Ok(());
    }
    let mut nightly = process::command("cargo", &["+nightly", "--version"], root);
    if !succeeds(nightly.env("RUSTUP_AUTO_INSTALL", "0")) {
        println!("skipped: there is no nightly toolchain (`rustup toolchain install nightly`)");
        return Ok(());
    }
    if process::find("cargo-fuzz").is_none() {
        let installed = cargo(root, &["install", "--locked", "--quiet", "cargo-fuzz"]);
        if let Err(error) = installed {
            println!("skipped: cargo-fuzz could not be installed: {error:#}");
            return Ok(());
        }
    }
    let list =
        process::output(&mut process::command("cargo", &["+nightly", "fuzz", "list"], root))?;
    let seconds = format!("-max_total_time={FUZZ_SECONDS}");
    for target in list.lines() {
        // What the fuzzer finds on the way goes into the first folder; the kept corpus is read.
        let found = root.join("fuzz/target/found").join(target);
        fs::create_dir_all(&found)?;
        let kept = root.join("fuzz/corpus").join(target);
        let mut run = process::command("cargo", &["+nightly", "fuzz", "run", target], root);
        run.args([&found, &kept]).args(["--", &seconds, "-verbosity=0"]);
        process::run(&mut run)?;
    }
    Ok(())
}

/// README's first command.
fn lab_check(root: &Path) -> Result<()> {
    cargo(root, &["run", "--release", "--", "lab", "check"])
}

fn cargo(dir: &Path, arguments: &[&str]) -> Result<()> {
    process::run(&mut process::command("cargo", arguments, dir))
}

fn has_fuzz_targets(root: &Path) -> bool {
    root.join("fuzz/Cargo.toml").is_file()
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn shown(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
