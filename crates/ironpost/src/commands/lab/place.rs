//! The folder of a lab: one lab at a time, and what an earlier one left there gives way.

use super::hosting;
use crate::commands::installation;
use crate::failure::Failure;
use crate::output::Console;
use crate::sole::{Claimed, Sole};
use ironpost_lab::{LAB_FILES, LAB_MARK};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A folder that is this lab's alone while it runs.
#[derive(Debug)]
pub(super) struct Place {
    _sole: Sole,
}

impl Place {
    /// Takes a folder for a lab that begins afresh. What an earlier lab wrote there goes; nothing
    /// else does, and a folder with files of those names that no lab wrote is left as it is.
    pub(super) fn take(folder: &Path, console: &Console) -> Result<Self, Failure> {
        let unwritable = |error| Failure::writing(folder, error);
        fs::create_dir_all(folder).map_err(unwritable)?;
        let sole = Sole::claim(&folder.join(LOCK)).map_err(|claimed| match claimed {
            Claimed::By(by) => Failure::message(format!(
                "another lab{} runs in {}: stop it first, or name another folder by --dir",
                by.map_or_else(String::new, |by| format!(" (process {by})")),
                folder.display()
            )),
            Claimed::Failed(error) => unwritable(error),
        })?;
        let names = LAB_FILES.iter().chain(&hosting::FILES).copied();
        let there = names.chain([hosting::STATE]).find(|name| folder.join(name).exists());
        match there {
            None => {}
            Some(_) if is_of_a_lab(folder) => {
                clear(folder)?;
                console.note(&format!(
                    "{}: begins afresh; what an earlier lab left there is gone",
                    folder.display()
                ));
            }
            Some(name) => {
                return Err(Failure::message(format!(
                    "{} is there already, and no lab has written it: name another folder by --dir",
                    folder.join(name).display()
                )));
            }
        }
        Ok(Self { _sole: sole })
    }
}

/// True if the configuration in it begins as a lab begins one.
fn is_of_a_lab(folder: &Path) -> bool {
    let [config, ..] = LAB_FILES;
    let mut begin = vec![0; LAB_MARK.len()];
    let read = File::open(folder.join(config)).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == LAB_MARK.as_bytes()
}

/// Removes what a lab writes.
fn clear(folder: &Path) -> Result<(), Failure> {
    let state = folder.join(hosting::STATE);
    if state.is_dir() {
        // A lab that was killed may have left its `ironpost serve` behind.
        let _sole = installation::claim(&state)?;
        hosting::STATE_FILES.iter().try_for_each(|name| remove(&state.join(name)))?;
    }
    // Unless somebody has put something of theirs into it.
    let _ = fs::remove_dir(&state);
    // The one with the mark last: cut off before, the next start goes on here.
    let mut files = hosting::FILES.iter().chain(LAB_FILES.iter().rev());
    files.try_for_each(|name| remove(&folder.join(name)))
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::writing(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

const LOCK: &str = "lab.lock";
