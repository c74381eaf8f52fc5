//! `cargo xtask shape`: the walls between the crates and the shape of their files.
//!
//! Reading the workspace happens here; the judging is done by pure functions over what was read.

mod code;
mod files;
mod graph;
mod scenarios;
mod walls;

use anyhow::{Result, bail};
use graph::Graph;
use std::fmt;
use std::path::Path;

/// A place where the workspace has not the shape it should have.
#[derive(Debug)]
pub(crate) struct Fault {
    /// A crate, a file, or a file with its line.
    place: String,
    /// What is wrong there, and why that is wrong.
    what: String,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Judges the workspace in `root` and names every fault.
pub(crate) fn run(root: &Path) -> Result<()> {
    let graph = Graph::read(root)?;
    let sources = files::read(root)?;
    let mut faults = walls::faults(&graph);
    faults.extend(sources.iter().flat_map(files::faults));
    faults.extend(scenarios::faults(&sources));
    for fault in &faults {
        println!("{fault}");
    }
    let long = sources.iter().filter(|source| source.is_rust() && source.lines() > files::AIM);
    let mut long: Vec<_> = long.map(|source| (source.lines(), &source.path)).collect();
    long.sort_unstable_by(|a, b| b.cmp(a));
    for (lines, path) in &long {
        println!("note: {path} has {lines} lines, more than the {} we aim at", files::AIM);
    }
    println!(
        "shape: {} crates, {} files, {} over {} lines, faults: {}",
        graph.crates().count(),
        sources.len(),
        long.len(),
        files::AIM,
        faults.len(),
    );
    if faults.is_empty() { Ok(()) } else { bail!("the workspace is out of shape") }
}
