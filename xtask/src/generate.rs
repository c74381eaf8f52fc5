//! `cargo xtask generate`: the documents under docs/reference, made by the program itself, so
//! that each fact has one source.

use crate::process;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// What `ironpost reference` can print, and where it is kept.
const DOCUMENTS: &[(&str, &str)] = &[
    ("findings", "docs/reference/findings.md"),
    ("schema", "docs/reference/check-result.schema.json"),
    ("cli", "docs/reference/cli.md"),
];

/// Writes every document again, or with `check` fails if one is not as it would be written.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (document, path) in DOCUMENTS {
        let arguments = ["run", "--quiet", "--package", "ironpost", "--", "reference", document];
        let text = process::output(&mut process::command("cargo", &arguments, root))?;
        let file = root.join(path);
        let same = fs::read_to_string(&file).is_ok_and(|kept| kept == text);
        if same {
            println!("{path}: up to date");
        } else if check {
            println!("{path}: stale");
            stale.push(*path);
        } else {
            fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
            println!("{path}: written");
        }
    }
    if !stale.is_empty() {
        bail!("run `cargo xtask generate`, and commit {}", stale.join(", "));
    }
    Ok(())
}
