//! Who depends on whom, read from `cargo metadata`.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The workspace's crates, what each asks for, and what that comes to.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Per crate of ours, the dependencies its `Cargo.toml` names.
    declared: BTreeMap<String, BTreeSet<Dependency>>,
    /// Per package, ours or not, the packages it is built with (no dev-dependencies).
    built_with: BTreeMap<String, BTreeSet<String>>,
    /// Per package the features that are on.
    features: BTreeMap<String, BTreeSet<String>>,
}

/// A dependency as a `Cargo.toml` names it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependency {
    /// The package's name, whatever it is renamed to.
    pub(crate) on: String,
    /// Only tests, examples and benchmarks see it.
    pub(crate) dev: bool,
}

impl Graph {
    /// Asks cargo about the workspace in `root`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .exec()
            .with_context(|| format!("cannot read the workspace in {}", root.display()))?;
        Ok(Self::from(&metadata))
    }

    /// The crates of the workspace.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }

    /// What the crate's `Cargo.toml` asks for.
    pub(crate) fn declared(&self, name: &str) -> impl Iterator<Item = &Dependency> {
        self.declared.get(name).into_iter().flatten()
    }

    /// Every package in the tree.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.built_with.keys().map(String::as_str)
    }

    /// Whether a package is built with this feature.
    pub(crate) fn has_feature(&self, package: &str, feature: &str) -> bool {
        self.features.get(package).is_some_and(|on| on.contains(feature))
    }

    /// The way from a crate to each package that it is built with, directly or not: the last
    /// name is the package's.
    pub(crate) fn ways_from<'a>(&'a self, name: &'a str) -> Vec<Vec<&'a str>> {
        let mut seen = BTreeSet::from([name]);
        let mut ways: Vec<Vec<&str>> = vec![vec![name]];
        let mut next = 0;
        while let Some(way) = ways.get(next).cloned() {
            let end = way.last().copied().unwrap_or(name);
            for on in self.built_with.get(end).into_iter().flatten() {
                if seen.insert(on) {
                    ways.push(way.iter().copied().chain([on.as_str()]).collect());
                }
            }
            next += 1;
        }
        ways.split_off(1)
    }
}

impl From<&Metadata> for Graph {
    fn from(metadata: &Metadata) -> Self {
        let mut graph = Self::default();
        for package in metadata.workspace_packages() {
            let dependencies = package.dependencies.iter().map(|dependency| Dependency {
                on: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
            });
            graph.declared.insert(package.name.to_string(), dependencies.collect());
        }
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let name = metadata[&node.id].name.to_string();
            let on = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            });
            let on = on.map(|dependency| metadata[&dependency.pkg].name.to_string());
            graph.built_with.entry(name.clone()).or_default().extend(on);
            let features = node.features.iter().map(ToString::to_string);
            graph.features.entry(name).or_default().extend(features);
        }
        graph
    }
}

#[cfg(test)]
impl Graph {
    /// A crate of the workspace, for tests.
    pub(crate) fn with_crate(mut self, name: &str, on: &[&str], dev: &[&str]) -> Self {
        let dependency = |dev| move |on: &&str| Dependency { on: (*on).to_owned(), dev };
        let declared = on.iter().map(dependency(false)).chain(dev.iter().map(dependency(true)));
        self.declared.insert(name.to_owned(), declared.collect());
        self.with_package(name, on, &[])
    }

    /// Any package, for tests.
    pub(crate) fn with_package(mut self, name: &str, on: &[&str], features: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        self.built_with.insert(name.to_owned(), owned(on));
        self.features.insert(name.to_owned(), owned(features));
        self
    }
}
