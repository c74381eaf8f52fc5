//! Scenario folders, compiled in or on disk.

use crate::error::{LabError, ScenarioError};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of one scenario.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) name: String,
    files: BTreeMap<String, Cow<'static, [u8]>>,
}

impl Folder {
    /// Every scenario compiled into the program, by name.
    pub(crate) fn compiled_in() -> Vec<Self> {
        let mut folders = BTreeMap::<&str, Self>::new();
        for (folder, file, content) in COMPILED_IN {
            folders
                .entry(folder)
                .or_insert_with(|| Self { name: (*folder).to_owned(), files: BTreeMap::new() })
                .files
                .insert((*file).to_owned(), Cow::Borrowed(*content));
        }
        folders.into_values().collect()
    }

    /// Every scenario in a folder of folders, by name.
    pub(crate) fn read_all(path: &Path) -> Result<Vec<Self>, LabError> {
        sorted_entries(path)?
            .into_iter()
            .filter(|entry| entry.is_dir())
            .map(|folder| Self::read(&folder))
            .collect()
    }

    fn read(path: &Path) -> Result<Self, LabError> {
        let mut files = BTreeMap::new();
        for file in sorted_entries(path)? {
            let content =
                fs::read(&file).map_err(|source| LabError::Read { path: file.clone(), source })?;
            files.insert(file_name(&file), Cow::Owned(content));
        }
        Ok(Self { name: file_name(path), files })
    }

    /// A file that may be absent, as it is.
    pub(crate) fn bytes(&self, file: &str) -> Option<&[u8]> {
        self.files.get(file).map(AsRef::as_ref)
    }

    /// A text file that may be absent.
    pub(crate) fn text(&self, file: &str) -> Result<Option<&str>, ScenarioError> {
        self.bytes(file)
            .map(|bytes| {
                std::str::from_utf8(bytes)
                    .map_err(|_| ScenarioError::NotText { file: file.to_owned() })
            })
            .transpose()
    }

    /// The names of all files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let unreadable = |source| LabError::Read { path: folder.to_owned(), source };
    let mut entries = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(unreadable))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Scenario, file, content; made by the build script.
const COMPILED_IN: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
