//! A time of day of one's own, by faketime(1).

use jiff::{SignedDuration, Timestamp};
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Names and values for an environment.
pub(crate) type Variables = [(&'static str, OsString); 5];

/// A clock that programs are started with, and that goes forward when it is told to.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Of the time of day.
    ahead: Cell<SignedDuration>,
    /// A file for each place that a program may read.
    files: RefCell<Vec<PathBuf>>,
}

impl Clock {
    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead.get()
    }

    /// Moves it to a moment that is not past.
    pub(crate) fn go_to(&self, moment: Timestamp) {
        assert!(moment > self.now(), "{moment}");
        self.set_ahead(moment.duration_since(Timestamp::now()));
    }

    /// Puts it so far ahead of the time of day.
    pub(crate) fn set_ahead(&self, ahead: SignedDuration) {
        self.ahead.set(ahead);
        self.files.borrow().iter().for_each(|file| self.write(file));
    }

    /// What a program has to find in its environment that may read what is in `folder`, whatever
    /// else it may. What measures spans goes on as it is.
    pub(crate) fn variables(&self, folder: &Path) -> Variables {
        let file = folder.join("clock");
        self.variables_under(&file, &file)
    }

    /// The same of a program that finds `file` under another name.
    pub(crate) fn variables_under(&self, file: &Path, name: &Path) -> Variables {
        if !self.files.borrow().iter().any(|known| known == file) {
            self.write(file);
            self.files.borrow_mut().push(file.to_owned());
        }
        [
            ("LD_PRELOAD", fake_time().into()),
            ("FAKETIME_TIMESTAMP_FILE", name.into()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            // What programs write into files they read from there.
            ("NO_FAKE_STAT", "1".into()),
        ]
    }

    fn write(&self, file: &Path) {
        let new = file.with_extension("new");
        fs::write(&new, format!("{:+}\n", self.ahead.get().as_secs())).unwrap();
        fs::rename(new, file).unwrap();
    }
}

/// The library that faketime(1) preloads.
fn fake_time() -> PathBuf {
    let places = fs::read_dir("/usr/lib").unwrap().map(|place| place.unwrap().path());
    let library =
        places.map(|place| place.join("faketime/libfaketime.so.1")).find(|path| path.is_file());
    library.expect("libfaketime is installed (Debian package faketime)")
}
