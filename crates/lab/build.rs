//! Compiles the scenarios of the repository into the program, so that the lab runs without it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let scenarios = required("CARGO_MANIFEST_DIR")?.join("../../fixtures/scenarios");
    println!("cargo::rerun-if-changed={}", scenarios.display());
    let mut table = String::from("&[\n");
    for folder in sorted_entries(&scenarios)?.into_iter().filter(|path| path.is_dir()) {
        for file in sorted_entries(&folder)? {
            // A `String` takes whatever is written to it.
            let _ = writeln!(
                table,
                "    ({:?}, {:?}, include_bytes!({:?})),",
                file_name(&folder),
                file_name(&file),
                file.canonicalize()?.to_string_lossy()
            );
        }
    }
    table.push_str("]\n");
    fs::write(required("OUT_DIR")?.join("scenarios.rs"), table)
}

fn required(variable: &str) -> io::Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| io::Error::other(variable.to_owned()))
}

fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
